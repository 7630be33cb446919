#include "agents/choose_model.h"

#include <algorithm>
#include <map>

#include "base/json_at.h"
#include "base/text.h"

namespace rlar {
namespace {

constexpr double kPriorRows = 20;

bool IsModel(const Trial& trial) {
  return trial.beside.empty() && trial.evidence.pair_count > 0 && trial.candidate.tool->card().kind == ToolKind::kRewardModel;
}

bool IsAdmittedModel(const Trial& trial) { return trial.verdict.admitted && IsModel(trial); }

// The repository it comes from, or its name where it comes from none: one model that is asked in two ways is one.
std::string ModelOf(const Trial& trial) {
  const ToolCard& card = trial.candidate.tool->card();
  const std::string model = TextAt(card.program, "model");
  return model.empty() ? card.id.name : model;
}

// What a model did on a set of probes.
struct Tally {
  double pairs = 0, rows = 0;  // in order, of how many
  bool admitted = false;
};
using Tried = std::map<std::string, std::map<const ProbeSet*, Tally>>;  // by model

Tried WhatWasTried(const std::vector<TaskResult>& tasks) {
  Tried tried;
  for (const TaskResult& task : tasks) {
    for (const Trial& trial : task.trials) {
      if (trial.candidate.tool->card().kind != ToolKind::kRewardModel || task.probes == nullptr || trial.evidence.pair_count == 0) continue;
      Tally& tally = tried[ModelOf(trial)][task.probes.get()];
      tally = {trial.evidence.pairs, trial.evidence.pair_count, tally.admitted || IsAdmittedModel(trial)};
    }
  }
  return tried;
}

// Admitted here, or short of strength here only and admitted for other rows.
bool MayServe(const TaskResult& task, const Trial& trial, const Tried& tried) {
  if (IsAdmittedModel(trial)) return true;
  if (!trial.verdict.near || !IsModel(trial)) return false;
  const auto& tallies = tried.at(ModelOf(trial));
  return std::any_of(tallies.begin(), tallies.end(), [&](const auto& one) { return one.first != task.probes.get() && one.second.admitted; });
}

double Drawn(const TaskResult& task, const Trial& trial, const Tried& tried) {
  double pairs = 0, rows = 0;
  for (const auto& [probes, tally] : tried.at(ModelOf(trial))) {
    if (probes == task.probes.get()) continue;
    pairs += tally.pairs;
    rows += tally.rows;
  }
  const double elsewhere = rows > 0 ? pairs / rows : 0.5;
  return (trial.evidence.pairs + kPriorRows * elsewhere) / (trial.evidence.pair_count + kPriorRows);
}

}  // namespace

void ChooseModels(std::vector<TaskResult>& tasks) {
  const Tried tried = WhatWasTried(tasks);
  for (TaskResult& task : tasks) {
    if (task.probes == nullptr || task.chosen() == nullptr || !IsAdmittedModel(*task.chosen())) continue;
    std::size_t best = task.chosen_index;
    for (std::size_t i = 0; i < task.trials.size(); ++i) {
      if (MayServe(task, task.trials[i], tried) && Drawn(task, task.trials[i], tried) > Drawn(task, task.trials[best], tried)) best = i;
    }
    if (best == task.chosen_index) continue;
    task.note = "taken before " + ModelOf(*task.chosen()) + ", which orders " + Percent(task.chosen()->evidence.pair_rate()) + " here and less on other tasks";
    task.chosen_index = best;
    Trial& taken = task.trials[best];
    if (!taken.verdict.admitted) AdmitAfterAll(task, taken, "proven on other tasks; on this one " + taken.verdict.why);
  }
}

}  // namespace rlar
