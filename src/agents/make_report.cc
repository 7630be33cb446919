#include "agents/make_report.h"

#include "base/json_at.h"

namespace rlar {
namespace {

Json TrialJson(const Trial& trial) {
  Json json;
  json.Set("tool", trial.candidate.tool->card().id.ToString());
  json.Set("params", trial.candidate.params);
  json.Set("admitted", trial.verdict.admitted);
  json.Set("why", trial.verdict.why);
  if (!trial.origin.empty()) json.Set("origin", trial.origin);
  json.Set("evidence", trial.evidence.ToJson());
  return json;
}

// What the journal says of a task whose rewards do not compare with those of the version before; null: they do.
const Json* ScaleChangeOf(const Json& published, const std::string& task) {
  for (const Json& change : ListAt(published, "scales")) {
    if (TextAt(change, "task") == task) return &change;
  }
  return nullptr;
}

// What a model was asked, what that cost, and what was lost where it failed.
Json UsageJson(const LlmClient* client) {
  const LlmUsage usage = client == nullptr ? LlmUsage{} : client->usage();
  Json cost, lost = Json::Array{};
  cost.Set("llm_calls", usage.calls);
  cost.Set("replayed", usage.replayed);
  cost.Set("failed", usage.failed);
  cost.Set("tokens", static_cast<std::int64_t>(usage.tokens));
  cost.Set("usd", usage.usd);
  cost.Set("minutes", usage.minutes);
  if (client == nullptr) return cost;
  cost.Set("model", client->model());
  for (const std::string& failure : usage.lost) lost.Push(failure);
  cost.Set("lost", std::move(lost));
  const std::string stopped = client->stopped();
  cost.Set("stopped", stopped.empty() ? Json() : Json(stopped));
  return cost;
}

Json CostJson(const BuildJob& job) {
  Json cost = UsageJson(job.llm);
  if (job.policy != nullptr) cost.Set("policy", UsageJson(job.policy));
  if (job.judges == nullptr) return cost;
  // Client and judges have one purse: what was spent is the same, whichever is asked.
  const LlmUsage judged = job.judges->usage();
  if (job.llm == nullptr) {
    cost.Set("tokens", static_cast<std::int64_t>(judged.tokens));
    cost.Set("usd", judged.usd);
    cost.Set("minutes", judged.minutes);
  }
  cost.Set("judge_calls", judged.calls);
  cost.Set("judge_replayed", judged.replayed);
  cost.Set("judge_failed", judged.failed);
  if (judged.lost.empty()) return cost;
  const Json* before = cost.Find("lost");
  Json lost = before == nullptr ? Json(Json::Array{}) : *before;
  for (const std::string& failure : judged.lost) lost.Push(failure);
  cost.Set("lost", std::move(lost));
  return cost;
}

// How the groups became tasks with a language model's help.
Json GroupsJson(const LabelResult& labelled) {
  Json groups;
  const auto set = [&](const char* name, std::size_t count) { groups.Set(name, static_cast<std::int64_t>(count)); };
  set("before", labelled.groups_before);
  set("joined_by_wording", labelled.joined_by_wording);
  set("joined_by_model", labelled.joined_by_model);
  set("described", labelled.described);
  set("unnamed", labelled.unnamed);
  set("rows_asked", labelled.unsure);
  set("rows_moved", labelled.moved);
  return groups;
}

}  // namespace

Json MakeReport(const BuildJob& job, const ReadRows& read, const std::vector<TaskResult>& tasks, const BuildResult& result, const Snapshot& snapshot,
                const Json& published) {
  Json report;
  report.Set("schema_version", 1);
  report.Set("library_version", snapshot.version());
  report.Set("data", std::filesystem::path(job.data).filename().string());
  Json rows;
  rows.Set("total", static_cast<std::int64_t>(read.total));
  rows.Set("served", static_cast<std::int64_t>(result.served));
  rows.Set("unserved", static_cast<std::int64_t>(result.unserved));
  rows.Set("invalid", static_cast<std::int64_t>(result.invalid));
  report.Set("rows", std::move(rows));
  Json guesses = Json::Array{};
  for (const std::string& guess : read.guesses) guesses.Push(guess);
  report.Set("guessed_fields", std::move(guesses));
  Json list = Json::Array{};
  for (const TaskResult& task : tasks) {
    Json entry;
    entry.Set("task", task.group.model.task);
    entry.Set("label", task.group.label);
    if (task.group.described) entry.Set("answer", task.group.answer);
    entry.Set("described_by", task.group.described ? "language_model" : "rule");
    entry.Set("rows", static_cast<std::int64_t>(task.rows));
    const Route* route = snapshot.FindRoute(task.group.model.task);
    entry.Set("route", route == nullptr ? Json() : route->ToJson());
    entry.Set("missing", route == nullptr ? Json(task.missing) : Json());
    if (const Json* change = ScaleChangeOf(published, task.group.model.task)) entry.Set("scale", *change);
    Json trials = Json::Array{};
    for (const Trial& trial : task.trials) trials.Push(TrialJson(trial));
    entry.Set("trials", std::move(trials));
    entry.Set("llm_calls", static_cast<std::int64_t>(task.llm_calls));
    entry.Set("tried_model", task.tried_model);
    if (!task.models.is_null()) entry.Set("models", task.models);
    if (task.kept) entry.Set("kept", true);
    list.Push(std::move(entry));
  }
  report.Set("tasks", std::move(list));
  if (result.labelled) report.Set("groups", GroupsJson(*result.labelled));
  report.Set("cost", CostJson(job));
  return report;
}

}  // namespace rlar
