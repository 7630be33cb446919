#include "rlar/engine.h"

#include <chrono>
#include <cmath>

#include "reward/combine.h"

namespace rlar {
namespace {

// What the engine says before any tool is asked; nullopt where the tool must.
std::optional<Score> Precheck(const Response& response, const EngineOptions& options) {
  if (response.text.size() > options.max_response_bytes) {
    return Score::Ok(0, Class::kResponseOversize,
                     "the response has " + std::to_string(response.text.size()) + " bytes, the limit is " +
                         std::to_string(options.max_response_bytes));
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

std::vector<Score> RunRoute(const Snapshot& snapshot, const Route& route, const Query& query,
                            std::span<const Response> responses, const CallContext& context) {
  std::vector<std::vector<Score>> by_part;
  for (const RoutePart& part : route.parts) {
    const Tool* tool = snapshot.FindTool(part.tool.name, part.tool.version);
    RLAR_CHECK(tool != nullptr);  // checked when the snapshot was made
    by_part.push_back(tool->Run(query, responses, part.params, context));
    RLAR_CHECK(by_part.back().size() == responses.size());
  }
  std::vector<Score> combined;
  combined.reserve(responses.size());
  for (std::size_t i = 0; i < responses.size(); ++i) {
    std::vector<Score> scores;
    for (auto& part : by_part) scores.push_back(std::move(part[i]));
    combined.push_back(CombineScores(route, std::move(scores)));
  }
  return combined;
}

}  // namespace

std::optional<LengthPolicy> LengthPolicyFromName(std::string_view name) {
  if (name == "keep") return LengthPolicy::kKeep;
  if (name == "zero") return LengthPolicy::kZero;
  if (name == "mask") return LengthPolicy::kMask;
  return std::nullopt;
}

Engine::Engine(std::shared_ptr<const Snapshot> snapshot, EngineOptions options)
    : snapshot_(std::move(snapshot)), options_(options) {}

std::vector<Reward> Engine::ScoreGroup(const Group& group, const CallOptions& call) const {
  const auto start = std::chrono::steady_clock::now();
  const std::shared_ptr<const Snapshot> snapshot = call.snapshot ? call.snapshot : this->snapshot();
  const std::size_t count = group.responses.size();
  Reward common{Score::Failed(Class::kInternal, "not scored"), "", "", "", snapshot->version(), 0};
  std::vector<Reward> rewards(count, common);
  const auto finish = [&] {
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    for (Reward& reward : rewards) reward.ms = took.count() / static_cast<double>(count);
    return std::move(rewards);
  };
  const auto all = [&](const Score& score) {
    for (Reward& reward : rewards) reward.score = score;
    return finish();
  };
  if (count == 0) return rewards;
  if (call.deadline.passed()) return all(Score::Failed(Class::kTimeout, "the deadline passed before scoring began"));

  // Classify and route, unless the caller names a tool.
  const Tool* tool = nullptr;
  const Route* route = nullptr;
  if (!call.tool.empty()) {
    tool = snapshot->FindTool(call.tool);
    if (tool == nullptr) return all(Score::Failed(Class::kUnserved, "unknown tool '" + call.tool + "'"));
  } else {
    const TaskGuess guess = snapshot->Classify(group.query);
    if (guess.task.empty()) return all(Score::Failed(Class::kUnserved, guess.why));
    route = snapshot->FindRoute(guess.task);
    if (route == nullptr) {
      return all(Score::Failed(Class::kUnserved, "task '" + guess.task + "' has no admitted tool"));
    }
    if (route->parts.size() == 1) tool = snapshot->FindTool(route->parts[0].tool.name, route->parts[0].tool.version);
  }
  for (Reward& reward : rewards) {
    reward.tool = tool != nullptr ? tool->card().id.ToString() : "route:" + route->ToString();
    if (route != nullptr) reward.route = route->ToString();
    if (tool != nullptr && tool->card().isolation != "in_process") reward.isolation = tool->card().isolation;
  }

  // Run the responses that need a tool, as one group.
  std::vector<std::size_t> asked;
  std::vector<Response> pending;
  for (std::size_t i = 0; i < count; ++i) {
    if (auto verdict = Precheck(group.responses[i], options_)) {
      rewards[i].score = std::move(*verdict);
    } else {
      asked.push_back(i);
    }
  }
  std::span<const Response> responses = group.responses;
  if (asked.size() != count) {
    for (const std::size_t i : asked) pending.push_back(group.responses[i]);
    responses = pending;
  }
  if (responses.empty()) return finish();
  const CallContext context{call.deadline};
  std::vector<Score> scores = route != nullptr ? RunRoute(*snapshot, *route, group.query, responses, context)
                                               : tool->Run(group.query, responses, call.params, context);
  RLAR_CHECK(scores.size() == asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i) rewards[asked[i]].score = std::move(scores[i]);
  return finish();
}

}  // namespace rlar
