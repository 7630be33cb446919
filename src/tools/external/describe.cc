#include "tools/external/describe.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/fs.h"
#include "base/hash.h"
#include "base/text.h"
#include "process/python.h"
#include "tools/external/worker_source.h"

namespace rlar {
namespace {

Error Usage(const std::string& what) { return MakeError(ErrorCode::kInvalidArgument, what); }

// Which trainer's signature the parameters are of.
Result<std::string> FormOf(const Json& parameters, const std::string& target) {
  const auto has = [&](const char* name) { return std::find(parameters.array().begin(), parameters.array().end(), Json(name)) != parameters.array().end(); };
  if (has("solution_str") && has("ground_truth")) return std::string("verl");
  if (has("queries") && has("prompts")) return std::string("openrlhf");
  if (has("completions")) return std::string("trl");
  return Usage("cannot tell the form of " + target + " from its parameters " + parameters.Dump() +
               ": verl is (data_source, solution_str, ground_truth, extra_info), TRL (prompts, completions, **columns), OpenRLHF "
               "(queries, prompts, labels); give --form if it is one of them under other names");
}

Result<Json> ParseRange(const std::string& text) {
  if (text.empty()) return Json(Json::Array{Json(0), Json(1)});
  auto range = ParseJson("[" + text + "]");
  const bool fine = range && range->array().size() == 2 && range->array()[0].is_number() && range->array()[1].is_number() &&
                    range->array()[0].number() < range->array()[1].number();
  if (!fine) return Usage("--range must be LOW,HIGH with LOW < HIGH, got '" + text + "'");
  return range;
}

Result<Json> Inspect(const std::string& file, const std::string& function, const std::string& python) {
  auto child = Child::Spawn(PythonProgram(kInspectFunctionSource, {file, function}, python));
  if (!child) return child.error();
  auto line = child->ReadLine(Deadline::After(std::chrono::seconds(30)), 1 << 20);
  if (!line) return MakeError(ErrorCode::kUnavailable, "cannot run '" + python + "' to read " + file, line.error());
  auto json = ParseJson(*line);
  if (!json) return json;
  const Json* error = json->Find("error");
  if (error == nullptr || !error->is_string()) return json;
  std::string message = error->string();
  if (const Json* names = json->Find("names"); names != nullptr && names->is_array()) {
    std::vector<std::string_view> views;
    for (const Json& name : names->array()) views.push_back(name.string());
    const auto near = NearestName(function, views);
    if (!near.empty()) message += " (did you mean '" + std::string(near) + "'?)";
  }
  return Usage(message);
}

Result<void> CheckForm(const std::string& form, bool is_url) {
  static const std::vector<std::string_view> kFile{"verl", "trl", "openrlhf"}, kUrl{"remote_rm", "get_reward"};
  const auto& allowed = is_url ? kUrl : kFile;
  if (std::find(allowed.begin(), allowed.end(), form) != allowed.end()) return {};
  const auto near = NearestName(form, allowed);
  return Usage("--form of " + std::string(is_url ? "an address must be remote_rm or get_reward" : "a file must be verl, trl or openrlhf") + "; got '" + form +
               "'" + (near.empty() ? "" : " (did you mean '" + std::string(near) + "'?)"));
}

Result<ToolCard> DescribeUrl(const ExternalSource& source, ToolCard card) {
  const std::string form = source.form.empty() ? "remote_rm" : source.form;
  RLAR_TRY(CheckForm(form, true));
  card.id = {source.name.empty() ? "remote" : source.name, Sha256Hex(source.target + form).substr(0, 8)};
  card.summary = "the user's reward function behind " + source.target;
  card.isolation = "remote";
  card.program.Set("url", source.target);
  card.program.Set("form", form);
  return card;
}

Result<ToolCard> DescribeFile(const ExternalSource& source, ToolCard card) {
  const std::size_t colon = source.target.rfind(':');
  if (colon == std::string::npos || colon + 1 == source.target.size()) {
    return Usage("'" + source.target + "' is neither FILE.py:FUNCTION nor an http(s) address");
  }
  const std::string function = source.target.substr(colon + 1);
  std::error_code code;
  const auto file = std::filesystem::absolute(source.target.substr(0, colon), code);
  const auto content = ReadFile(file);
  if (!content) return content.error();
  const std::string python = source.python.empty() ? PythonInterpreter() : source.python;
  auto found = Inspect(file.string(), function, python);
  if (!found) return found.error();
  std::string form = source.form;
  if (form.empty()) {
    auto told = FormOf(*found->Find("parameters"), source.target);
    if (!told) return told.error();
    form = *told;
  }
  RLAR_TRY(CheckForm(form, false));
  const std::string hash = Sha256Hex(*content);
  card.id = {source.name.empty() ? function : source.name, hash.substr(0, 8)};
  const Json* doc = found->Find("doc");
  card.summary = doc != nullptr && doc->is_string() && !doc->string().empty() ? doc->string() : "the user's function " + function;
  card.isolation = "child_process";
  card.program.Set("python", python);
  card.program.Set("file", file.string());
  card.program.Set("sha256", hash);
  card.program.Set("function", function);
  card.program.Set("form", form);
  return card;
}

}  // namespace

Result<ToolCard> DescribeExternal(const ExternalSource& source) {
  ToolCard card;
  card.kind = ToolKind::kExternal;
  card.source = source.target;
  card.binary = false;
  card.deterministic = false;  // nothing is known of it
  auto range = ParseRange(source.range);
  if (!range) return range.error();
  const bool is_url = source.target.starts_with("http://") || source.target.starts_with("https://");
  auto described = is_url ? DescribeUrl(source, std::move(card)) : DescribeFile(source, std::move(card));
  if (!described) return described;
  described->program.Set("range", std::move(*range));
  described->program.Set("timeout_ms", static_cast<std::int64_t>(source.timeout_ms));
  for (const char c : described->id.name) {
    if (!IsAsciiAlpha(c) && !IsAsciiDigit(c) && c != '_' && c != '-' && c != '.')
      return Usage("a tool's name is made of letters, digits, '_', '-' and '.'; give --name");
  }
  return described;
}

}  // namespace rlar
