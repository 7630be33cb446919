#include "rlar/engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/score_cache.h"
#include "reward/combine.h"
#include "route/chooser.h"

namespace rlar {
namespace {

// What the engine says before any tool is asked; nullopt where the tool must.
std::optional<Score> Precheck(const Response& response, const EngineOptions& options) {
  if (response.text.size() > options.max_response_bytes) {
    return Score::Ok(0, Class::kResponseOversize,
                     "the response has " + std::to_string(response.text.size()) + " bytes, the limit is " + std::to_string(options.max_response_bytes));
  }
  if (response.finish_reason == "length") {
    if (options.length_policy == LengthPolicy::kZero) {
      return Score::Ok(0, Class::kResponseTruncated, "the response was cut off (finish_reason length)");
    }
    if (options.length_policy == LengthPolicy::kMask) {
      return Score::Invalid(Class::kMasked, "the response was cut off (finish_reason length)");
    }
  }
  return std::nullopt;
}

bool Waits(const Tool& tool) { return tool.card().isolation != "in_process"; }

// Whether what the tool says of a response stands by itself, so that it may be kept: a user's function may look at the whole group, and judges that
// compare do.
bool MayKeep(const ToolCard& card) {
  const Json* mode = card.program.Find("mode");
  const bool alone = mode == nullptr || *mode == Json("pointwise");
  return card.deterministic && card.kind != ToolKind::kExternal && alone;
}

// How one call runs tools.
struct Runner {
  ScoreCache& cache;
  CallContext context;

