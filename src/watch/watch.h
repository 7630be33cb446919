// Watch: what scoring tells about the library that scores. Counters, sequential tests and a bounded sample; nothing here waits, asks a
// model or touches a file.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "rlar/engine.h"
#include "watch/health.h"
#include "watch/share_history.h"

namespace rlar {

// One thing that has changed, with cases.
struct Alarm {
  std::string kind;                // new_queries | unserved | a kind of Finding (health.h)
  std::string task;                // empty: queries of no task
  std::string tool;                // of the task's route, or empty
  std::string says;                // one sentence with numbers
  double at = 0;                   // queries of the task seen by then
  std::vector<std::string> cases;  // prompts or reasons, the first few
  Json ToJson() const;
};

// Thread-safe.
class Watch {
 public:
  explicit Watch(WatchOptions options = {}) : options_(options) {}
  // After each group that the routes scored. Cheap: a lock and some additions.
  void Observe(const Group& group, const std::vector<Reward>& rewards);
  // What a route's second tool says of a group that was observed, some time later; without effect where a new version came meanwhile.
  void Doubt(const SecondTool& second, const Group& group, const std::vector<Reward>& rewards, const std::vector<Score>& opinions);
  // A new version scores from now on: its tasks are judged afresh, alarms of the old one are kept as past.
  void NewVersion(const std::string& version);
  // Queries worth building for (unserved, or unusually worded in a task that raised an alarm), each prompt once, with up to four of
  // its responses; forgets them.
  std::vector<Json> Drain();
  // {version, queries, tasks: [{task, queries, share, unusual, failed, unserved, mean, flat, …}], alarms: […], gathered}
  Json Status() const;
  // Each task's queries over time (ShareHistory::ToJson), for those who look: it is too long to be written at each tick.
  Json History() const;

 private:
  struct TaskState {
    explicit TaskState(const WatchOptions& options);
    std::size_t queries = 0, unusual = 0, unserved = 0;
    Cusum novelty;
    TaskHealth health;
    std::set<std::string> raised;                     // kinds of alarm so far
    std::deque<std::pair<std::string, Json>> recent;  // prompts and rows of the last unusual queries, at most kRecent
    std::string tool;
  };
  void Raise(TaskState& state, const std::string& task, const std::string& kind, const std::string& says, std::vector<std::string> cases);
  void Gather(Json row, const std::string& prompt);
  void Novelty(TaskState& state, const std::string& task, const Group& group, bool unusual, bool unserved);

  const WatchOptions options_;
  mutable std::mutex mutex_;
  std::string version_;  // all guarded by mutex_
  std::size_t queries_ = 0, dropped_ = 0;
  std::map<std::string, TaskState> tasks_;
  ShareHistory history_;
  std::vector<Alarm> alarms_;
  std::vector<Json> gathered_;
  std::set<std::uint64_t> seen_;  // prompts gathered, so that each is gathered once
};

}  // namespace rlar
