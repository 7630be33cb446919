#include "watch/watch.h"

#include <algorithm>

#include "base/hash.h"
#include "base/text.h"
#include "rows/query_row.h"

namespace rlar {
namespace {

constexpr std::size_t kRecent = 64, kMostAlarms = 256, kMostSeen = 1u << 17, kCases = 3, kMostTasks = 4096;

std::string Short(const std::string& text) { return Shorten(text, 160); }

std::string Count(std::size_t part, std::size_t whole) { return std::to_string(part) + " of " + std::to_string(whole); }

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

Watch::TaskState::TaskState(const WatchOptions& o)
    : novelty(o.usual_unusual, o.raised_unusual, o.threshold),
      failing(o.usual_failed, o.raised_failed, o.threshold),
      flatness(o.usual_flat, o.raised_flat, o.threshold),
      length(o.usual_long, o.raised_long, o.threshold) {}

void Watch::Observe(const Group& group, const std::vector<Reward>& rewards) {
  if (rewards.empty()) return;
  const std::lock_guard lock(mutex_);
  ++queries_;
  const std::string& task = rewards.front().task;
  if (tasks_.size() >= kMostTasks && tasks_.count(task) == 0) return;
  TaskState& state = tasks_.try_emplace(task, options_).first->second;
  ++state.queries;
  if (!rewards.front().tool.empty()) state.tool = rewards.front().tool;
  const bool unserved = rewards.front().score.error_class() == Class::kUnserved;
  Novelty(state, task, group, rewards.front().unusual, unserved);
  if (!unserved) Health(state, task, group, rewards);
}

// With the lock held.
void Watch::Novelty(TaskState& state, const std::string& task, const Group& group, bool unusual, bool unserved) {
  if (unusual) ++state.unusual;
  if (unserved) ++state.unserved;
  if (unusual || unserved) {
    state.recent.emplace_back(group.query.prompt, QueryRow(group.query));
    if (state.recent.size() > kRecent) state.recent.pop_front();
  }
  // What nothing serves is worth building for at once; what is served but worded unlike its task only once that is no chance.
  const bool raised = state.novelty.Add(unusual);
  if (unserved || (unusual && raised)) Gather(QueryRow(group.query), group.query.prompt);
  if (unserved && state.unserved == 8) {
    Raise(state, task, "unserved", Count(state.unserved, state.queries) + " queries had no tool", {Short(group.query.prompt)});
  }
  if (!raised || state.raised.count("new_queries") != 0) return;
  std::vector<std::string> cases;
  for (const auto& [prompt, row] : state.recent) {
    Gather(row, prompt);
    if (cases.size() < kCases) cases.push_back(Short(prompt));
  }
  Raise(state, task, "new_queries", Count(state.unusual, state.queries) + " queries are worded unlike the rows the library was built on", std::move(cases));
}

// With the lock held.
void Watch::Health(TaskState& state, const std::string& task, const Group& group, const std::vector<Reward>& rewards) {
  double low = 2, high = -1, longest_score = -1;
  std::size_t longest = 0, failed = 0, scored = 0;
  std::string reason;
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    const auto value = rewards[i].score.value();
    if (rewards[i].score.status() == Status::kFailed && failed++ == 0) reason = rewards[i].score.reason();
    if (!value) continue;
    ++scored;
    state.sum += *value;
    ++state.scores;
    low = std::min(low, *value);
    high = std::max(high, *value);
    if (i < group.responses.size() && group.responses[i].text.size() >= longest) {
      longest = group.responses[i].text.size();
      longest_score = *value;
    }
  }
  if (failed > 0) ++state.failed;
  if (state.failing.Add(failed > 0)) {
    Raise(state, task, "failing", Count(state.failed, state.queries) + " queries got a score that failed", {Short(reason)});
  }
  if (scored < 2) return;
  ++state.groups;
  const bool flat = high - low < 1e-9;
  if (flat) ++state.flat;
  if (state.flatness.Add(flat)) {
    Raise(state, task, "flat", Count(state.flat, state.groups) + " groups have responses that all score alike: they teach nothing",
          {Short(group.query.prompt)});
  }
  if (flat) return;
  ++state.mixed;
  const bool longest_wins = longest_score >= high - 1e-12;
  if (longest_wins) ++state.longest;
  if (state.length.Add(longest_wins)) {
    Raise(state, task, "follows_length", "in " + Count(state.longest, state.mixed) + " groups the longest response has the highest score",
          {Short(group.query.prompt)});
  }
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
    entry.Set("failed", static_cast<std::int64_t>(state.failed));
    entry.Set("groups", static_cast<std::int64_t>(state.groups));
    entry.Set("flat_groups", static_cast<std::int64_t>(state.flat));
    entry.Set("longest_wins", static_cast<std::int64_t>(state.longest));
    entry.Set("mean", state.scores == 0 ? Json() : Json(state.sum / static_cast<double>(state.scores)));
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