  std::vector<Score> Run(const Tool& tool, const Query& query, std::span<const Response> responses, const Json& params) const {
    const auto ask = [&](std::span<const Response> some) { return tool.Run(query, some, params, context); };
    if (!Waits(tool) || !MayKeep(tool.card())) return ask(responses);
    return cache.Run(tool, query, responses, params, context.deadline, ask);
  }
};

std::vector<Score> RunRoute(const Snapshot& snapshot, const Route& route, const Query& query, std::span<const Response> responses, const Runner& runner) {
  std::vector<std::vector<Score>> by_part;
  for (const RoutePart& part : route.parts) {
    const Tool* tool = snapshot.FindTool(part.tool.name, part.tool.version);
    RLAR_CHECK(tool != nullptr);  // checked when the snapshot was made
    by_part.push_back(OnScale(part, runner.Run(*tool, query, responses, part.params)));
    RLAR_CHECK(by_part.back().size() == responses.size());
  }
  return CombineByResponse(route, std::move(by_part));
}

// Where a query goes: a tool, a route of several, or a score that every response gets.
struct Choice {
  const Tool* tool = nullptr;       // the one tool, by name or of a route with one part
  const Route* route = nullptr;     // null where a tool was named
  const RoutePart* part = nullptr;  // of the route, where one tool scores alone
  std::optional<Score> refusal;
  TaskGuess guess;
};

Choice Choose(const Snapshot& snapshot, const Query& query, const CallOptions& call) {
  if (call.deadline.passed()) return {.refusal = Score::Failed(Class::kTimeout, "the deadline passed before scoring began")};
  if (!call.tool.empty()) {
    if (const Tool* tool = snapshot.FindTool(call.tool)) return {.tool = tool};
    return {.refusal = Score::Failed(Class::kUnserved, "unknown tool '" + call.tool + "'")};
  }
  TaskGuess guess = snapshot.Classify(query);
  if (guess.task.empty()) return {.refusal = Score::Failed(Class::kUnserved, guess.why), .guess = guess};
  const Route* route = snapshot.FindRoute(guess.task);
  if (route == nullptr) {
    return {.refusal = Score::Failed(Class::kUnserved, "task '" + guess.task + "' has no admitted tool"), .guess = guess};
  }
  if (route->parts.size() > 1 && route->combine != Combine::kChoose) return {.route = route, .guess = guess};
  const RoutePart& part = route->parts[route->chooser == nullptr ? 0 : route->chooser->Choose(query).part];
  return {.tool = snapshot.FindTool(part.tool.name, part.tool.version), .route = route, .part = &part, .guess = guess};
}

// What scoring would wait for, or "".
std::string WaitsFor(const Snapshot& snapshot, const Choice& choice) {
  if (choice.tool != nullptr) return Waits(*choice.tool) ? choice.tool->card().id.ToString() : "";
  if (choice.route == nullptr) return "";
  const auto waits = [&](const RoutePart& part) { return Waits(*snapshot.FindTool(part.tool.name, part.tool.version)); };
  return std::any_of(choice.route->parts.begin(), choice.route->parts.end(), waits) ? choice.route->ToString() : "";
}

// A reward with everything but its score.
Reward Describe(const Snapshot& snapshot, const Choice& choice) {
  Reward reward{.score = Score::Failed(Class::kInternal, "not scored"), .library_version = snapshot.version()};
  reward.task = choice.guess.task;
  reward.unusual = choice.guess.unusual;
  if (choice.tool != nullptr) {
    reward.tool = choice.tool->card().id.ToString();
    if (choice.tool->card().isolation != "in_process") reward.isolation = choice.tool->isolation();
  } else if (choice.route != nullptr) {
    reward.tool = "route:" + choice.route->ToString();
  }
  if (choice.route != nullptr) {
    reward.route = choice.route->ToString();
    reward.scale = choice.route->scale;
  }
  return reward;
}

// Scores of the responses at `asked`, in that order.
std::vector<Score> RunAsked(const Snapshot& snapshot, const Choice& choice, const Group& group, const std::vector<std::size_t>& asked, const CallOptions& call,
                            ScoreCache& cache) {
  std::vector<Response> some;
  std::span<const Response> responses = group.responses;
  if (asked.size() != group.responses.size()) {
    for (const std::size_t i : asked) some.push_back(group.responses[i]);
    responses = some;
  }
  const Runner runner{cache, CallContext{call.deadline}};
  std::vector<Score> scores = choice.tool == nullptr   ? RunRoute(snapshot, *choice.route, group.query, responses, runner)
                              : choice.part != nullptr ? OnScale(*choice.part, runner.Run(*choice.tool, group.query, responses, choice.part->params))
                                                       : runner.Run(*choice.tool, group.query, responses, call.params);
  RLAR_CHECK(scores.size() == asked.size());
  return scores;
}

}  // namespace

std::optional<LengthPolicy> LengthPolicyFromName(std::string_view name) {
  if (name == "keep") return LengthPolicy::kKeep;
  if (name == "zero") return LengthPolicy::kZero;
  if (name == "mask") return LengthPolicy::kMask;
  return std::nullopt;
}

Engine::Engine(std::shared_ptr<const Snapshot> snapshot, EngineOptions options)
    : snapshot_(std::move(snapshot)), options_(options), cache_(std::make_unique<ScoreCache>(options.cache_bytes)) {}
Engine::~Engine() = default;

std::vector<Reward> Engine::ScoreGroup(const Group& group, const CallOptions& call) const {
  const auto start = std::chrono::steady_clock::now();
  const std::shared_ptr<const Snapshot> snapshot = call.snapshot ? call.snapshot : this->snapshot();
  const std::size_t count = group.responses.size();
  const Choice choice = Choose(*snapshot, group.query, call);
  if (call.waits_for != nullptr && !choice.refusal) {
    *call.waits_for = WaitsFor(*snapshot, choice);
    if (!call.waits_for->empty()) return {};
  }
  std::vector<Reward> rewards(count, Describe(*snapshot, choice));
  std::vector<std::size_t> asked;  // the responses that need a tool
  for (std::size_t i = 0; i < count; ++i) {
    if (choice.refusal) {
      rewards[i].score = *choice.refusal;
    } else if (auto verdict = Precheck(group.responses[i], options_)) {
      rewards[i].score = std::move(*verdict);
    } else {
      asked.push_back(i);
    }
  }
  if (!asked.empty()) {
    std::vector<Score> scores = RunAsked(*snapshot, choice, group, asked, call, *cache_);
    for (std::size_t i = 0; i < asked.size(); ++i) rewards[asked[i]].score = std::move(scores[i]);
  }
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  for (Reward& reward : rewards) reward.ms = took.count() / static_cast<double>(count);
  return rewards;
}

}  // namespace rlar
