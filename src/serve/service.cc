#include "serve/service.h"

#include <openssl/crypto.h>

#include <array>

#include "base/fs.h"
#include "base/text.h"
#include "engine/score_cache.h"
#include "serve/dashboard_source.h"
#include "tools/reward_model/spend.h"

namespace rlar {
namespace {

constexpr std::size_t kPinnedVersions = 8;
constexpr std::size_t kSampled = 256, kSampledOfTask = 16;  // groups between two ticks that second tools see

struct Path {
  std::string_view path;
  std::string_view method;
};
constexpr std::array<Path, 14> kPaths{{{"/", "GET"},
                                       {"/v1/rewards", "GET"},
                                       {"/verify", "POST"},
                                       {"/seed_session", "POST"},
                                       {"/close_session", "POST"},
                                       {"/aggregate_metrics", "POST"},
                                       {"/reverify_mode", "GET"},
                                       {"/v1/status", "GET"},
                                       {"/v1/score", "POST"},
                                       {"/get_reward", "POST"},
                                       {"/remote_rm", "POST"},
                                       {"/run_code", "POST"},
                                       {"/health", "GET"},
                                       {"/metrics", "GET"}}};

std::string Labels(const HttpRequest& request, int status) {
  // Only known paths become label values: a scanner must not make new series.
  std::string path = "other";
  for (const Path& known : kPaths) {
    if (known.path == request.path) path = request.path;
  }
  return "path=\"" + path + "\",code=\"" + std::to_string(status) + "\"";
}

// What both lanes share of one request.
struct Begun {
  Json body;
  Batch batch;
};

// NeMo Gym's observability puts a rollout's name before the path.
std::string_view WithoutRollout(std::string_view path) {
  constexpr std::string_view kRollout = "/ng-rollout/";
  const auto slash = path.starts_with(kRollout) ? path.find('/', kRollout.size()) : path.npos;
  return slash == path.npos ? path : path.substr(slash);
}

}  // namespace

RewardService::RewardService(std::shared_ptr<const Snapshot> snapshot, std::optional<LibraryStore> store, ServiceOptions options, Metrics& metrics)
    : engine_(std::move(snapshot), EngineOptions{.length_policy = options.length_policy, .cache_bytes = options.cache_bytes}),
      store_(std::move(store)),
      options_(std::move(options)),
      metrics_(metrics),
      follower_(options_.follow),
      rows_(options_.runners, options_.queue) {
  watch_.NewVersion(engine_.snapshot()->version());
  metrics_.Describe("rlar_records_lost_total", "rewards that were answered but could not be recorded");
  metrics_.Describe("rlar_alarms", "alarms raised since this library version is in force");
  metrics_.Describe("rlar_requests_total", "HTTP requests by path and status code");
  metrics_.Describe("rlar_request_seconds", "time from the whole request to its answer, waiting included");
  metrics_.Describe("rlar_scores_total", "scores by tool, status and class");
  metrics_.Describe("rlar_queue_waiting", "requests that wait for a worker");
  metrics_.Describe("rlar_open_connections", "open client connections");
  metrics_.Describe("rlar_spent_usd", "US dollars that paid models took since the start, by model");
  metrics_.Describe("rlar_usd_per_1000_rollouts", "the same, of all models, per 1,000 responses that were scored");
  metrics_.Describe("rlar_step_exposed_seconds", "the last step: from its last request to its last answer");
  metrics_.Describe("rlar_exposed_seconds", "the sum of that over all steps");
  metrics_.Describe("rlar_steps", "steps so far, told apart by pauses of 2 seconds");
  metrics_.Describe("rlar_rows_waiting", "rows that wait for a tool outside the server");
  metrics_.Describe(
      "rlar_cache",
      "scores of tools outside the server: kept now, answered from what is kept (hits), shared with a run in flight, asked of a tool; bytes kept");
}

HttpReply RewardService::Handle(const HttpRequest& request) {
  const bool scores = request.method == "POST";
  if (scores && !request.progress.has_value()) steps_.Came(request.arrived);
  HttpReply reply = Dispatch(request);
  if (request.deferred) return reply;  // it comes again, on the slow lane
  const auto now = std::chrono::steady_clock::now();
  if (scores) steps_.Answered(now);
  const std::chrono::duration<double> took = now - request.arrived;
  metrics_.Count("rlar_requests_total", Labels(request, reply.status));
  metrics_.Observe("rlar_request_seconds", "", took.count());
  return reply;
}

HttpReply RewardService::Dispatch(const HttpRequest& request) {
  const std::string_view path = WithoutRollout(request.path);
  const Path* found = nullptr;
  std::vector<std::string_view> names;
  for (const Path& known : kPaths) {
    names.push_back(known.path);
    if (known.path == path) found = &known;
  }
  if (found == nullptr) {
    const auto near = NearestName(path, names);
    return ErrorReply(404, "no such path '" + std::string(path) + "'" + (near.empty() ? "" : " (did you mean '" + std::string(near) + "'?)"));
  }
  if (request.method != found->method && !(request.method == "HEAD" && found->method == "GET")) {
    return ErrorReply(405, std::string(found->path) + " takes " + std::string(found->method));
  }
  if (path == "/health") return HandleHealth(*this);
  // The page itself holds nothing; what it shows is asked for with the token.
  if (path == "/") return {200, std::string(kDashboardSource), "text/html; charset=utf-8"};
  if (!Authorised(request)) return ErrorReply(401, "a bearer token is needed");
  if (path == "/reverify_mode") return HandleReverifyMode();
  if (path == "/v1/status") return HandleStatus(*this);
  if (path == "/v1/rewards" && request.fast_lane) {
    request.deferred = true;
    return {};
  }
  if (path == "/v1/rewards") return HandleRewards(*this);
  if (path == "/metrics") return {200, metrics_.Render(), "text/plain; version=0.0.4"};
  return Post(path, request);
}

HttpReply RewardService::Post(const std::string_view path, const HttpRequest& request) {
  if (!request.progress.has_value()) {
    auto body = ParseJson(request.body);
    if (!body) return ErrorReply(400, "the body is not JSON: " + body.error().message);
    request.progress = Begun{std::move(*body), {}};
  }
  auto& [body, batch] = std::any_cast<Begun&>(request.progress);
  if (path == "/v1/score") return HandleScore(*this, request, body, batch);
  if (path == "/run_code" && request.fast_lane) {
    request.deferred = true;
    return {};
  }
  if (path == "/run_code") return HandleRunCode(*this, request, body);
  if (path == "/verify") return HandleVerify(*this, request, body, batch);
  if (path == "/seed_session" || path == "/close_session") return HandleSession(body);
  if (path == "/aggregate_metrics") return HandleAggregate(body);
  if (path == "/get_reward") return HandleGetReward(*this, request, body, batch);
  return HandleRemoteRm(*this, request, body, batch);
}

bool RewardService::Authorised(const HttpRequest& request) const {
  if (options_.token.empty()) return true;
  const std::string wanted = "Bearer " + options_.token;
  return request.authorization.size() == wanted.size() && CRYPTO_memcmp(request.authorization.data(), wanted.data(), wanted.size()) == 0;
}

Result<std::string> RewardService::Reload(const std::string& wanted) {
  if (!store_) return MakeError(ErrorCode::kInvalidArgument, "the server runs without a library");
  auto snapshot = store_->LoadSnapshot(wanted);
  if (!snapshot) return snapshot.error();
  engine_.Publish(*snapshot);
  watch_.NewVersion((*snapshot)->version());
  return (*snapshot)->version();
}

// Keeps a group for its route's second tool, where there is one and few wait.
void RewardService::Sample(const Group& group, const std::vector<Reward>& rewards, const std::shared_ptr<const Snapshot>& snapshot) {
  const Route* route = rewards.empty() || rewards.front().task.empty() ? nullptr : snapshot->FindRoute(rewards.front().task);
  if (route == nullptr || !route->second) return;
  const std::lock_guard lock(sample_mutex_);
  if (sampled_.size() >= kSampled || sampled_of_task_[route->task] >= kSampledOfTask) return;
  ++sampled_of_task_[route->task];
  sampled_.push_back({group, rewards, snapshot});
}

void RewardService::AskSeconds() {
  std::vector<Sampled> sampled;
  {
    const std::lock_guard lock(sample_mutex_);
    sampled.swap(sampled_);
    sampled_of_task_.clear();
  }
  for (const Sampled& one : sampled) {
    const SecondTool& second = *one.snapshot->FindRoute(one.rewards.front().task)->second;
    const Tool* tool = one.snapshot->FindTool(second.part.tool.name, second.part.tool.version);
    const CallContext context{Deadline::After(std::chrono::seconds(5))};
    watch_.Doubt(second, one.group, one.rewards, tool->Run(one.group.query, one.group.responses, second.part.params, context));
  }
}

Result<void> RewardService::Tick() {
  AskSeconds();
  CountOutside();
  if (!store_) return {};
  const auto folder = store_->directory() / "evolve";
  if (options_.gather) {
    RLAR_TRY(MakeDirectories(folder));
    std::string lines;
    for (const Json& row : watch_.Drain()) lines += row.Dump() + "\n";
    if (!lines.empty()) {
      lines.pop_back();
      RLAR_TRY(AppendLine(folder / "gathered.jsonl", lines));
    }
  }
  const Json status = watch_.Status();
  if (options_.gather) RLAR_TRY(WriteFileAtomic(folder / "status.json", status.Dump() + "\n"));
  metrics_.Set("rlar_alarms", "", static_cast<double>(status.Find("alarms")->array().size()));
  for (const Json& task : status.Find("tasks")->array()) {
    const Json* name = task.Find("task");
    const std::string label = "task=\"" + Metrics::Escape(name->is_string() ? name->string() : "") + "\"";
    for (const auto& [key, value] : task.object()) {
      if (value.is_number()) metrics_.Set("rlar_task_" + key, label, value.number());
      for (const auto& [what, parts] : key == "by_length" || key == "by_reward" ? value.object() : Json::Object{}) {
        for (std::size_t i = 0; i < parts.array().size(); ++i) {
          metrics_.Set("rlar_task_" + key + "_" + what, label + ",part=\"" + std::to_string(i + 1) + "\"", parts.array()[i].number());
        }
      }
    }
  }
  auto next = follower_.Next(*store_, *engine_.snapshot(), steps_.Between(std::chrono::steady_clock::now()));
  if (!next) return next.error();
  if (next->empty()) return {};
  auto version = Reload(*next);
  if (!version) return version.error();
  return {};
}

// What tools outside the server cost: runs, money, and the trainer's time.
void RewardService::CountOutside() {
  const ScoreCache::Counts counts = engine_.cache().counts();
  const std::pair<const char*, std::size_t> all[] = {
      {"kept", counts.kept}, {"hits", counts.hits}, {"shared", counts.shared}, {"asked", counts.asked}, {"bytes", counts.bytes}};
  for (const auto& [name, count] : all) metrics_.Set("rlar_cache", "what=\"" + std::string(name) + "\"", static_cast<double>(count));
  metrics_.Set("rlar_rows_waiting", "", static_cast<double>(rows_.waiting()));
  const Json spent = Spend::Process().Status();
  for (const auto& [model, usd] : spent.Find("models")->object()) metrics_.Set("rlar_spent_usd", "model=\"" + Metrics::Escape(model) + "\"", usd.number());
  if (const Json* rate = spent.Find("usd_per_1000"); rate->is_number()) metrics_.Set("rlar_usd_per_1000_rollouts", "", rate->number());
  const Json steps = steps_.Status(std::chrono::steady_clock::now());
  metrics_.Set("rlar_steps", "", steps.Find("steps")->number());
  metrics_.Set("rlar_exposed_seconds", "", steps.Find("exposed_seconds")->number());
  if (const Json* last = steps.Find("last_exposed_seconds"); last->is_number()) metrics_.Set("rlar_step_exposed_seconds", "", last->number());
}

Result<std::shared_ptr<const Snapshot>> RewardService::Pinned(const std::string& version) {
  auto current = engine_.snapshot();
  if (current->version() == version) return current;
  if (!store_) return MakeError(ErrorCode::kNotFound, "the server runs without a library: it has no version '" + version + "'");
  const std::lock_guard lock(pinned_mutex_);
  if (const auto at = pinned_.find(version); at != pinned_.end()) return at->second;
  auto snapshot = store_->LoadSnapshot(version);
  if (!snapshot) return snapshot.error();
  if (pinned_.size() >= kPinnedVersions) pinned_.erase(pinned_.begin());
  pinned_[version] = *snapshot;
  return snapshot;
}

void Batch::Add(const Json& row) {
  auto parsed = ParseRow(row);
  if (auto* error = std::get_if<RowError>(&parsed)) {
    rows.emplace_back(std::move(*error));
  } else {
    rows.emplace_back(std::move(std::get<Group>(parsed)));
  }
  rewards.emplace_back();
}

std::optional<RowError> Batch::ErrorOf(std::size_t row) const {
  if (const auto* error = std::get_if<RowError>(&rows[row])) return *error;
  const Group& group = std::get<Group>(rows[row]);
  if (!group.responses.empty()) return std::nullopt;
  return RowError{Class::kNoResponse, "the row has no 'response' or 'responses'", group.query.id};
}

std::optional<double> Batch::ValueOf(std::size_t row, std::string& reason) const {
  if (const auto error = ErrorOf(row)) {
    reason = error->reason;
    return std::nullopt;
  }
  reason = rewards[row].front().score.reason();
  return rewards[row].front().score.value();
}

Scored RewardService::Score(const HttpRequest& request, CallOptions call, Batch& batch, const std::function<void(std::size_t)>& each) {
  call.snapshot = batch.snapshot;
  const auto done = [&](std::size_t row) {
    if (each) each(row);
  };
  if (request.fast_lane) {
    for (std::size_t row = 0; row < batch.rows.size(); ++row) {
      std::string waits_for;
      call.waits_for = &waits_for;
      if (!batch.ErrorOf(row)) batch.rewards[row] = ScoreGroup(std::get<Group>(batch.rows[row]), call);
      if (waits_for.empty()) {
        done(row);
      } else {
        batch.left.emplace_back(row, std::move(waits_for));
      }
    }
    request.deferred = !batch.left.empty();
    return request.deferred ? Scored::kDeferred : Scored::kDone;
  }
  std::mutex mutex;  // one call of `each` at a time
  std::vector<FairPool::Job> jobs;
  for (const auto& [row, waits_for] : batch.left) {
    jobs.push_back({waits_for, [&, row = row] {
                      auto rewards = ScoreGroup(std::get<Group>(batch.rows[row]), call);
                      const std::lock_guard lock(mutex);
                      batch.rewards[row] = std::move(rewards);
                      done(row);
                    }});
  }
  return RunAll(std::move(jobs)) ? Scored::kDone : Scored::kFull;
}

// Runs them in turn with those of others and returns when all are done; false: none was begun.
bool RewardService::RunAll(std::vector<FairPool::Job> jobs) {
  std::mutex mutex;
  std::condition_variable over;
  std::size_t left = jobs.size();
  for (FairPool::Job& job : jobs) {
    job.run = [&, run = std::move(job.run)] {
      run();
      const std::lock_guard lock(mutex);
      if (--left == 0) over.notify_all();
    };
  }
  if (!rows_.Submit(std::move(jobs))) return false;
  std::unique_lock lock(mutex);
  over.wait(lock, [&] { return left == 0; });
  return true;
}

bool RewardService::RunInTurn(const std::string& key, std::function<void()> job) {
  std::vector<FairPool::Job> jobs;
  jobs.push_back({key, std::move(job)});
  return RunAll(std::move(jobs));
}

// Scores a group and counts it.
std::vector<Reward> RewardService::ScoreGroup(const Group& group, const CallOptions& call) {
  auto rewards = engine_.ScoreGroup(group, call);
  // What would wait is not scored yet; what nobody waits for any more is nobody's reward.
  if ((call.waits_for != nullptr && !call.waits_for->empty()) || call.deadline.cancelled()) return rewards;
  Spend::Process().AddRollouts(rewards.size());
  if (call.tool.empty() && call.snapshot == engine_.snapshot()) {
    watch_.Observe(group, rewards);
    Sample(group, rewards, call.snapshot);
  }
  if (options_.records != nullptr) {
    if (auto kept = options_.records->Add(group, rewards); !kept) metrics_.Count("rlar_records_lost_total", "", rewards.size());
  }
  for (const Reward& reward : rewards) {
    metrics_.Count("rlar_scores_total", "tool=\"" + Metrics::Escape(reward.tool.empty() ? "none" : reward.tool) + "\",status=\"" +
                                            std::string(Name(reward.score.status())) + "\",class=\"" + std::string(Name(reward.score.error_class())) + "\"");
  }
  return rewards;
}

CallOptions RewardService::BeginCall(const HttpRequest& request, const Json* deadline_ms) const {
  CallOptions call;
  call.deadline = DeadlineFor(request, deadline_ms);
  call.snapshot = engine_.snapshot();
  return call;
}

Deadline RewardService::DeadlineFor(const HttpRequest& request, const Json* deadline_ms) const {
  auto limit = options_.deadline;
  if (deadline_ms != nullptr && deadline_ms->is_number() && deadline_ms->number() > 0 && deadline_ms->number() < static_cast<double>(limit.count())) {
    limit = std::chrono::milliseconds(static_cast<long>(deadline_ms->number()));
  }
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - request.arrived);
  return Deadline::After(limit - waited).CancelledBy(request.cancelled.get());
}

HttpReply Overloaded() { return ErrorReply(429, "too many rows wait: try again in a second"); }

void ApplyLabel(const Json& label, Json& row) {
  Json value = label;
  if (label.is_string() && !label.string().empty() && label.string().front() == '{') {
    if (auto parsed = ParseJson(label.string()); parsed && parsed->Find("reference") != nullptr) value = std::move(*parsed);
  }
  if (value.Find("reference") == nullptr) {
    row.Set("reference", std::move(value));
    return;
  }
  for (const auto& [key, item] : value.object()) row.Set(key, item);
}

}  // namespace rlar
