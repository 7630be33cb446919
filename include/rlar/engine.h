// Engine: groups in, rewards out. The one place that joins classify → route → run → combine.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "rlar/snapshot.h"

namespace rlar {

class ScoreCache;

// What the trainer gets for one response; docs/schemas/score_line.json is the JSON form.
struct Reward {
  Score score;                  // the final value in [0, 1], or why there is none
  std::string tool;             // "name@version", or "route:TASK@version" where several were combined
  std::string route;            // "task@version", empty where a tool was named
  int scale = 0;                // of the route (Route::scale): rewards of one task compare where it is the same
  std::string task;             // what the classifier made of the query, empty where a tool was named or no task fits
  bool unusual = false;         // the query is worded unlike the rows of its task (TaskGuess)
  std::string isolation;        // how the tool ran, empty for in_process
  std::string library_version;  // empty without a library
  double ms = 0;                // wall time of the group divided by its responses
};

// What becomes of a response that was cut off (finish_reason "length").
enum class LengthPolicy { kKeep, kZero, kMask };
std::optional<LengthPolicy> LengthPolicyFromName(std::string_view name);  // "keep" | "zero" | "mask"

struct EngineOptions {
  LengthPolicy length_policy = LengthPolicy::kKeep;
  std::size_t max_response_bytes = 4u << 20;  // a longer response is ok(0, response_oversize)
  // Scores of tools that are deterministic and wait for something outside this process are kept, up to this; 0: none.
  std::size_t cache_bytes = 0;
};

struct CallOptions {
  std::string tool;  // "name" or "name:version": score with it instead of the routes
  Json params;       // object or null, for that tool
  Deadline deadline = Deadline::Never();
  std::shared_ptr<const Snapshot> snapshot;  // pins a version; null = the current one
  // Not null: where scoring would wait for something outside this process (sandbox, child, server), nothing is run and this names what
  // it would wait for, the tool or route; else it is left empty.
  std::string* waits_for = nullptr;
};

// Thread-safe. Scoring reads one snapshot from beginning to end; Publish swaps it for later calls.
class Engine {
 public:
  explicit Engine(std::shared_ptr<const Snapshot> snapshot, EngineOptions options = {});
  ~Engine();
  std::shared_ptr<const Snapshot> snapshot() const { return snapshot_.load(); }
  void Publish(std::shared_ptr<const Snapshot> next) { snapshot_.store(std::move(next)); }
  // One reward per response, in order. A group without responses, or one that was deferred, yields none.
  std::vector<Reward> ScoreGroup(const Group& group, const CallOptions& call = {}) const;
  const ScoreCache& cache() const { return *cache_; }

 private:
  std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
  EngineOptions options_;
  const std::unique_ptr<ScoreCache> cache_;
};

}  // namespace rlar
