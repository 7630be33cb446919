#include "agents/find_models.h"

#include <algorithm>

#include "agents/write_rubric/with_checks.h"
#include "library/quarantine.h"

namespace rlar {
namespace {

constexpr std::size_t kMostProbeRows = 120;  // of a task

void AddTrial(TaskResult& task, const Tool* tool, std::shared_ptr<const Tool> made, const ModelEvidence& measured, const Verdict& verdict,
              std::string origin) {
  Trial trial;
  trial.candidate.tool = tool;
  trial.evidence = measured.ToEvidence();
  trial.values = measured.values;
  trial.verdict = verdict;
  trial.origin = std::move(origin);
  trial.made = std::move(made);
  task.trials.push_back(std::move(trial));
}

// The admitted reward model or judge with the highest accuracy among the task's trials from `first` on.
void ChooseModel(TaskResult& task, std::size_t first) {
  double best = -1;
  for (std::size_t i = first; i < task.trials.size(); ++i) {
    const Trial& trial = task.trials[i];
    if (!trial.verdict.admitted || trial.evidence.pair_rate() <= best) continue;
    best = trial.evidence.pair_rate();
    task.chosen_index = i;
  }
  if (task.chosen() != nullptr) task.missing.clear();
}

// The task's route of the library where it runs `tool` first and others beside it; else null.
const Route* RunsFirst(const Snapshot& tools, const std::string& task, const ToolId& tool) {
  const Route* route = tools.FindRoute(task);
  const bool beside = route != nullptr && route->parts.size() > 1 && route->parts[0].tool == tool;
  return beside && (route->combine == Combine::kWeighted || route->combine == Combine::kMin) ? route : nullptr;
}

// A judge that served the task with checks beside it is tried with them, and serves so again.
void TryWithBeside(TaskResult& task, const Tool& tool, const Route& route, const ProbeSet& probes, const FindModelsJob& job) {
  std::vector<const Tool*> parts;
  for (const RoutePart& part : route.parts) parts.push_back(job.tools.FindTool(part.tool.name, part.tool.version));
  const ModelEvidence measured = TryModel(WithChecks(route, std::move(parts)), Json(), probes);
  AddTrial(task, &tool, nullptr, measured, JudgeModel(measured, job.options.gate), "in the library already");
  Trial& trial = task.trials.back();
  trial.beside.assign(route.parts.begin() + 1, route.parts.end());
  trial.combine = route.combine;
  trial.weight = route.parts[0].weight;
}

void TryOwnModels(TaskResult& task, const ProbeSet& probes, const FindModelsJob& job) {
  if (probes.rows.size() < job.options.gate.min_rows) return;
  const std::size_t first = task.trials.size();
  for (const auto& tool : job.tools.tools()) {
    const ToolCard& card = tool->card();
    if (card.kind != ToolKind::kRewardModel && card.kind != ToolKind::kJudge) continue;
    if (IsQuarantined(job.tools.manifest(), card.id.name, card.id.version, task.group.model.task)) continue;
    if (const Route* route = RunsFirst(job.tools, task.group.model.task, card.id)) {
      TryWithBeside(task, *tool, *route, probes, job);
      continue;
    }
    const ModelEvidence measured = TryModel(*tool, Json(), probes);
    AddTrial(task, tool.get(), nullptr, measured, JudgeModel(measured, job.options.gate), "in the library already");
  }
  ChooseModel(task, first);
}

void TryHub(TaskResult& task, const ProbeSet& probes, const FindModelsJob& job, LoadedModels& loaded) {
  FindResult found = FindRewardModel(task.group, job.rows, probes, *job.hub, job.llm, job.options, loaded, job.progress);
  const std::size_t first = task.trials.size();
  Json models = Json::Array{};
  for (ModelTrial& trial : found.trials) {
    models.Push(trial.ToJson());
    if (trial.tool != nullptr) {
      const Tool* tool = trial.tool.get();
      AddTrial(task, tool, std::move(trial.tool), trial.evidence, trial.verdict, "found on the Hub");
    }
  }
  task.models = std::move(models);
  ChooseModel(task, first);
  if (task.chosen() != nullptr) {
    task.note = found.note;
  } else {
    task.missing += (task.missing.empty() ? "" : "; ") + std::string(found.trials.empty() ? "" : "no reward model is good enough: ") + found.note;
  }
}

}  // namespace

void FindModels(std::vector<TaskResult>& tasks, const FindModelsJob& job) {
  LoadedModels loaded;
  for (TaskResult& task : tasks) {
    if (task.chosen() != nullptr || task.missing.find("runner") != std::string::npos) continue;
    if (job.llm != nullptr && job.llm->cancelled()) return;
    const ProbeSet probes = MakeModelProbes(task.group, job.rows, job.labels, job.options.gate.min_rows, kMostProbeRows);
    TryOwnModels(task, probes, job);
    if (task.chosen() == nullptr && job.hub != nullptr) TryHub(task, probes, job, loaded);
  }
}

}  // namespace rlar
