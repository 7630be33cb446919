#include "agents/write_missing.h"

#include <algorithm>

#include "agents/choose_tool.h"
#include "agents/write_verifier/sandbox_runner.h"
#include "agents/write_verifier/write_verifier.h"

namespace rlar {
namespace {

bool Wanted(const TaskResult& task) { return !task.is_code() && WorthPlanning(task.group, task.chosen() != nullptr); }

void Record(TaskResult& task, WriteResult& written, const std::vector<Query>& rows, const Labels& labels, const GateSettings& settings) {
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
    CountLabels(task.group, rows, labels, settings, added);
    task.trials.push_back(std::move(added));
  }
  if (written.best < written.trials.size()) {
    // Where a native tool serves, writing was asked for because it compares with one of several right answers.
    for (std::size_t i = before; i < task.trials.size(); ++i) {
      const WrittenTrial& best = written.trials[written.best];
      const bool chosen = task.trials[i].candidate.tool == best.tool.get() && task.trials[i].candidate.params == best.params;
      if (chosen && task.trials[i].verdict.admitted) task.chosen_index = i;
    }
    if (task.chosen() == nullptr || task.chosen()->made == nullptr) return;
    task.missing.clear();
    const bool conditions = written.trials[written.best].tool->card().kind == ToolKind::kSynthesized;
    if (conditions) task.note = "checks conditions: " + written.trials[written.best].draft.summary;
    if (written.agreement < 1) task.note += "; its rival drafts agree on " + Json(written.agreement).Dump() + " of altered answers";
  }
}

// Whether it says of one row at least that the reference itself is right: only then is it worth the gate.
bool TakesAReference(const Candidate& candidate, const std::vector<const Query*>& rows) {
  constexpr std::size_t kRows = 3;
  for (std::size_t i = 0; i < std::min(kRows, rows.size()); ++i) {
    std::vector<Response> responses(1);
    responses[0].text = ReferenceText(rows[i]->reference);
    if (candidate.tool->Run(*rows[i], responses, candidate.params, CallContext{})[0].value().value_or(1) >= 0.5) return true;
  }
  return false;
}

// A verifier that was written for another task may serve this one as it is: then nothing is written, and nothing is asked.
Result<void> TryWritten(TaskResult& task, const std::vector<Query>& rows, const std::vector<const Query*>& trial_rows, const TaskNature& nature,
                        const std::vector<Candidate>& written, const GateSettings& settings, const Labels& labels, EvidenceCache& cache) {
  for (const Candidate& candidate : written) {
    const bool tried = std::any_of(task.trials.begin(), task.trials.end(),
                                   [&](const Trial& trial) { return trial.candidate.tool == candidate.tool && trial.candidate.params == candidate.params; });
    if (tried || !TakesAReference(candidate, trial_rows)) continue;
    auto evidence = cache.Try(*candidate.tool, candidate.params, trial_rows, task.group.shape, nature);
    if (!evidence) return evidence.error();
    Trial trial;
    trial.candidate = candidate;
    trial.evidence = std::move(*evidence);
    trial.verdict = Judge(trial.evidence, settings);
    trial.origin = "written for another task";
    CountLabels(task.group, rows, labels, settings, trial);
    if (trial.verdict.admitted) task.trials.push_back(std::move(trial));
  }
  task.chosen_index = ChooseByEvidence(task.trials);
  if (task.chosen() != nullptr) task.missing.clear();
  return {};
}

// The library's written verifiers, and those that this build has chosen so far.
std::vector<Candidate> Written(const Snapshot& tools, const std::vector<TaskResult>& tasks) {
  std::vector<Candidate> written;
  for (const Route& route : tools.routes()) {
    for (const RoutePart& part : route.parts) {
      const Tool* tool = tools.FindTool(part.tool.name, part.tool.version);
      if (tool->card().kind == ToolKind::kSynthesized) written.push_back({tool, part.params, 0});
    }
  }
  for (const TaskResult& task : tasks) {
    if (task.chosen() != nullptr && task.chosen()->made != nullptr) written.push_back(task.chosen()->candidate);
  }
  return written;
}

}  // namespace

Result<void> WriteMissing(std::vector<TaskResult>& tasks, const std::vector<Query>& rows, const Rollouts& rollouts, const Snapshot& tools,
                          const GateSettings& settings, const Labels& labels, EvidenceCache& cache, LlmClient* client,
                          const std::function<void(const std::string& step, double share)>& progress) {
  std::vector<TaskResult*> wanted;
  for (TaskResult& task : tasks) {
    if (Wanted(task)) wanted.push_back(&task);
  }
  if (wanted.empty()) return {};
  std::stable_sort(wanted.begin(), wanted.end(), [](const TaskResult* a, const TaskResult* b) { return a->group.rows.size() > b->group.rows.size(); });
  auto runner = MakeSandboxRunner();
  if (!runner) {
    for (TaskResult* task : wanted) {
      if (task->chosen() == nullptr) task->missing += "; none is written because this host allows no sandbox: " + runner.error().message;
    }
    return {};
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (client != nullptr && client->cancelled()) return {};
    TaskResult& task = *wanted[i];
    if (progress) progress("writing a verifier: " + task.group.model.task, static_cast<double>(i) / static_cast<double>(wanted.size()));
    const auto trial_rows = TrialRows(task.group, rows);
    const TaskNature nature = NatureOf(trial_rows, task.group.shape, rollouts.empty() ? nullptr : &rollouts, labels);
    if (task.chosen() == nullptr) RLAR_TRY(TryWritten(task, rows, trial_rows, nature, Written(tools, tasks), settings, labels, cache));
    if (task.chosen() != nullptr && task.chosen()->origin == "written for another task") continue;
    const LlmUsage before = client == nullptr ? LlmUsage{} : client->usage();
    WriteJob job{task.group, rows, trial_rows, settings, client, **runner, tools, task.chosen() != nullptr};
    job.nature = nature;
    job.cache = &cache;
    auto written = WriteVerifier(job);
    if (!written) return written.error();
    const LlmUsage after = client == nullptr ? LlmUsage{} : client->usage();
    task.llm_calls = static_cast<std::size_t>(after.calls + after.replayed - before.calls - before.replayed);
    Record(task, *written, rows, labels, settings);
  }
  return {};
}

}  // namespace rlar
