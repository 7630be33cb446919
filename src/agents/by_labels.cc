#include "agents/by_labels.h"

#include <algorithm>
#include <map>
#include <set>

#include "agents/weigh_tools.h"
#include "base/text.h"
#include "eval/resample.h"

namespace rlar {
namespace {

constexpr double kSure = 0.05;
constexpr double kLikely = 0.4;  // two-sided: four in five that it is no loose measure of length; labels of a few rows seldom say more
constexpr double kKnown = 0.1;   // of a model that surely orders more than length says on another task

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

std::vector<double> Less(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

bool Above(const std::vector<double>& differences, double p) { return Mean(differences) > 0 && TestPaired(differences).p < p; }

// A mean above 0 that chance does not explain, of `tried` that could have had one.
bool SurelyAbove(const std::vector<double>& differences, std::size_t tried) {
  return Above(differences, kSure / static_cast<double>(std::max<std::size_t>(1, tried)));
}

// Shares of pairs in order less what lots would order, on the rows with a number.
std::vector<double> AboveChance(const ProbeSet& probes, const Trial& trial) {
  std::vector<double> above;
  for (const auto& credit : CreditsOf(probes, trial.by_row)) {
    if (credit) above.push_back(*credit - 0.5);
  }
  return above;
}

void Serve(TaskResult& task, std::size_t trial, const std::string& why) {
  AdmitAfterAll(task, task.trials[trial], why);
  task.chosen_index = trial;
  task.missing.clear();
}

// Models that serve tasks, by id; true for one that orders surely more there than length says.
using Serving = std::map<std::string, bool>;

// What lets a model serve below the bar: rows' credits above chance, and above length.
struct Case {
  std::vector<double> above, beyond;
};

// How strong it is, in words; empty where it is not enough. `known`: the model is known to order more than length says on another task,
// so that here it must only not look like length.
std::string StrengthOf(const Case& one, std::size_t tried, bool known) {
  if (SurelyAbove(one.above, tried) && Above(one.beyond, kLikely)) return "surely more than chance, and likely more than length says";
  if (known && Above(one.above, kKnown) && (one.beyond.empty() || Mean(one.beyond) > 0))
    return "more than chance (p < 0.1), by a model that surely orders more than length says on another task";
  return "";
}

// `among`: only these tools are candidates; null: all.
void ServeWeakly(TaskResult& task, const ModelGate& gate, const Serving* among) {
  const auto may = [&](const Trial& trial) { return among == nullptr || among->count(trial.candidate.tool->card().id.ToString()) != 0; };
  const auto tried = static_cast<std::size_t>(
      std::count_if(task.trials.begin(), task.trials.end(), [&](const Trial& trial) { return may(trial) && !AboveChance(*task.probes, trial).empty(); }));
  double best = 0;
  std::size_t chosen = task.trials.size();
  std::string strength;
  for (std::size_t i = 0; i < task.trials.size(); ++i) {
    const Trial& trial = task.trials[i];
    if (!trial.verdict.near || !may(trial)) continue;
    const Case one{AboveChance(*task.probes, trial), BeyondLength(*task.probes, trial.by_row)};
    if (one.above.size() < gate.few_rows || Mean(one.above) <= best) continue;
    const bool known = among != nullptr && among->at(trial.candidate.tool->card().id.ToString());
    const std::string said = StrengthOf(one, tried, known);
    if (said.empty()) continue;
    best = Mean(one.above);
    chosen = i;
    strength = said;
  }
  if (chosen == task.trials.size()) return;
  Serve(task, chosen, "below the bar, and the best there is: " + task.trials[chosen].verdict.why + "; " + strength);
}

// What one model did on tasks that are each too small to say anything of it.
struct Pool {
  struct Member {
    TaskResult* task;
    std::size_t trial;  // the model's
    double above;       // chance, on the task's own rows
  };
  std::vector<Member> members;
  std::set<const ProbeSet*> counted;  // tasks that were proven together have one set
  Case all;                           // of all their rows
  std::string strength;               // of that
};

Pool PoolOf(const std::string& model, const std::vector<TaskResult*>& small, const ModelGate& gate) {
  Pool pool;
  for (TaskResult* task : small) {
    for (std::size_t i = 0; i < task->trials.size(); ++i) {
      const Trial& trial = task->trials[i];
      if (!trial.verdict.near || trial.candidate.tool->card().id.ToString() != model) continue;
      const auto above = AboveChance(*task->probes, trial), beyond = BeyondLength(*task->probes, trial.by_row);
      if (above.size() < gate.few_rows) continue;
      pool.members.push_back({task, i, Mean(above)});
      if (!pool.counted.insert(task->probes.get()).second) break;
      pool.all.above.insert(pool.all.above.end(), above.begin(), above.end());
      pool.all.beyond.insert(pool.all.beyond.end(), beyond.begin(), beyond.end());
      break;
    }
  }
  return pool;
}

// Tasks are `small` by their rows alone, whatever a model did on them: so their rows may be counted together.
void ServeTogether(const std::vector<TaskResult*>& small, const ModelGate& gate, const Serving& serving) {
  std::vector<Pool> pools;
  for (const auto& [model, known] : serving) {
    Pool pool = PoolOf(model, small, gate);
    pool.strength = StrengthOf(pool.all, serving.size(), known);
    if (pool.counted.size() < 2 || pool.strength.empty()) continue;
    pools.push_back(std::move(pool));
  }
  std::stable_sort(pools.begin(), pools.end(), [](const Pool& a, const Pool& b) { return Mean(a.all.above) > Mean(b.all.above); });
  for (const Pool& pool : pools) {
    for (const auto& [task, trial, above] : pool.members) {
      if (task->chosen() != nullptr || above <= 0) continue;
      Serve(*task, trial,
            "below the bar, and the best there is: " + task->trials[trial].verdict.why + "; on the " + std::to_string(pool.all.above.size()) + " rows of " +
                std::to_string(pool.members.size()) + " such tasks together " + Percent(0.5 + Mean(pool.all.above)) + ", " + pool.strength);
    }
  }
}

// A trial that may take part, with its values on the probes.
struct Arm {
  std::size_t trial;
  RowValues values;
};

bool IsModel(const Trial& trial) { return trial.candidate.tool->card().kind == ToolKind::kRewardModel; }

// The chosen trial first. A verifier is run on the probes now, a model was before.
std::vector<Arm> ArmsOf(const TaskResult& task) {
  std::vector<Arm> arms;
  const auto add = [&](std::size_t i) {
    const Trial& trial = task.trials[i];
    const ToolCard& card = trial.candidate.tool->card();
    if (!trial.beside.empty() || !(trial.verdict.admitted || trial.verdict.near)) return;
    if (!IsModel(trial) && card.isolation != "in_process") return;
    const bool twice =
        std::any_of(arms.begin(), arms.end(), [&](const Arm& arm) { return task.trials[arm.trial].candidate.tool->card().id.name == card.id.name; });
    if (twice) return;
    auto values = trial.by_row.empty() ? TryModel(*trial.candidate.tool, trial.candidate.params, *task.probes).by_row : trial.by_row;
    const auto lacking = std::count_if(values.begin(), values.end(), [](const auto& row) { return row.empty(); });
    if (values.size() == task.probes->rows.size() && 20 * static_cast<std::size_t>(lacking) <= values.size()) arms.push_back({i, std::move(values)});
  };
  add(task.chosen_index);
  if (arms.empty()) return arms;  // what serves cannot be compared
  for (std::size_t i = 0; i < task.trials.size(); ++i) {
    if (i != task.chosen_index) add(i);
  }
  return arms;
}

// Rows on which every arm has numbers; the arms are cut to them.
std::vector<LabelledRow> CommonRows(const ProbeSet& probes, std::vector<Arm>& arms) {
  std::vector<LabelledRow> rows;
  std::vector<RowValues> kept(arms.size());
  for (std::size_t r = 0; r < probes.rows.size(); ++r) {
    if (std::any_of(arms.begin(), arms.end(), [&](const Arm& arm) { return arm.values[r].empty(); })) continue;
    rows.push_back(probes.rows[r]);
    for (std::size_t a = 0; a < arms.size(); ++a) kept[a].push_back(std::move(arms[a].values[r]));
  }
  for (std::size_t a = 0; a < arms.size(); ++a) arms[a].values = std::move(kept[a]);
  return rows;
}

std::vector<double> Credits(const std::vector<LabelledRow>& rows, const RowValues& values) {
  std::vector<double> credits;
  for (std::size_t r = 0; r < rows.size(); ++r) credits.push_back(OrderedShare(rows[r].labels, {values[r].begin(), values[r].end()}).value_or(0.5));
  return credits;
}

// Another admitted tool whose order is surely better than the first arm's; its index, or 0.
std::size_t Better(const TaskResult& task, const std::vector<Arm>& arms, const std::vector<std::vector<double>>& credits) {
  std::size_t best = 0;
  for (std::size_t a = 1; a < arms.size(); ++a) {
    if (!task.trials[arms[a].trial].verdict.admitted || Mean(credits[a]) <= Mean(credits[best])) continue;
    if (SurelyAbove(Less(credits[a], credits[0]), arms.size() - 1)) best = a;
  }
  return best;
}

// All that serves together as one trial; its evidence is the order out of sample.
Trial Together(TaskResult& task, const std::vector<Arm>& arms, const std::vector<std::shared_ptr<const Calibration>>& scales, const Weighed& weighed,
               double alone) {
  Trial trial;
  trial.candidate = task.trials[arms[weighed.weights.front().first].trial].candidate;
  trial.weight = weighed.weights.front().second;
  trial.scale = scales[weighed.weights.front().first];
  trial.combine = Combine::kWeighted;
  std::string names;
  for (std::size_t w = 0; w < weighed.weights.size(); ++w) {
    const auto [arm, weight] = weighed.weights[w];
    const Candidate& candidate = task.trials[arms[arm].trial].candidate;
    Trial& own = task.trials[arms[arm].trial];
    if (!own.verdict.admitted) AdmitAfterAll(task, own, "taken with others, not alone: " + own.verdict.why);
    names += (w > 0 ? " + " : "") + std::to_string(static_cast<int>(weight)) + " " + candidate.tool->card().id.name;
    if (w > 0) trial.beside.push_back({candidate.tool->card().id, candidate.params, weight, scales[arm]});
  }
  const auto rows = static_cast<double>(weighed.together.size());
  trial.evidence = task.trials[arms[weighed.weights.front().first].trial].evidence;
  trial.evidence.ordered = Mean(weighed.together) * rows;
  trial.evidence.order_rows = rows;
  trial.origin = "weighed together by labels";
  trial.verdict = {true, names + ": together they order " + Percent(Mean(weighed.together)) + " of labelled pairs out of sample, the best alone " +
                             Percent(alone) + " (" + std::to_string(weighed.together.size()) + " rows)"};
  return trial;
}

void Compare(TaskResult& task) {
  const Trial& held = *task.chosen();
  if (held.candidate.tool->card().kind == ToolKind::kJudge || !held.beside.empty() || held.evidence.declared) return;
  auto arms = ArmsOf(task);
  if (arms.size() < 2) return;
  const auto rows = CommonRows(*task.probes, arms);
  if (static_cast<double>(rows.size()) < kEnoughLabelledRows) return;
  std::vector<std::vector<double>> credits;
  for (const Arm& arm : arms) credits.push_back(Credits(rows, arm.values));
  const std::size_t better = Better(task, arms, credits);
  if (better != 0) {
    task.note = "orders labelled pairs better than " + held.candidate.tool->card().id.ToString() + ": " + Percent(Mean(credits[better])) + ", that one " +
                Percent(Mean(credits[0]));
    task.chosen_index = arms[better].trial;
  }
  // A number on top of a verifier's yes or no would be there for a policy to chase.
  if (task.chosen()->evidence.binary) return;
  std::vector<std::shared_ptr<const Calibration>> scales;
  std::vector<RowValues> scaled;
  for (const Arm& arm : arms) {
    scales.push_back(FitScale(arm.values));
    scaled.push_back(arm.values);
    if (scales.back() == nullptr) continue;
    for (auto& row : scaled.back()) {
      for (double& value : row) value = scales.back()->Apply(value);
    }
  }
  const auto weighed = WeighTools(scaled, rows);
  if (!weighed || !SurelyAbove(Less(weighed->together, weighed->alone), 1) || !SurelyAbove(Less(weighed->together, credits[better]), 1)) return;
  task.trials.push_back(Together(task, arms, scales, *weighed, Mean(credits[better])));
  task.chosen_index = task.trials.size() - 1;
}

Serving ModelsInUse(const std::vector<TaskResult>& tasks) {
  Serving serving;
  for (const TaskResult& task : tasks) {
    const Trial* chosen = task.chosen();
    if (chosen == nullptr || !IsModel(*chosen)) continue;
    const bool labelled = task.probes != nullptr && task.probes->labelled;
    serving[chosen->candidate.tool->card().id.ToString()] |= labelled && SurelyAbove(BeyondLength(*task.probes, chosen->by_row), 1);
  }
  return serving;
}

}  // namespace

void ServeByLabels(std::vector<TaskResult>& tasks, const FindModelsJob& job, const GateSettings& settings) {
  for (TaskResult& task : tasks) {
    if (task.is_code() || (job.llm != nullptr && job.llm->cancelled())) continue;
    if (task.probes == nullptr && task.chosen() != nullptr) {
      auto probes = MakeModelProbes(task.group, job.rows, job.labels, job.options.gate.min_rows, kMostProbeRows);
      if (probes.labelled) task.probes = std::make_shared<const ProbeSet>(std::move(probes));
    }
    if (task.probes == nullptr || !task.probes->labelled) continue;
    if (task.chosen() == nullptr && settings.weak) ServeWeakly(task, job.options.gate, nullptr);
    if (task.chosen() != nullptr) Compare(task);
  }
  if (!settings.weak) return;
  // A model that serves a task is named beforehand for the others: on their few rows it need not stand against all that
  // were tried.
  const auto serving = ModelsInUse(tasks);
  std::vector<TaskResult*> small;
  for (TaskResult& task : tasks) {
    const bool open = task.chosen() == nullptr && !task.is_code() && task.probes != nullptr && task.probes->labelled;
    if (!open) continue;
    ServeWeakly(task, job.options.gate, &serving);
    if (task.chosen() == nullptr && task.probes->rows.size() < job.options.gate.min_rows) small.push_back(&task);
  }
  ServeTogether(small, job.options.gate, serving);
}

}  // namespace rlar
