#include "agents/candidates.h"

#include <algorithm>
#include <array>

#include "agents/admit/probes.h"
#include "base/text.h"

namespace rlar {
namespace {

struct Preset {
  std::string_view tool;
  std::string_view params;  // JSON object, or empty
  bool maths = false;       // reads words as variables: for references of a mathematical shape only
};

// Native tools that judge correctness, the most specific first, with the settings a build tries. Tools of form (length,
// repetition, tags) are left out: they say nothing about whether an answer is right, and are combined by hand.
constexpr std::array<Preset, 16> kPresets{{
    {"multiple_choice", ""},
    {"number_equal", "", true},
    {"math_equal", "", true},
    {"json_match", ""},
    {"exact_match", R"({"extract":"auto","ignore_case":true})"},
    {"exact_match", ""},
    {"qa_match", ""},
    {"qa_match", R"({"mode":"em"})"},
    {"contains", ""},
    {"token_f1", ""},
    {"chrf", ""},
    {"bleu", ""},
    {"rouge", ""},
    {"meteor", ""},
    {"ter", ""},
    {"sql_result", ""},
}};

// True where the row gives the parameter, or one of several ("tests|test|cases").
bool HasParam(const Query& query, std::string_view names) {
  for (const std::string_view name : Split(names, '|')) {
    const Json* value = query.params.Find(name);
    if (value != nullptr && !value->is_null()) return true;
  }
  return false;
}

// No comparison of texts may stand in for running the tests.
bool IsCode(const TaskGroup& group, const std::vector<Query>& rows) { return HasTests(rows[group.rows.front()]); }

// Parameters of the tool that must be given, e.g. "instruction_id_list".
std::vector<std::string_view> RequiredParams(const ToolCard& card) {
  std::vector<std::string_view> names;
  for (const std::string& need : card.needs) {
    if (need.starts_with("params.")) names.push_back(std::string_view(need).substr(7));
  }
  return names;
}

bool NeedsReference(const ToolCard& card) { return std::find(card.needs.begin(), card.needs.end(), "reference") != card.needs.end(); }

}  // namespace

std::vector<Candidate> CandidatesFor(const TaskGroup& group, const std::vector<Query>& rows, const Snapshot& tools) {
  std::vector<Candidate> candidates;
  const Query& first = rows[group.rows.front()];
  // Tools that the rows' own parameters call for come before every comparison with a reference.
  for (const auto& tool : tools.tools()) {
    const auto required = RequiredParams(tool->card());
    if (required.empty() || (NeedsReference(tool->card()) && group.shape == "none")) continue;
    if (std::all_of(required.begin(), required.end(), [&](std::string_view name) { return HasParam(first, name); })) {
      candidates.push_back({tool.get(), Json(), static_cast<int>(candidates.size())});
    }
  }
  if (!candidates.empty() || IsCode(group, rows)) return candidates;
  if (group.shape == "none") return candidates;
  for (const auto& tool : tools.tools()) {
    if (tool->card().kind == ToolKind::kExternal) candidates.push_back({tool.get(), Json(), static_cast<int>(candidates.size())});
  }
  // Questions whose answer has several spellings: there the reader of answers in prose is the more specific tool.
  const bool questions = group.shape == "list:short_text" && 2 * std::count_if(group.rows.begin(), group.rows.end(), [&](std::size_t row) {
                                                               return rows[row].prompt.find('?') != std::string::npos;
                                                             }) > static_cast<std::ptrdiff_t>(group.rows.size());
  const bool maths = group.shape.ends_with("number") || group.shape.ends_with("math") || group.shape.ends_with("expression");
  for (const Preset& preset : kPresets) {
    if (preset.maths && !maths) continue;
    const Tool* tool = tools.FindTool(preset.tool);
    if (tool == nullptr || !NeedsReference(tool->card()) || !RequiredParams(tool->card()).empty()) continue;
    Json params;
    if (!preset.params.empty()) params = std::move(ParseJson(preset.params).value());
    if (!tool->CheckParams(params)) continue;
    const bool first = questions && preset.tool == "qa_match" && preset.params.empty();
    candidates.push_back({tool, std::move(params), first ? -1 : static_cast<int>(candidates.size())});
  }
  return candidates;
}

std::string WhatIsMissing(const TaskGroup& group, const std::vector<Query>& rows, bool had_candidates) {
  if (IsCode(group, rows)) return "a runner for their tests (the verifier code_tests)";
  if (!rows[group.rows.front()].rubric.empty()) return "a judge that grades by their rubric";
  if (group.shape == "none") return "a reward model or a judge: they hold no reference and no checkable parameters";
  if (had_candidates) return "a verifier written for them, or a reward model: no native tool passed the gate";
  return "a verifier written for them";
}

}  // namespace rlar
