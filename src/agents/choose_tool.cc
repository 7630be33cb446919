#include "agents/choose_tool.h"

#include <algorithm>

#include "agents/prompts.h"

namespace rlar {
namespace {

constexpr double kTie = 0.005;
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Admitted trials whose quality is as good as the chosen one's; the chosen one is among them.
std::vector<std::size_t> Equals(const TaskResult& task) {
  std::vector<std::size_t> equal;
  for (std::size_t i = 0; i < task.trials.size(); ++i) {
    const Trial& trial = task.trials[i];
    if (trial.verdict.admitted && trial.evidence.quality() >= task.chosen()->evidence.quality() - kTie) equal.push_back(i);
  }
  return equal;
}

std::string ShowRows(const std::vector<const Query*>& rows) {
  constexpr std::size_t kShown = 3, kPromptBytes = 280;
  std::string shown;
  for (std::size_t i = 0; i < std::min(kShown, rows.size()); ++i) {
    shown += (i > 0 ? "\n\n" : "") + std::string("<request>\n") + Quoted(rows[i]->prompt, kPromptBytes) + "\n</request>";
  }
  return shown;
}

// Function names as the interface allows them: letters, digits, '_' and '-', at most 64; the number keeps them apart.
std::string FunctionName(std::size_t number, const std::string& tool) {
  std::string name = "t" + std::to_string(number) + "_";
  for (const char c : tool.substr(0, 48)) name += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
  return name;
}

Json Declare(const std::string& name, const Trial& trial) {
  const ToolCard& card = trial.candidate.tool->card();
  Json reason, properties, parameters, function, tool;
  reason.Set("type", "string");
  properties.Set("reason", std::move(reason));
  parameters.Set("type", "object");
  parameters.Set("properties", std::move(properties));
  parameters.Set("required", Json(Json::Array{Json("reason")}));
  function.Set("name", name);
  const std::string params = trial.candidate.params.is_object() ? " Parameters: " + trial.candidate.params.Dump() + "." : "";
  function.Set("description", std::string(Name(card.kind)) + ": " + card.summary + "." + params + " On this task it " + trial.verdict.why + ".");
  function.Set("parameters", std::move(parameters));
  tool.Set("type", "function");
  tool.Set("function", std::move(function));
  return tool;
}

}  // namespace

std::size_t ChooseByEvidence(const std::vector<Trial>& trials) {
  double best = -1;
  for (const Trial& trial : trials) {
    if (trial.verdict.admitted) best = std::max(best, trial.evidence.quality());
  }
  std::size_t chosen = kNone;
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (!trials[i].verdict.admitted || trials[i].evidence.quality() < best - kTie) continue;
    if (chosen >= trials.size() || trials[i].candidate.preference < trials[chosen].candidate.preference) chosen = i;
  }
  return chosen;
}

bool ChooseByModel(TaskResult& task, const std::vector<Query>& rows, LlmClient& client) {
  if (task.chosen() == nullptr) return false;
  const auto equal = Equals(task);
  const bool ordered = std::all_of(equal.begin(), equal.end(), [&](std::size_t i) {
    const ToolKind kind = task.trials[i].candidate.tool->card().kind;
    return kind == ToolKind::kNative || kind == ToolKind::kSynthesized;
  });
  if (equal.size() < 2 || ordered) return false;
  ChatRequest request = FindPrompt("choose_tool").Ask({{"task", task.group.label}, {"rows", ShowRows(TrialRows(task.group, rows))}});
  Json tools = Json::Array{};
  std::vector<std::string> names;
  for (const std::size_t i : equal) {
    names.push_back(FunctionName(names.size() + 1, task.trials[i].candidate.tool->card().id.name));
    tools.Push(Declare(names.back(), task.trials[i]));
  }
  request.tools = std::move(tools);
  const auto reply = client.Ask(request);
  ++task.llm_calls;
  if (!reply || !reply->tool_calls.is_array() || reply->tool_calls.array().empty()) return true;
  const Json& call = reply->tool_calls.array().front();
  for (std::size_t n = 0; n < names.size(); ++n) {
    if (call.Find("name") == nullptr || !(*call.Find("name") == Json(names[n]))) continue;
    task.chosen_index = equal[n];
    const Json* arguments = call.Find("arguments");
    const Json* reason = arguments == nullptr ? nullptr : arguments->Find("reason");
    task.note = "chosen by the language model among " + std::to_string(equal.size()) + " tools of equal evidence" +
                (reason != nullptr && reason->is_string() ? ": " + Quoted(reason->string(), 160) : "");
  }
  return true;
}

}  // namespace rlar
