// RewardService: the reward routes over HTTP. One file a protocol in serve/protocols; what they share is here.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <variant>

#include "base/fair_pool.h"
#include "library/store.h"
#include "records/record_store.h"
#include "rlar/engine.h"
#include "rows/row.h"
#include "serve/follow.h"
#include "serve/http_server.h"
#include "serve/step_waits.h"
#include "watch/watch.h"

namespace rlar {

struct ServiceOptions {
  std::string token;  // requests must carry it as a bearer token; empty: none needed
  std::chrono::milliseconds deadline{30'000};
  // What a protocol that can only send numbers does with a score that is none: answer 502 (nullopt), or send this number.
  std::optional<double> neutral;
  LengthPolicy length_policy = LengthPolicy::kKeep;
  // Where queries worth building for are written, with the library: DIR/evolve/gathered.jsonl and status.json (`rlar evolve` reads them).
  bool gather = false;
  RecordStore* records = nullptr;  // every reward of the routes is kept there before it is answered
  FollowRule follow;               // when a new version of the library is scored with
  std::size_t cache_bytes = 0;     // of scores kept (EngineOptions)
  std::size_t runners = 16;        // rows that may wait for tools at once
  std::size_t queue = 65'536;      // rows of all requests that may stand behind them
};

// The rows of one request, and how far scoring them came. All are scored with one snapshot.
struct Batch {
  std::shared_ptr<const Snapshot> snapshot;  // null until the rows are read
  std::vector<std::variant<Group, RowError>> rows;
  std::vector<std::vector<Reward>> rewards;               // of each row; empty where it has an error, or is not scored yet
  std::vector<std::pair<std::size_t, std::string>> left;  // rows that wait, and what for

  void Add(const Json& row);
  // The row's error, a missing response included; nullopt where it was scored.
  std::optional<RowError> ErrorOf(std::size_t row) const;
  // The reward of a row with one response: its number, or nullopt and why.
  std::optional<double> ValueOf(std::size_t row, std::string& reason) const;
};

enum class Scored { kDone, kDeferred, kFull };

class RewardService {
 public:
  RewardService(std::shared_ptr<const Snapshot> snapshot, std::optional<LibraryStore> store, ServiceOptions options, Metrics& metrics);
  // Thread-safe.
  HttpReply Handle(const HttpRequest& request);
  // Loads a version of the library (empty: the current one) and scores later requests with it.
  Result<std::string> Reload(const std::string& version = {});
  // What is done every few seconds, by one thread of the caller's: gathered queries are written, a newer version is taken.
  Result<void> Tick();
  Watch& watch() { return watch_; }
  StepWaits& steps() { return steps_; }
  const Follower& follower() const { return follower_; }
  const std::optional<LibraryStore>& store() const { return store_; }

  Engine& engine() { return engine_; }
  const ServiceOptions& options() const { return options_; }
  Metrics& metrics() { return metrics_; }
  // A version other than the current one, kept once loaded (the last few).
  Result<std::shared_ptr<const Snapshot>> Pinned(const std::string& version);
  // Scores a batch with its snapshot: on the fast lane the rows that need not wait (then the request may be deferred), on the slow lane the
  // others, many at once and in turn with those of other tools. `each` is called for every row as it is done, one call at a time. kFull:
  // too many rows wait already; what is left was not begun.
  Scored Score(const HttpRequest& request, CallOptions call, Batch& batch, const std::function<void(std::size_t)>& each = {});
  // Runs a job that waits in turn with the rows; false where too many wait already.
  bool RunInTurn(const std::string& key, std::function<void()> job);
  // The options of a request's calls: its deadline and the version in force.
  CallOptions BeginCall(const HttpRequest& request, const Json* deadline_ms) const;
  Deadline DeadlineFor(const HttpRequest& request, const Json* deadline_ms) const;

 private:
  HttpReply Dispatch(const HttpRequest& request);
  HttpReply Post(const std::string_view path, const HttpRequest& request);
  std::vector<Reward> ScoreGroup(const Group& group, const CallOptions& call);
  bool RunAll(std::vector<FairPool::Job> jobs);
  void CountOutside();
  void Sample(const Group& group, const std::vector<Reward>& rewards, const std::shared_ptr<const Snapshot>& snapshot);
  void AskSeconds();
  bool Authorised(const HttpRequest& request) const;

  Engine engine_;
  std::optional<LibraryStore> store_;
  ServiceOptions options_;
  Metrics& metrics_;
  Watch watch_;
  StepWaits steps_;
  Follower follower_;
  std::mutex pinned_mutex_;
  std::map<std::string, std::shared_ptr<const Snapshot>> pinned_;  // guarded by pinned_mutex_
  // Groups for the second tools of their routes, a few of each task between two ticks.
  struct Sampled {
    Group group;
    std::vector<Reward> rewards;
    std::shared_ptr<const Snapshot> snapshot;
  };
  std::mutex sample_mutex_;
  std::vector<Sampled> sampled_;                        // guarded by sample_mutex_
  std::map<std::string, std::size_t> sampled_of_task_;  // guarded by sample_mutex_
  FairPool rows_;                                       // last: its jobs use the rest
};

// The protocols: each takes a parsed JSON body (GET: null) and answers. One that scores keeps its rows in `batch`, which is the same on both
// lanes, and returns anything where the request was deferred.
HttpReply HandleScore(RewardService& service, const HttpRequest& request, const Json& body, Batch& batch);
HttpReply HandleGetReward(RewardService& service, const HttpRequest& request, const Json& body, Batch& batch);
HttpReply HandleRemoteRm(RewardService& service, const HttpRequest& request, const Json& body, Batch& batch);
HttpReply HandleRunCode(RewardService& service, const HttpRequest& request, const Json& body);
HttpReply HandleHealth(RewardService& service);
// NeMo Gym's resources server (protocols/verify.cc).
HttpReply HandleVerify(RewardService& service, const HttpRequest& request, const Json& body, Batch& batch);
HttpReply HandleSession(const Json& body);  // /seed_session and /close_session
HttpReply HandleReverifyMode();
HttpReply HandleAggregate(const Json& body);
// GET /v1/status: tasks and their share, routes, alarms, versions; what the dashboard at / shows. docs/schemas/status.json
HttpReply HandleStatus(RewardService& service);
HttpReply HandleRewards(RewardService& service);  // waits for the file of records

// For protocols that carry one label and no other field: the label's text, or a JSON object {"reference", "params"?, "task"?,
// "source"?} (also as text) that routes.
void ApplyLabel(const Json& label, Json& row);
// 429: too many rows wait.
HttpReply Overloaded();

}  // namespace rlar
