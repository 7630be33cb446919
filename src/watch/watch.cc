#include "watch/watch.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "rows/query_row.h"

namespace rlar {
namespace {

constexpr std::size_t kMostGatheredResponses = 4, kMostGatheredBytes = 4096;
constexpr std::size_t kRecent = 64, kMostAlarms = 256, kMostSeen = 1u << 17, kCases = 3, kMostTasks = 4096;

// The query as a row again, with a few of its responses: what is built for it is tried on them first. Long ones, and those with turns or a state, are left out.
Json GatheredRow(const Group& group) {
  Json row = QueryRow(group.query), responses = Json::Array{};
  for (const Response& response : group.responses) {
    const bool plain = response.messages.size() <= 1 && response.state.is_null();
    if (!plain || response.text.size() > kMostGatheredBytes || responses.array().size() >= kMostGatheredResponses) continue;
    responses.Push(response.text);
  }
  if (!responses.array().empty()) row.Set("responses", std::move(responses));
  return row;
}

}  // namespace

Json Alarm::ToJson() const {
  Json json, list = Json::Array{};
  json.Set("kind", kind);
  json.Set("task", task.empty() ? Json() : Json(task));
  json.Set("tool", tool.empty() ? Json() : Json(tool));
  json.Set("says", says);
  json.Set("at", at);
  for (const std::string& one : cases) list.Push(one);
  json.Set("cases", std::move(list));
  return json;
}

Watch::TaskState::TaskState(const WatchOptions& o) : novelty(o.usual_unusual, o.raised_unusual, o.threshold), health(o) {}

void Watch::Observe(const Group& group, const std::vector<Reward>& rewards) {
  if (rewards.empty()) return;
  const std::lock_guard lock(mutex_);
  ++queries_;
  const std::string& task = rewards.front().task;
  if (tasks_.size() >= kMostTasks && tasks_.count(task) == 0) return;
  TaskState& state = tasks_.try_emplace(task, options_).first->second;
  ++state.queries;
  history_.Add(task);
  if (!rewards.front().tool.empty()) state.tool = rewards.front().tool;
  const bool unserved = rewards.front().score.error_class() == Class::kUnserved;
  Novelty(state, task, group, rewards.front().unusual, unserved);
  if (unserved) return;
  for (Finding& found : state.health.Observe(group, rewards)) Raise(state, task, found.kind, found.says, std::move(found.cases));
}

void Watch::Doubt(const SecondTool& second, const Group& group, const std::vector<Reward>& rewards, const std::vector<Score>& opinions) {
  const std::lock_guard lock(mutex_);
  const auto at = rewards.empty() || rewards.front().library_version != version_ ? tasks_.end() : tasks_.find(rewards.front().task);
  if (at == tasks_.end()) return;
  if (auto found = at->second.health.Doubt(second, group, rewards, opinions)) {
    Raise(at->second, at->first, found->kind, found->says, std::move(found->cases));
  }
}

// With the lock held.
void Watch::Novelty(TaskState& state, const std::string& task, const Group& group, bool unusual, bool unserved) {
  if (unusual) ++state.unusual;
  if (unserved) ++state.unserved;
  if (unusual || unserved) {
    state.recent.emplace_back(group.query.prompt, GatheredRow(group));
    if (state.recent.size() > kRecent) state.recent.pop_front();
  }
  // What nothing serves is worth building for at once; what is served but worded unlike its task only once that is no chance.
  const bool raised = state.novelty.Add(unusual);
  if (unserved || (unusual && raised)) Gather(GatheredRow(group), group.query.prompt);
  if (unserved && state.unserved == 8) {
    Raise(state, task, "unserved", CountOf(state.unserved, state.queries) + " queries had no tool", {ShowCase(group.query.prompt)});
  }
  if (!raised || state.raised.count("new_queries") != 0) return;
  std::vector<std::string> cases;
  for (const auto& [prompt, row] : state.recent) {
    Gather(row, prompt);
    if (cases.size() < kCases) cases.push_back(ShowCase(prompt));
  }
  Raise(state, task, "new_queries", CountOf(state.unusual, state.queries) + " queries are worded unlike the rows the library was built on", std::move(cases));
}

void Watch::Raise(TaskState& state, const std::string& task, const std::string& kind, const std::string& says, std::vector<std::string> cases) {
  if (!state.raised.insert(kind).second || alarms_.size() >= kMostAlarms) return;
  alarms_.push_back({kind, task, state.tool, says, static_cast<double>(state.queries), std::move(cases)});
}

void Watch::Gather(Json row, const std::string& prompt) {
  if (gathered_.size() >= options_.max_gathered || seen_.size() >= kMostSeen) {
    ++dropped_;
    return;
  }
  if (seen_.insert(Hash64(prompt)).second) gathered_.push_back(std::move(row));
}

void Watch::NewVersion(const std::string& version) {
  const std::lock_guard lock(mutex_);
  if (version == version_) return;
  version_ = version;
  tasks_.clear();
  alarms_.clear();
  seen_.clear();
}

std::vector<Json> Watch::Drain() {
  const std::lock_guard lock(mutex_);
  return std::exchange(gathered_, {});
}

Json Watch::History() const {
  const std::lock_guard lock(mutex_);
  return history_.ToJson();
}

Json Watch::Status() const {
  const std::lock_guard lock(mutex_);
  Json json, tasks = Json::Array{}, alarms = Json::Array{};
  json.Set("library_version", version_);
  json.Set("queries", static_cast<std::int64_t>(queries_));
  std::size_t all = 0;
  for (const auto& [name, state] : tasks_) all += state.queries;
  for (const auto& [name, state] : tasks_) {
    Json entry;
    entry.Set("task", name.empty() ? Json() : Json(name));
    entry.Set("tool", state.tool.empty() ? Json() : Json(state.tool));
    entry.Set("queries", static_cast<std::int64_t>(state.queries));
    entry.Set("share", static_cast<double>(state.queries) / static_cast<double>(std::max<std::size_t>(1, all)));
    entry.Set("unusual", static_cast<std::int64_t>(state.unusual));
    entry.Set("unserved", static_cast<std::int64_t>(state.unserved));
    state.health.AddTo(entry);
    tasks.Push(std::move(entry));
  }
  for (const Alarm& alarm : alarms_) alarms.Push(alarm.ToJson());
  json.Set("tasks", std::move(tasks));
  json.Set("alarms", std::move(alarms));
  json.Set("gathered", static_cast<std::int64_t>(gathered_.size()));
  json.Set("dropped", static_cast<std::int64_t>(dropped_));
  return json;
}

}  // namespace rlar
