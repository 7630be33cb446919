#include "agents/prompts.h"

#include <charconv>

#include "base/text.h"

namespace rlar {
namespace {

int NumberAfter(std::string_view text, std::string_view key, int otherwise) {
  const auto at = text.find(key);
  if (at == text.npos) return otherwise;
  const std::string_view value = Trim(text.substr(at + key.size(), text.find('\n', at) - at - key.size()));
  int number = otherwise;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

std::string Section(std::string_view text, std::string_view name) {
  const std::string head = "\n=== " + std::string(name) + "\n";
  const auto at = text.find(head);
  if (at == text.npos) return "";
  const auto begin = at + head.size();
  return std::string(Trim(text.substr(begin, text.find("\n=== ", begin - 1) - begin)));
}

Json JsonSection(std::string_view text, std::string_view name) {
  const std::string section = Section(text, name);
  if (section.empty()) return {};
  auto json = ParseJson(section);
  RLAR_CHECK(json.has_value());  // files of ours, checked by a test
  return std::move(*json);
}

Prompt ParsePrompt(std::string_view name, std::string_view text) {
  Prompt prompt;
  prompt.name = name;
  const std::string_view head = text.substr(0, text.find("\n==="));
  prompt.version = NumberAfter(head, "version:", 0);
  prompt.max_tokens = NumberAfter(head, "max_tokens:", 256);
  prompt.system = Section(text, "system");
  prompt.user = Section(text, "user");
  prompt.answer = Section(text, "answer");
  prompt.schema = JsonSection(text, "schema");
  prompt.example = JsonSection(text, "example");
  return prompt;
}

// One pass, so that a value that looks like a placeholder stays as it is.
std::string Fill(const std::string& pattern, const std::map<std::string, std::string>& values) {
  std::string out;
  std::size_t at = 0;
  for (;;) {
    const auto open = pattern.find("{{", at);
    const auto close = open == pattern.npos ? open : pattern.find("}}", open);
    if (close == pattern.npos) return out + pattern.substr(at);
    out += pattern.substr(at, open - at);
    const auto value = values.find(pattern.substr(open + 2, close - open - 2));
    RLAR_CHECK(value != values.end());
    out += value->second;
    at = close + 2;
  }
}

}  // namespace

ChatRequest Prompt::Ask(const std::map<std::string, std::string>& values) const {
  ChatRequest request;
  request.stage = name;
  request.prompt = name + "@" + std::to_string(version);
  request.messages.push_back({"system", system});
  if (example.is_object()) {
    std::map<std::string, std::string> shown;
    for (const auto& [key, value] : example.object()) shown[key] = value.string();
    request.messages.push_back({"user", Fill(user, shown)});
    request.messages.push_back({"assistant", answer});
  }
  request.messages.push_back({"user", Fill(user, values)});
  request.schema = schema;
  request.max_tokens = max_tokens;
  return request;
}

const std::vector<Prompt>& AllPrompts() {
  static const std::vector<Prompt> prompts = [] {
    std::vector<Prompt> parsed;
    for (const auto& [name, text] : PromptFiles()) parsed.push_back(ParsePrompt(name, text));
    return parsed;
  }();
  return prompts;
}

const Prompt& FindPrompt(std::string_view name) {
  for (const Prompt& prompt : AllPrompts()) {
    if (prompt.name == name) return prompt;
  }
  RLAR_CHECK(!"there is no such prompt");
  std::abort();
}

std::string Quoted(std::string_view text, std::size_t max_bytes) {
  std::string quoted = ReplaceAll(std::string(Trim(text)), "</", "< /");
  if (quoted.size() <= max_bytes) return quoted;
  // The beginning and the end: a task's wording stands there.
  std::size_t head = max_bytes * 2 / 3, tail = quoted.size() - max_bytes / 3;
  while (head > 0 && (quoted[head] & 0xC0) == 0x80) --head;
  while (tail < quoted.size() && (quoted[tail] & 0xC0) == 0x80) ++tail;
  return quoted.substr(0, head) + " … " + quoted.substr(tail);
}

}  // namespace rlar
