#include "agents/find_models.h"

#include <algorithm>
#include <map>

#include "agents/write_rubric/with_checks.h"
#include "base/stats.h"
#include "library/quarantine.h"
#include "tools/factory.h"

namespace rlar {
namespace {

// The admitted reward model or judge with the highest accuracy among the task's trials from `first` on; a weak choice stays where none orders more.
void ChooseModel(TaskResult& task, std::size_t first) {
  const Evidence* held = task.chosen() == nullptr ? nullptr : &task.chosen()->evidence;
  double best = held == nullptr ? -1 : held->order_rows > 0 ? held->ordered / held->order_rows : held->pair_rate();
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

// A judge that served the task with checks beside it is tried with them, and serves so again. `tool` is the library's, `asked` the same
// one as it is asked here.
void TryWithBeside(TaskResult& task, const Tool& tool, const Tool& asked, const Route& route, const ProbeSet& probes, const FindModelsJob& job) {
  std::vector<const Tool*> parts;
  for (const RoutePart& part : route.parts) parts.push_back(job.tools.FindTool(part.tool.name, part.tool.version));
  parts.front() = &asked;
  const ModelEvidence measured = TryModel(WithChecks(route, std::move(parts)), Json(), probes);
  task.trials.push_back(MakeTrial(&tool, nullptr, measured, JudgeModel(measured, job.options.gate), "in the library already"));
  RunBeside(route, task.trials.back());
}

void TryOwnModels(TaskResult& task, const ProbeSet& probes, const FindModelsJob& job) {
  if (!EnoughToTry(probes, job.options.gate)) return;
  const std::size_t first = task.trials.size();
  for (const auto& tool : job.tools.tools()) {
    const ToolCard& card = tool->card();
    if (card.kind != ToolKind::kRewardModel && card.kind != ToolKind::kJudge) continue;
    if (IsQuarantined(job.tools.manifest(), card.id.name, card.id.version, task.group.model.task)) continue;
    const Tool* asked = tool.get();
    std::shared_ptr<const Tool> judge;
    if (card.kind == ToolKind::kJudge && job.judges != nullptr) {
      auto opened = OpenJudgeOf(card, job);
      if (!opened) {
        task.trials.push_back(MakeTrial(tool.get(), nullptr, {}, {false, opened.error().ToString()}, "in the library already"));
        continue;
      }
      judge = std::move(*opened);
      asked = judge.get();
    }
    if (const Route* route = RunsFirst(job.tools, task.group.model.task, card.id)) {
      TryWithBeside(task, *tool, *asked, *route, probes, job);
      continue;
    }
    const ModelEvidence measured = TryModel(*asked, Json(), probes);
    task.trials.push_back(MakeTrial(tool.get(), nullptr, measured, JudgeModel(measured, job.options.gate), "in the library already"));
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
      task.trials.push_back(MakeTrial(tool, std::move(trial.tool), trial.evidence, trial.verdict, "found on the Hub"));
    }
  }
  task.models = std::move(models);
  ChooseModel(task, first);
  if (task.chosen() != nullptr) {
    task.note = found.note;
  } else {
    task.Miss((found.trials.empty() ? "" : "no reward model is good enough: ") + found.note);
  }
}

// The task's rows with those of others of the same source and shape that nothing serves: tasks too small to prove a model on prove it together.
TaskGroup WithSiblings(const std::vector<TaskResult>& tasks, std::size_t i) {
  TaskGroup group = tasks[i].group;
  if (group.model.sources.empty() || group.model.sources.begin()->empty()) return group;
  for (std::size_t j = 0; j < tasks.size(); ++j) {
    const TaskGroup& other = tasks[j].group;
    if (j == i || tasks[j].chosen() != nullptr || other.model.sources != group.model.sources || other.shape != group.shape) continue;
    group.rows.insert(group.rows.end(), other.rows.begin(), other.rows.end());
  }
  return group;
}

// Siblings have it in common; a task without a source stands alone.
std::string JointName(const TaskResult& task) {
  const std::string source = task.group.model.sources.empty() ? "" : *task.group.model.sources.begin();
  return source.empty() ? "" : source + "\n" + task.group.shape;
}

// What was proven for one of the siblings holds for the others.
void ShareTrials(const TaskResult& from, std::size_t first, TaskResult& to) {
  const std::size_t own = to.trials.size();
  to.trials.insert(to.trials.end(), from.trials.begin() + static_cast<std::ptrdiff_t>(first), from.trials.end());
  if (from.chosen_index >= first && from.chosen_index < from.trials.size()) to.chosen_index = own + from.chosen_index - first;
  to.probes = from.probes;
  to.models = from.models;
  to.note = from.note;
  to.missing = from.missing;
}

void TryOne(TaskResult& task, const ProbeSet& probes, const FindModelsJob& job, LoadedModels& loaded) {
  const std::size_t before = task.chosen_index;
  task.probes = std::make_shared<const ProbeSet>(probes);
  TryOwnModels(task, probes, job);
  if (task.chosen_index == before && job.hub != nullptr) TryHub(task, probes, job, loaded);
}

}  // namespace

bool ChoiceIsWeak(const TaskResult& task, const ModelGate& gate) {
  const Evidence& shown = task.chosen()->evidence;
  return !shown.declared && shown.order_rows >= static_cast<double>(gate.min_rows) &&
         WilsonInterval(shown.ordered, shown.order_rows).first <= gate.min_accuracy;
}

Result<std::shared_ptr<const Tool>> OpenJudgeOf(const ToolCard& card, const FindModelsJob& job) {
  auto tool = job.judges != nullptr ? job.judges->Open(card) : MakeTool(card);
  if (!tool) return tool.error();
  return std::shared_ptr<const Tool>(std::move(*tool));
}

Trial MakeTrial(const Tool* tool, std::shared_ptr<const Tool> made, const ModelEvidence& measured, const Verdict& verdict, std::string origin) {
  Trial trial;
  trial.candidate.tool = tool;
  trial.evidence = measured.ToEvidence();
  trial.by_row = measured.by_row;
  trial.verdict = verdict;
  trial.origin = std::move(origin);
  trial.made = std::move(made);
  return trial;
}

void FindModels(std::vector<TaskResult>& tasks, const FindModelsJob& job) {
  LoadedModels loaded;
  struct Step {
    std::size_t task;
    ProbeSet probes;
    std::string joint;  // source and shape of the siblings that are proven together, or empty
  };
  std::vector<Step> plan;  // before any is served: siblings are those that nothing served
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    TaskResult& task = tasks[i];
    if (task.is_code()) continue;
    if (task.chosen() != nullptr && !ChoiceIsWeak(task, job.options.gate)) continue;
    const std::size_t enough = job.options.gate.min_rows;
    ProbeSet probes = MakeModelProbes(task.group, job.rows, job.labels, enough, kMostProbeRows);
    if (probes.rows.size() < enough && task.chosen() == nullptr) {
      ProbeSet joint = MakeModelProbes(WithSiblings(tasks, i), job.rows, job.labels, enough, kMostProbeRows);
      if (joint.rows.size() < enough) {
        // Too few to prove one on, but labels of a few rows show a model that is right on nearly all of them (by_labels.h).
        ProbeSet few = MakeModelProbes(WithSiblings(tasks, i), job.rows, job.labels, job.options.gate.few_rows, kMostProbeRows);
        if (few.labelled) joint = std::move(few);
      }
      if (EnoughToTry(joint, job.options.gate)) {
        plan.push_back({i, std::move(joint), JointName(task)});
        continue;
      }
    }
    plan.push_back({i, std::move(probes), ""});
  }
  std::map<std::string, std::pair<std::size_t, std::size_t>> proven;  // joint → the task it was proven for, and its first trial there
  for (const Step& step : plan) {
    if (job.llm != nullptr && job.llm->cancelled()) return;
    if (const auto at = proven.find(step.joint); at != proven.end()) {
      ShareTrials(tasks[at->second.first], at->second.second, tasks[step.task]);
      continue;
    }
    if (!step.joint.empty()) proven[step.joint] = {step.task, tasks[step.task].trials.size()};
    TryOne(tasks[step.task], step.probes, job, loaded);
  }
}

}  // namespace rlar
