#include "tools/sandboxed/code_text.h"

#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/text.h"
#include "text/extract.h"
#include "text/fence.h"

namespace rlar {
namespace {

bool IsLanguage(std::string_view info, Language language) {
  const std::string name = AsciiLower(info.substr(0, info.find_first_of(" \t{,")));
  switch (language) {
    case Language::kPython: return name.starts_with("py");
    case Language::kCpp: return name == "cpp" || name == "c++" || name == "cc" || name == "cxx" || name == "c";
    case Language::kJavaScript: return name == "javascript" || name == "js" || name == "node" || name == "nodejs";
  }
  return false;
}

// Where the line that defines `name` begins, or npos.
std::size_t DefinitionAt(std::string_view code, std::string_view name) {
  const RE2 pattern("(?m)^((?:async[ \\t]+)?(?:def|class)[ \\t]+" + RE2::QuoteMeta(std::string(name)) + "[ \\t]*[(:\\[]|" + RE2::QuoteMeta(std::string(name)) +
                    "[ \\t]*(?::[^=\\n]*)?=[^=])");
  re2::StringPiece found;
  if (!RE2::PartialMatch(re2::StringPiece(code.data(), code.size()), pattern, &found)) return std::string_view::npos;
  return static_cast<std::size_t>(found.data() - code.data());
}

// The prompt's code: the fenced block that defines the entry point, or the prompt itself.
std::string PromptCode(std::string_view prompt, std::string_view entry_point) {
  for (const FencedBlock& block : FencedBlocks(prompt)) {
    if (DefinesName(block.content, entry_point)) return std::string(block.content) + "\n";
  }
  return std::string(prompt);
}

bool NumbersAgree(std::string_view a, std::string_view b, double tolerance) {
  double x, y;
  const auto read = [](std::string_view text, double& value) {
    if (text.starts_with("+")) text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size();
  };
  return read(a, x) && read(b, y) && std::abs(x - y) <= tolerance * std::max(1.0, std::abs(y));
}

}  // namespace

std::string NormalNewlines(std::string_view text) { return ReplaceAll(ReplaceAll(std::string(text), "\r\n", "\n"), "\r", "\n"); }

std::string CodeOf(std::string_view response, Language language, const std::vector<std::string>& names) {
  const std::string text = NormalNewlines(AfterReasoning(response));
  const auto blocks = FencedBlocks(text);
  std::vector<std::string_view> fitting;
  for (const bool named : {true, false}) {
    for (const FencedBlock& block : blocks) {
      if (named ? IsLanguage(block.info, language) : block.info.empty()) fitting.push_back(block.content);
    }
    if (!fitting.empty()) break;
  }
  if (fitting.empty()) return blocks.empty() ? text : std::string(blocks.back().content);
  for (auto at = fitting.rbegin(); at != fitting.rend(); ++at) {
    if (std::any_of(names.begin(), names.end(), [&](const std::string& name) { return DefinesName(*at, name); })) return std::string(*at);
  }
  return std::string(fitting.back());
}

bool DefinesName(std::string_view code, std::string_view name) { return DefinitionAt(code, name) != std::string_view::npos; }

std::vector<std::string> CalledNames(std::string_view text) {
  static const RE2 pattern("([A-Za-z_][A-Za-z_0-9]*)[ \\t]*\\(");
  std::vector<std::string> names;
  re2::StringPiece left(text.data(), text.size());
  for (std::string name; RE2::FindAndConsume(&left, pattern, &name);) names.push_back(name);
  return names;
}

AssembledCode Assemble(std::string_view prompt, const std::string& code, const std::string& entry_point) {
  AssembledCode made;
  const std::string before = PromptCode(NormalNewlines(prompt), entry_point);
  const std::size_t at = DefinitionAt(before, entry_point);
  if (at != std::string::npos) made.head = before.substr(0, at);
  if (DefinesName(code, entry_point)) {
    if (!made.head.empty()) made.sources.push_back(made.head + "\n" + code);
    made.sources.push_back(code);
  } else if (at != std::string::npos) {
    // Models drop the first line's indentation, or the line break before the body.
    made.sources = {before + code, before + "\n" + code, before + "    " + code, code};
  } else {
    made.sources = {code};
  }
  return made;
}

bool SameOutput(std::string_view output, std::string_view expected, double tolerance) {
  const auto said = SplitWords(output), wanted = SplitWords(expected);
  return said.size() == wanted.size() && std::equal(said.begin(), said.end(), wanted.begin(), [&](std::string_view a, std::string_view b) {
           return a == b || (tolerance >= 0 && NumbersAgree(a, b, tolerance));
         });
}

}  // namespace rlar
