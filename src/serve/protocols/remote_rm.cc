// POST /remote_rm, slime's form: {"prompt", "response", "label"} → the JSON body is the reward itself, a bare number; a list of
// such objects → a list of numbers. Prompt and response may be lists of messages; a sample's `metadata` (which slime's own client
// does not send, a function of the user's may) holds further fields of a row, `state` among them. With `?dict=1` each is {"score", "valid"} (slime's --reward-key picks).
#include "serve/service.h"

namespace rlar {
namespace {

// How far a request came on the fast lane; the slow one goes on there, with the same version.
struct Progress {
  std::size_t next = 0;
  Json replies;
  std::shared_ptr<const Snapshot> snapshot;
};

struct Answer {
  std::optional<double> value;
  std::string reason;
};

Answer ScoreSample(RewardService& service, const CallOptions& call, const Json& sample) {
  Json row;
  for (const char* key : {"prompt", "response"}) {
    if (const Json* value = sample.Find(key)) row.Set(key, *value);
  }
  if (const Json* metadata = sample.Find("metadata"); metadata != nullptr && metadata->is_object()) {
    for (const char* key : {"source", "task", "params", "rubric", "id", "group_id", "state", "finish_reason", "reasoning"}) {
      if (const Json* value = metadata->Find(key)) row.Set(key, *value);
    }
  }
  if (const Json* label = sample.Find("label")) ApplyLabel(*label, row);
  auto parsed = ParseRow(row);
  if (const auto* error = std::get_if<RowError>(&parsed)) return {std::nullopt, error->reason};
  const auto rewards = service.Score(std::get<Group>(parsed), call);
  if (rewards.empty()) return {std::nullopt, "no response"};
  return {rewards.front().score.value(), rewards.front().score.reason()};
}

}  // namespace

HttpReply HandleRemoteRm(RewardService& service, const HttpRequest& request, const Json& body) {
  const bool many = body.is_array();
  if (!many && !body.is_object()) return ErrorReply(400, "the body must be {prompt, response, label} or a list of such objects");
  const bool dict = request.query == "dict=1";
  CallOptions call = service.BeginCall(request, nullptr);
  Progress progress{0, Json(Json::Array{}), call.snapshot};
  if (auto* begun = std::any_cast<Progress>(&request.progress)) progress = std::move(*begun);
  call.snapshot = progress.snapshot;
  const std::size_t count = many ? body.array().size() : 1;
  for (std::size_t& i = progress.next; i < count; ++i) {
    const Answer answer = ScoreSample(service, call, many ? body.array()[i] : body);
    if (request.deferred) {
      request.progress = std::move(progress);
      return {};
    }
    if (!answer.value && !service.options().neutral) {
      return ErrorReply(502, "the sample has no score (" + answer.reason +
                                 "); slime can only take numbers: start the server with --on-failure neutral=VALUE to send one");
    }
    const double number = answer.value ? *answer.value : *service.options().neutral;
    Json reply = number;
    if (dict) {
      reply = Json(Json::Object{});
      reply.Set("score", number);
      reply.Set("valid", answer.value ? 1 : 0);
    }
    progress.replies.Push(std::move(reply));
  }
  return {200, many ? progress.replies.Dump() : progress.replies.array().front().Dump()};
}

}  // namespace rlar
