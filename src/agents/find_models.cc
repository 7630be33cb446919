#include "agents/find_models.h"

#include <algorithm>

#include "base/stats.h"
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

// A comparison with references that is not surely a measure of what the labels say: the task would be better served by a model, if one is.
bool ChoiceIsWeak(const TaskResult& task, const ModelGate& gate) {
  const Evidence& shown = task.chosen()->evidence;
  return shown.by_order && shown.labelled >= static_cast<double>(gate.min_rows) && WilsonInterval(shown.agreed, shown.labelled).first <= gate.min_accuracy;
}

// The admitted reward model or judge with the highest accuracy among the task's trials from `first` on; a weak choice stays where none orders more.
void ChooseModel(TaskResult& task, std::size_t first) {
  const Evidence* held = task.chosen() == nullptr ? nullptr : &task.chosen()->evidence;
  double best = held == nullptr ? -1 : held->by_order ? held->agreed / held->labelled : held->pair_rate();
  for (std::size_t i = first; i < task.trials.size(); ++i) {
    const Trial& trial = task.trials[i];
    if (!trial.verdict.admitted || trial.evidence.pair_rate() <= best) continue;
    best = trial.evidence.pair_rate();
    task.chosen_index = i;
  }
  if (task.chosen() != nullptr) task.missing.clear();
}

void TryOwnModels(TaskResult& task, const ProbeSet& probes, const FindModelsJob& job) {
  if (probes.rows.size() < job.options.gate.min_rows) return;
  const std::size_t first = task.trials.size();
  for (const auto& tool : job.tools.tools()) {
    const ToolCard& card = tool->card();
    if (card.kind != ToolKind::kRewardModel && card.kind != ToolKind::kJudge) continue;
    if (IsQuarantined(job.tools.manifest(), card.id.name, card.id.version, task.group.model.task)) continue;
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
    if (task.missing.find("runner") != std::string::npos) continue;
    const bool weak = task.chosen() != nullptr && ChoiceIsWeak(task, job.options.gate);
    if (task.chosen() != nullptr && !weak) continue;
    if (job.llm != nullptr && job.llm->cancelled()) return;
    const ProbeSet probes = MakeModelProbes(task.group, job.rows, job.labels, job.options.gate.min_rows, kMostProbeRows);
    const std::size_t before = task.chosen_index;
    TryOwnModels(task, probes, job);
    if (task.chosen_index == before && job.hub != nullptr) TryHub(task, probes, job, loaded);
  }
}

}  // namespace rlar
