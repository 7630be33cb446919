// RewardService: the reward routes over HTTP. One file a protocol in serve/protocols; what they share is here.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "library/store.h"
#include "records/record_store.h"
#include "rlar/engine.h"
#include "rows/row.h"
#include "serve/http_server.h"
#include "watch/watch.h"

namespace rlar {

struct ServiceOptions {
  std::string token;                 // requests must carry it as a bearer token; empty: none needed
  std::chrono::milliseconds deadline{30'000};
  // What a protocol that can only send numbers does with a score that is none: answer 502 (nullopt), or send this number.
  std::optional<double> neutral;
  LengthPolicy length_policy = LengthPolicy::kKeep;
  // Where queries worth building for are written, with the library: DIR/evolve/gathered.jsonl and status.json (`rlar evolve` reads them).
  bool gather = false;
  RecordStore* records = nullptr;  // every reward of the routes is kept there before it is answered
  bool follow = false;  // score with each new version of the library as it is published
};

class RewardService {
 public:
  RewardService(std::shared_ptr<const Snapshot> snapshot, std::optional<LibraryStore> store, ServiceOptions options, Metrics& metrics);
  // Thread-safe.
  HttpReply Handle(const HttpRequest& request);
  // Loads the library's current version and scores later requests with it.
  Result<std::string> Reload();
  // What is done every few seconds, by one thread of the caller's: gathered queries are written, a newer version is taken.
  Result<void> Tick();
  Watch& watch() { return watch_; }
  const std::optional<LibraryStore>& store() const { return store_; }

  Engine& engine() { return engine_; }
  const ServiceOptions& options() const { return options_; }
  Metrics& metrics() { return metrics_; }
  // A version other than the current one, kept once loaded (the last few).
  Result<std::shared_ptr<const Snapshot>> Pinned(const std::string& version);
  // Scores a group and counts it. On the fast lane, where scoring would wait: nothing is scored, and the request is deferred.
  std::vector<Reward> Score(const Group& group, const CallOptions& call);
  // The options of a request's calls: its deadline, the version in force, and its lane.
  CallOptions BeginCall(const HttpRequest& request, const Json* deadline_ms) const;
  Deadline DeadlineFor(const HttpRequest& request, const Json* deadline_ms) const;

 private:
  HttpReply Dispatch(const HttpRequest& request);
  bool Authorised(const HttpRequest& request) const;

  Engine engine_;
  std::optional<LibraryStore> store_;
  ServiceOptions options_;
  Metrics& metrics_;
  Watch watch_;
  std::mutex pinned_mutex_;
  std::map<std::string, std::shared_ptr<const Snapshot>> pinned_;  // guarded by pinned_mutex_
};

// The protocols: each takes a parsed JSON body (GET: null) and answers.
HttpReply HandleScore(RewardService& service, const HttpRequest& request, const Json& body);
HttpReply HandleGetReward(RewardService& service, const HttpRequest& request, const Json& body);
HttpReply HandleRemoteRm(RewardService& service, const HttpRequest& request, const Json& body);
HttpReply HandleRunCode(RewardService& service, const HttpRequest& request, const Json& body);
HttpReply HandleHealth(RewardService& service);
// NeMo Gym's resources server (protocols/verify.cc).
HttpReply HandleVerify(RewardService& service, const HttpRequest& request, const Json& body);
HttpReply HandleSession(const Json& body);  // /seed_session and /close_session
HttpReply HandleReverifyMode();
HttpReply HandleAggregate(const Json& body);
// GET /v1/status: tasks and their share, routes, alarms, versions; what the dashboard at / shows. docs/schemas/status.json
HttpReply HandleStatus(RewardService& service);

// For protocols that carry one label and no other field: the label's text, or a JSON object {"reference", "params"?, "task"?,
// "source"?} (also as text) that routes.
void ApplyLabel(const Json& label, Json& row);

}  // namespace rlar
