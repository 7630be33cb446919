#include "agents/shadow.h"

#include <algorithm>

#include "agents/choose_tool.h"
#include "agents/second_tool.h"
#include "base/stats.h"
#include "base/text.h"

namespace rlar {
namespace {

constexpr std::size_t kGroups = 32, kLeastResponses = 8, kLeastConstant = 24;
constexpr double kMostFailed = 0.05, kDoubtRise = 0.2, kEnoughLabels = 5;

struct LiveGroup {
  const Query* query;
  std::vector<Response> responses;
};

// Spread over the group, which stands in hash order.
std::vector<LiveGroup> LiveGroups(const TaskGroup& group, const std::vector<Query>& rows, const Rollouts& live) {
  std::vector<LiveGroup> all, some;
  for (const std::size_t i : group.rows) {
    const auto& texts = live.Of(rows[i]);
    if (!texts.empty()) all.push_back({&rows[i], AsResponses(texts)});
  }
  const std::size_t count = std::min(kGroups, all.size());
  for (std::size_t i = 0; i < count; ++i) some.push_back(std::move(all[i * all.size() / count]));
  return some;
}

// The route of the version in use that served the task, where it runs without a model or a user's function; else null.
const RoutePart* RouteInUse(const Snapshot& in_use, const std::string& task) {
  const Route* route = in_use.FindRoute(task);
  if (route == nullptr || route->parts.size() != 1) return nullptr;
  const ToolKind kind = in_use.FindTool(route->parts[0].tool.name, route->parts[0].tool.version)->card().kind;
  return kind == ToolKind::kNative || kind == ToolKind::kSynthesized ? &route->parts[0] : nullptr;
}

void CountGroup(const std::vector<Score>& scores, const std::vector<Score>& opinions, const std::vector<Score>& used, LiveTrial& live) {
  ++live.groups;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    ++live.responses;
    const auto value = scores[i].value();
    if (!value) {
      ++live.failed;
      continue;
    }
    live.low = std::min(live.low, *value);
    live.high = std::max(live.high, *value);
    const auto opinion = opinions.empty() ? std::nullopt : opinions[i].value();
    if (opinion) {
      live.second_low = std::min(live.second_low, *opinion);
      live.second_high = std::max(live.second_high, *opinion);
      if (*value >= 0.5) ++live.accepted;
      if (*value >= 0.5 && *opinion < 0.5) ++live.doubted;
    }
    const auto now = used.empty() ? std::nullopt : used[i].value();
    if (!now) continue;
    ++live.compared;
    if ((*now >= 0.5) == (*value >= 0.5)) ++live.agreed;
  }
}

LiveTrial TryLive(const TaskResult& task, const std::vector<LiveGroup>& groups, const Snapshot& in_use) {
  const Candidate& candidate = task.chosen()->candidate;
  const RoutePart* used = RouteInUse(in_use, task.group.model.task);
  const Tool* second = task.second ? in_use.FindTool(task.second->part.tool.name, task.second->part.tool.version) : nullptr;
  LiveTrial live;
  if (second != nullptr) live.second = task.second->part.tool.ToString();
  if (used != nullptr) live.in_use = used->tool.ToString();
  for (const LiveGroup& group : groups) {
    const auto ask = [&](const Tool* tool, const Json& params) {
      return tool == nullptr ? std::vector<Score>{} : tool->Run(*group.query, group.responses, params, CallContext{});
    };
    const Tool* tool_in_use = used == nullptr ? nullptr : in_use.FindTool(used->tool.name, used->tool.version);
    CountGroup(ask(candidate.tool, candidate.params), ask(second, second == nullptr ? Json() : task.second->part.params),
               ask(tool_in_use, used == nullptr ? Json() : used->params), live);
  }
  return live;
}

std::string Of(double part, double whole) { return CountOf(static_cast<std::size_t>(part), static_cast<std::size_t>(whole)); }

void ShadowTask(TaskResult& task, const std::vector<Query>& rows, const Rollouts& live, const Snapshot& in_use) {
  const auto groups = LiveGroups(task.group, rows, live);
  while (task.chosen() != nullptr) {
    Trial& trial = task.trials[task.chosen_index];
    const LiveTrial tried = TryLive(task, groups, in_use);
    if (tried.responses < kLeastResponses) return;
    trial.evidence.live = tried.ToJson();
    const std::string wrong = LiveObjection(tried, task.second ? &*task.second : nullptr, trial.evidence.labelled);
    if (wrong.empty()) return;
    trial.verdict = {false, "in shadow on live responses: " + wrong};
    task.chosen_index = ChooseByEvidence(task.trials);
    task.second = SecondOf(task, TrialRows(task.group, rows), {});
    task.note.clear();  // it was about the other tool
    if (task.chosen() == nullptr) task.Miss("another tool: " + trial.candidate.tool->card().id.ToString() + " " + trial.verdict.why);
  }
}

}  // namespace

Json LiveTrial::ToJson() const {
  Json json;
  json.Set("groups", groups);
  json.Set("responses", responses);
  json.Set("failed", failed);
  const bool any = responses > failed;
  json.Set("low", any ? Json(low) : Json());
  json.Set("high", any ? Json(high) : Json());
  if (!second.empty()) {
    Json part;
    part.Set("tool", second);
    part.Set("accepted", accepted);
    part.Set("doubted", doubted);
    json.Set("second", std::move(part));
  }
  if (!in_use.empty()) {
    Json part;
    part.Set("tool", in_use);
    part.Set("compared", compared);
    part.Set("agreed", agreed);
    json.Set("in_use", std::move(part));
  }
  return json;
}

std::string LiveObjection(const LiveTrial& live, const SecondTool* second, double labelled) {
  if (WilsonInterval(live.failed, live.responses).first > kMostFailed) return Of(live.failed, live.responses) + " get no number";
  const double scored = live.responses - live.failed;
  if (scored >= kLeastConstant && live.low == live.high && live.second_low < 0.5 && live.second_high >= 0.5) {
    return "it gives " + Json(live.low).Dump() + " to each of " + Json(scored).Dump() + ", which " + live.second + " tells apart";
  }
  if (second == nullptr || labelled >= kEnoughLabels || second->accepted == 0) return "";
  const double usual = WilsonInterval(static_cast<double>(second->doubted), static_cast<double>(second->accepted)).second;
  if (live.accepted == 0 || WilsonInterval(live.doubted, live.accepted).first <= usual + kDoubtRise) return "";
  return live.second + " refuses " + Of(live.doubted, live.accepted) + " that it accepts, but only " +
         Of(static_cast<double>(second->doubted), static_cast<double>(second->accepted)) + " of the build's right ones";
}

void ShadowTasks(std::vector<TaskResult>& tasks, const std::vector<Query>& rows, const Rollouts& live, const Snapshot& in_use) {
  if (live.empty()) return;
  for (TaskResult& task : tasks) ShadowTask(task, rows, live, in_use);
}

}  // namespace rlar
