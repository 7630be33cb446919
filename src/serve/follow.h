// When a server takes a newer version of its library by itself (`rlar serve --follow`).
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "library/store.h"
#include "rlar/json.h"

namespace rlar {

// All that is asked for must hold before a version is taken.
struct FollowRule {
  bool on = false;
  bool step = false;       // between two steps of training: requests have paused (StepWaits)
  bool new_tasks = false;  // every task served now stays, on its scale (Route::scale): only what was unserved changes
  bool approved = false;   // somebody approved it (LibraryStore::Approved)
};

// "always", or of "step", "new-tasks" and "approved" one or more with commas between; "true" is "always", "false" and "" are off.
Result<FollowRule> ParseFollowRule(std::string_view text);

// Keeps which version waits, and why. Thread-safe; Next is one thread's.
class Follower {
 public:
  explicit Follower(FollowRule rule) : rule_(rule) {}
  // The version to take now; empty where none is newer, or the newest has to wait.
  Result<std::string> Next(const LibraryStore& store, const Snapshot& served, bool between_steps);
  // {"version", "why"} of what waits; null where nothing does.
  Json Waiting() const;

 private:
  Result<std::string> WhyNot(const LibraryStore& store, const Snapshot& served, const std::string& version, bool between_steps);
  const FollowRule rule_;
  std::string judged_, verdict_;  // what `new_tasks` says of a pair of versions, which does not change
  mutable std::mutex mutex_;
  std::string version_, why_;  // guarded by mutex_
};

}  // namespace rlar
