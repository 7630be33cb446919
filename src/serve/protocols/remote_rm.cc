// POST /remote_rm, slime's form: {"prompt", "response", "label"} → the JSON body is the reward itself, a bare number; a
// list of such objects → a list of numbers. Prompt and response may be lists of messages; a sample's `metadata` (which
// slime's own client does not send, a function of the user's may) holds further fields of a row, `state` among them.
// With `?dict=1` each is
// {"score", "valid"} (slime's --reward-key picks).
#include "serve/service.h"

namespace rlar {
namespace {

Json RowOf(const Json& sample) {
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
  return row;
}

}  // namespace

HttpReply HandleRemoteRm(RewardService& service, const HttpRequest& request, const Json& body, Batch& batch) {
  const bool many = body.is_array();
  if (!many && !body.is_object()) return ErrorReply(400, "the body must be {prompt, response, label} or a list of such objects");
  const CallOptions call = service.BeginCall(request, nullptr);
  if (!batch.snapshot) {
    batch.snapshot = call.snapshot;
    if (!many) batch.Add(RowOf(body));
    for (const Json& sample : many ? body.array() : Json::Array{}) batch.Add(RowOf(sample));
  }
  const Scored scored = service.Score(request, call, batch);
  if (scored == Scored::kDeferred) return {};
  if (scored == Scored::kFull) return Overloaded();
  const bool dict = request.query == "dict=1";
  Json replies = Json::Array{};
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    std::string reason;
    const auto value = batch.ValueOf(i, reason);
    if (!value && !service.options().neutral) {
      return ErrorReply(502,
                        "the sample has no score (" + reason + "); slime can only take numbers: start the server with --on-failure neutral=VALUE to send one");
    }
    const double number = value ? *value : *service.options().neutral;
    Json reply = number;
    if (dict) {
      reply = Json(Json::Object{});
      reply.Set("score", number);
      reply.Set("valid", value ? 1 : 0);
    }
    replies.Push(std::move(reply));
  }
  return {200, many ? replies.Dump() : replies.array().front().Dump()};
}

}  // namespace rlar
