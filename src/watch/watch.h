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
#include "watch/cusum.h"

namespace rlar {

struct WatchOptions {
  // False alarms: less than one in exp(12), 160,000 queries of a task.
  double threshold = 12;
  double usual_unusual = 0.08, raised_unusual = 0.25;  // share of unusually worded queries (one in twenty by construction)
  double usual_failed = 0.02, raised_failed = 0.2;     // share of groups with a failed score
  double usual_flat = 0.5, raised_flat = 0.9;          // share of groups whose responses all score alike
  double usual_long = 0.65, raised_long = 0.95;        // share of mixed groups whose highest score is the longest response
  std::size_t max_gathered = 4096;                     // queries kept between two Drains; later ones are counted only
};

// One thing that has changed, with cases.
struct Alarm {
  std::string kind;  // new_queries | unserved | failing | flat | follows_length
  std::string task;  // empty: queries of no task
  std::string tool;  // of the task's route, or empty
  std::string says;  // one sentence with numbers
  double at = 0;     // queries of the task seen by then
  std::vector<std::string> cases;  // prompts or reasons, the first few
  Json ToJson() const;
};

// Thread-safe.
class Watch {
 public:
  explicit Watch(WatchOptions options = {}) : options_(options) {}
  // After each group that the routes scored. Cheap: a lock and some additions.
  void Observe(const Group& group, const std::vector<Reward>& rewards);
  // A new version scores from now on: its tasks are judged afresh, alarms of the old one are kept as past.
  void NewVersion(const std::string& version);
  // Queries worth building for (unserved, or unusually worded in a task that raised an alarm), each prompt once; forgets them.
  std::vector<Json> Drain();
  // {version, queries, tasks: [{task, queries, share, unusual, failed, unserved, mean, flat, …}], alarms: […], gathered}
  Json Status() const;

 private:
  struct TaskState {
    explicit TaskState(const WatchOptions& options);
    std::size_t queries = 0, unusual = 0, failed = 0, unserved = 0, groups = 0, flat = 0, mixed = 0, longest = 0, scores = 0;
    double sum = 0;
    Cusum novelty, failing, flatness, length;
    std::set<std::string> raised;       // kinds of alarm so far
    std::deque<std::pair<std::string, Json>> recent;  // prompts and rows of the last unusual queries, at most kRecent
    std::string tool;
  };
  void Raise(TaskState& state, const std::string& task, const std::string& kind, const std::string& says, std::vector<std::string> cases);
  void Gather(Json row, const std::string& prompt);
  void Novelty(TaskState& state, const std::string& task, const Group& group, bool unusual, bool unserved);
  void Health(TaskState& state, const std::string& task, const Group& group, const std::vector<Reward>& rewards);

  const WatchOptions options_;
  mutable std::mutex mutex_;
  std::string version_;                       // all guarded by mutex_
  std::size_t queries_ = 0, dropped_ = 0;
  std::map<std::string, TaskState> tasks_;
  std::vector<Alarm> alarms_;
  std::vector<Json> gathered_;
  std::set<std::uint64_t> seen_;              // prompts gathered, so that each is gathered once
};

}  // namespace rlar
