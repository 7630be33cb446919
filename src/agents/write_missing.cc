#include "agents/write_missing.h"

#include <algorithm>

#include "agents/write_verifier/sandbox_runner.h"
#include "agents/write_verifier/write_verifier.h"

namespace rlar {
namespace {

bool IsCode(const TaskResult& task) { return task.missing.find("runner") != std::string::npos; }

bool Wanted(const TaskResult& task) { return !IsCode(task) && WorthPlanning(task.group, task.chosen() != nullptr); }

void Record(TaskResult& task, WriteResult& written) {
  const std::size_t before = task.trials.size();
  for (WrittenTrial& trial : written.trials) {
    if (trial.tool == nullptr) continue;
    Trial added;
    added.candidate.tool = trial.tool.get();
    added.candidate.params = trial.params;
    added.evidence = std::move(trial.evidence);
    added.verdict = std::move(trial.verdict);
    added.origin = trial.draft.origin;
    added.made = trial.tool;
    task.trials.push_back(std::move(added));
  }
  if (written.best < written.trials.size()) {
    // Where a native tool serves, writing was asked for because it compares with one of several right answers.
    for (std::size_t i = before; i < task.trials.size(); ++i) {
      const WrittenTrial& best = written.trials[written.best];
      if (task.trials[i].candidate.tool == best.tool.get() && task.trials[i].candidate.params == best.params) task.chosen_index = i;
    }
    task.missing.clear();
    const bool conditions = written.trials[written.best].tool->card().kind == ToolKind::kSynthesized;
    if (conditions) task.note = "checks conditions: " + written.trials[written.best].draft.summary;
    if (written.agreement < 1) task.note += "; its rival drafts agree on " + Json(written.agreement).Dump() + " of altered answers";
  }
}

}  // namespace

void WriteMissing(std::vector<TaskResult>& tasks, const std::vector<Query>& rows, const Rollouts& rollouts,
                  const Snapshot& tools, const GateSettings& settings,
                  LlmClient* client, const std::function<void(const std::string& step, double share)>& progress) {
  std::vector<TaskResult*> wanted;
  for (TaskResult& task : tasks) {
    if (Wanted(task)) wanted.push_back(&task);
  }
  if (wanted.empty()) return;
  std::stable_sort(wanted.begin(), wanted.end(),
                   [](const TaskResult* a, const TaskResult* b) { return a->group.rows.size() > b->group.rows.size(); });
  auto runner = MakeSandboxRunner();
  if (!runner) {
    for (TaskResult* task : wanted) {
      if (task->chosen() == nullptr) task->missing += "; none is written because this host allows no sandbox: " + runner.error().message;
    }
    return;
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (client != nullptr && client->cancelled()) return;
    TaskResult& task = *wanted[i];
    if (progress) progress("writing a verifier: " + task.group.model.task, static_cast<double>(i) / static_cast<double>(wanted.size()));
    const LlmUsage before = client == nullptr ? LlmUsage{} : client->usage();
    WriteJob job{task.group, rows, TrialRows(task.group, rows), settings, client, **runner, tools, task.chosen() != nullptr};
    job.nature = NatureOf(job.trial_rows, task.group.shape, rollouts.empty() ? nullptr : &rollouts);
    WriteResult written = WriteVerifier(job);
    const LlmUsage after = client == nullptr ? LlmUsage{} : client->usage();
    task.llm_calls = static_cast<std::size_t>(after.calls + after.replayed - before.calls - before.replayed);
    Record(task, written);
  }
}

}  // namespace rlar
