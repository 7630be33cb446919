#include "agents/learn_route.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "agents/reported_trials.h"
#include "base/json_at.h"
#include "classify/neighbours.h"
#include "eval/resample.h"
#include "eval/routing.h"
#include "library/quarantine.h"
#include "route/chooser.h"

namespace rlar {
namespace {

constexpr std::size_t kMostQueries = 1000;  // kept in a chooser
constexpr std::size_t kKeptNeighbours = 400;

struct Arm {
  const Tool* tool = nullptr;  // the library's
  Json params;
  std::shared_ptr<const Tool> judge = nullptr;  // the same one as it is asked here; null: as it is
  const Tool& asked() const { return judge != nullptr ? *judge : *tool; }
};

// Judges are asked through `judges`.
Result<void> OpenJudges(std::vector<Arm>& arms, JudgeCalls* judges) {
  for (Arm& arm : arms) {
    if (judges == nullptr || arm.tool->card().kind != ToolKind::kJudge) continue;
    auto opened = judges->Open(arm.tool->card());
    if (!opened) return opened.error();
    arm.judge = std::move(*opened);
  }
  return {};
}

void AddArm(const Snapshot& snapshot, const Tool* tool, Json params, const std::string& task, std::vector<Arm>& arms) {
  if (tool == nullptr || IsQuarantined(snapshot.manifest(), tool->card().id.name, tool->card().id.version, task)) return;
  const bool known = std::any_of(arms.begin(), arms.end(), [&](const Arm& arm) { return arm.tool == tool && arm.params == params; });
  if (!known) arms.push_back({tool, std::move(params)});
}

// The route's tools first.
std::vector<Arm> ArmsFor(const Snapshot& snapshot, const Json& report, const Route* route, const std::string& task) {
  std::vector<Arm> arms;
  if (route != nullptr) {
    for (const RoutePart& part : route->parts) AddArm(snapshot, snapshot.FindTool(part.tool.name, part.tool.version), part.params, task, arms);
  }
  for (ReportedTrial& trial : TrialsOf(snapshot, report, task)) {
    if (trial.admitted) AddArm(snapshot, trial.tool, std::move(trial.params), task, arms);
  }
  for (const auto& tool : snapshot.tools()) {
    const ToolKind kind = tool->card().kind;
    if (kind == ToolKind::kRewardModel || kind == ToolKind::kJudge) AddArm(snapshot, tool.get(), Json(), task, arms);
  }
  return arms;
}

std::string Signed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%+.3f", value);
  return text;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

std::vector<double> Column(const CreditTable& table, std::size_t tool) {
  std::vector<double> out;
  for (const auto& row : table) out.push_back(row[tool]);
  return out;
}

std::vector<double> Less(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

// A mean gain above 0 that chance does not explain.
bool Gains(const std::vector<double>& differences, std::size_t tried) {
  return Mean(differences) > 0 && TestPaired(differences).p < 0.05 / static_cast<double>(std::max<std::size_t>(1, tried));
}

std::shared_ptr<const Chooser> FitChooser(const CreditTable& table, const WordVectors& words, double shrinkage, std::size_t best) {
  std::vector<Chooser::Labelled> labelled;
  const std::size_t count = std::min(table.size(), kMostQueries);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t q = i * table.size() / count;
    Chooser::Labelled one{words.vectors[q], {}};
    for (const double credit : table[q]) one.advantage.push_back(credit - table[q][best]);
    labelled.push_back(std::move(one));
  }
  return std::make_shared<Chooser>(table.front().size(), best, shrinkage, words.idf, std::move(labelled));
}

void Learn(const std::vector<Arm>& arms, const CreditTable& table, const std::vector<const Query*>& queries, LearnedRoute& out) {
  std::vector<std::vector<double>> columns;
  for (std::size_t a = 0; a < arms.size(); ++a) {
    columns.push_back(Column(table, a));
    out.credits.emplace_back(arms[a].tool->card().id.ToString(), Mean(columns[a]));
  }
  std::size_t best = 0;  // the route's own tool unless another is distinguishably better
  for (std::size_t a = 1; a < arms.size(); ++a) {
    if (Mean(columns[a]) > Mean(columns[best]) && Gains(Less(columns[a], columns[0]), arms.size() - 1)) best = a;
  }
  if (best != 0) {
    out.outcome = "switched";
    out.why = "orders labelled pairs better than " + arms[0].tool->card().id.ToString() + " by " + Signed(Mean(columns[best]) - Mean(columns[0])) + " on " +
              std::to_string(table.size()) + " queries";
    out.route.parts = {{arms[best].tool->card().id, arms[best].params, 1.0}};
    out.route.combine = Combine::kSingle;
  } else {
    out.why = "no tool is distinguishably better than " + arms[0].tool->card().id.ToString() + " on " + std::to_string(table.size()) + " queries";
  }
  const WordVectors words = MakeWordVectors(queries);
  const Neighbours neighbours = NearestQueries(words.vectors, kKeptNeighbours);
  const Routed routed = RouteByNeighbours(table, neighbours), single = BestOnTrain(table);
  const auto gain = Less(routed.credits, single.credits);
  const double shrinkage = FitShrinkage(table, neighbours);
  if (!std::isfinite(shrinkage) || !Gains(gain, 1) || !Gains(Less(routed.credits, columns[best]), 1)) return;
  out.outcome = "chosen";
  out.why = "choosing by like queries orders labelled pairs better than the best single tool by " + Signed(Mean(gain)) + " out of sample, on " +
            std::to_string(table.size()) + " queries";
  out.route.parts.clear();
  for (const Arm& arm : arms) out.route.parts.push_back({arm.tool->card().id, arm.params, 1.0});
  out.route.combine = Combine::kChoose;
  std::vector<double> means;
  for (const auto& column : columns) means.push_back(Mean(column));
  const auto top = static_cast<std::size_t>(std::max_element(means.begin(), means.end()) - means.begin());
  out.route.chooser = FitChooser(table, words, shrinkage, top);
}

Result<LearnedRoute> LearnTask(const Snapshot& snapshot, const Json& report, const std::string& task, const std::vector<const LabelledRow*>& rows,
                               JudgeCalls* judges) {
  LearnedRoute out;
  out.task = task;
  const Route* route = snapshot.FindRoute(task);
  if (route != nullptr && route->pinned) {
    out.why = "its route is pinned by hand";
    return out;
  }
  if (route != nullptr && route->combine != Combine::kSingle && route->combine != Combine::kChoose) {
    out.why = "its route combines several tools";
    return out;
  }
  auto arms = ArmsFor(snapshot, report, route, task);
  RLAR_TRY(OpenJudges(arms, judges));
  CreditTable table;
  std::vector<const Query*> queries;
  for (const LabelledRow* row : rows) {
    std::vector<double> credits;
    for (const Arm& arm : arms) {
      const auto credit = AgreeWith(arm.asked(), arm.params, *row).credit;
      if (!credit) break;
      credits.push_back(*credit);
    }
    if (arms.empty() || credits.size() != arms.size()) continue;
    table.push_back(std::move(credits));
    queries.push_back(&row->query);
  }
  out.queries = table.size();
  if (table.size() < kFewestLabelled) {
    out.outcome = "too_few";
    out.why = std::to_string(table.size()) + " labelled queries with a better and a worse response; " + std::to_string(kFewestLabelled) + " are needed";
    return out;
  }
  Learn(arms, table, queries, out);
  if (out.route.parts.empty()) return out;
  out.route.task = task;
  out.route.why = out.why;
  StampVersion(out.route);
  return out;
}

}  // namespace

Result<std::vector<LearnedRoute>> LearnRoutes(const Snapshot& snapshot, const Json& report, const std::vector<LabelledRow>& rows, JudgeCalls* judges) {
  std::map<std::string, std::vector<const LabelledRow*>> by_task;
  for (const LabelledRow& row : rows) {
    const TaskGuess guess = snapshot.Classify(row.query);
    if (!guess.task.empty()) by_task[guess.task].push_back(&row);
  }
  std::vector<LearnedRoute> learned;
  for (const auto& [task, members] : by_task) {
    auto one = LearnTask(snapshot, report, task, members, judges);
    if (!one) return one.error();
    learned.push_back(std::move(*one));
  }
  return learned;
}

Json WithRoutes(Json manifest, const std::vector<LearnedRoute>& learned) {
  Json::Array routes;
  for (const Json& route : ListAt(manifest, "routes")) {
    const std::string task = TextAt(route, "task");
    const bool replaced = std::any_of(learned.begin(), learned.end(), [&](const LearnedRoute& one) { return one.task == task && !one.route.parts.empty(); });
    if (!replaced) routes.push_back(route);
  }
  for (const LearnedRoute& one : learned) {
    if (!one.route.parts.empty()) routes.push_back(one.route.ToJson());
  }
  manifest.Set("routes", Json(std::move(routes)));
  return manifest;
}

}  // namespace rlar
