// NeMo Gym's resources server: POST /seed_session, /verify, /aggregate_metrics, GET /reverify_mode (nemo_gym 0.5,
// base_resources_server.py). /verify takes a data set's row with `response`, an OpenAI Responses object, and answers the same body with
// `reward`. What has no score is no wrong answer: reward 0.0 with `_ng_failure_class` and `mask_sample`, which the collector keeps out.
#include <array>

#include "serve/service.h"

namespace rlar {
namespace {

constexpr std::array<std::string_view, 6> kReferences{"reference", "expected_answer", "answer", "ground_truth", "solution", "target"};
constexpr std::array<const char*, 6> kPassedOn{"params", "task", "source", "rubric", "id", "group_id"};

// A Responses content: a string, or a list of parts with `text`.
std::string TextOf(const Json* content) {
  if (content == nullptr) return "";
  if (content->is_string()) return content->string();
  std::string text;
  for (const Json& part : content->is_array() ? content->array() : Json::Array{}) {
    const Json* piece = part.Find("text");
    if (piece != nullptr && piece->is_string()) text += (text.empty() ? "" : "\n") + piece->string();
  }
  return text;
}

// `input` of responses_create_params as turns.
Json Turns(const Json* input) {
  if (input == nullptr) return {};
  if (input->is_string()) return *input;
  Json turns = Json::Array{};
  for (const Json& item : input->is_array() ? input->array() : Json::Array{}) {
    const Json* role = item.Find("role");
    if (role == nullptr || !role->is_string()) continue;  // calls of tools and their results are no turns of the prompt
    Json turn;
    turn.Set("role", role->string() == "developer" ? Json("system") : *role);
    turn.Set("content", TextOf(item.Find("content")));
    turns.Push(std::move(turn));
  }
  return turns;
}

// The assistant's last message, its reasoning apart.
Json ResponseOf(const Json& response) {
  Json out;
  std::string text, reasoning;
  const Json* output = response.Find("output");
  for (const Json& item : output != nullptr && output->is_array() ? output->array() : Json::Array{}) {
    const Json* type = item.Find("type");
    if (type != nullptr && *type == Json("message")) text = TextOf(item.Find("content"));
    if (type != nullptr && *type == Json("reasoning")) reasoning = TextOf(item.Find("summary"));
  }
  out.Set("text", std::move(text));
  if (!reasoning.empty()) out.Set("reasoning", std::move(reasoning));
  const Json* details = response.Find("incomplete_details");
  const Json* reason = details == nullptr ? nullptr : details->Find("reason");
  if (reason != nullptr && *reason == Json("max_output_tokens")) out.Set("finish_reason", "length");
  return out;
}

Json MakeRow(const Json& body) {
  Json row;
  const Json* params = body.Find("responses_create_params");
  row.Set("prompt", Turns(params == nullptr ? nullptr : params->Find("input")));
  Json responses = Json::Array{};
  responses.Push(ResponseOf(*body.Find("response")));
  row.Set("responses", std::move(responses));
  for (const std::string_view name : kReferences) {
    const Json* reference = body.Find(name);
    if (reference == nullptr || reference->is_null()) continue;
    row.Set("reference", *reference);
    break;
  }
  for (const char* name : kPassedOn) {
    if (const Json* value = body.Find(name)) row.Set(name, *value);
  }
  return row;
}

void SetFailure(Json& reply, const std::string& kind, const std::string& reason) {
  reply.Set("reward", 0.0);
  reply.Set("_ng_failure_class", kind);
  reply.Set("failure_reason", reason);
  reply.Set("mask_sample", true);
}

}  // namespace

HttpReply HandleVerify(RewardService& service, const HttpRequest& request, const Json& body, Batch& batch) {
  const Json* response = body.Find("response");
  if (response == nullptr || !response->is_object()) return ErrorReply(400, "the body must be a row with 'response', an OpenAI Responses object");
  const CallOptions call = service.BeginCall(request, nullptr);
  if (!batch.snapshot) {
    batch.snapshot = call.snapshot;
    batch.Add(MakeRow(body));
  }
  const Scored scored = service.Score(request, call, batch);
  if (scored == Scored::kDeferred) return {};
  if (scored == Scored::kFull) return Overloaded();
  Json reply = body;
  if (const auto error = batch.ErrorOf(0)) {
    SetFailure(reply, "rlar_invalid", error->reason);
    return {200, reply.Dump()};
  }
  const Reward& reward = batch.rewards[0].front();
  if (const auto value = reward.score.value()) {
    reply.Set("reward", *value);
  } else {
    SetFailure(reply, "rlar_" + std::string(Name(reward.score.status())), reward.score.reason());
  }
  Json about;
  about.Set("status", Name(reward.score.status()));
  about.Set("class", Name(reward.score.error_class()));
  about.Set("reason", reward.score.reason());
  about.Set("tool", reward.tool);
  about.Set("route", reward.route);
  about.Set("library_version", reward.library_version);
  Json components = Json::Object{};
  for (const auto& [name, number] : reward.score.components()) components.Set(name, number);
  about.Set("components", std::move(components));
  reply.Set("rlar", std::move(about));
  return {200, reply.Dump()};
}

// Sessions hold nothing here: rows carry all that verifying needs.
HttpReply HandleSeedSession() { return {200, "{}"}; }

HttpReply HandleReverifyMode() { return {200, "\"stateless\""}; }

// {"verify_responses": [[…], …] or […]} → means over the samples that have a score, and how many have none.
HttpReply HandleAggregate(const Json& body) {
  const Json* list = body.Find("verify_responses");
  if (list == nullptr || !list->is_array()) return ErrorReply(400, "the body must hold the list 'verify_responses'");
  double sum = 0, scored = 0, failed = 0;
  const auto count = [&](const Json& one) {
    const Json* reward = one.Find("reward");
    if (one.Find("_ng_failure_class") != nullptr || reward == nullptr || !reward->is_number()) {
      ++failed;
      return;
    }
    ++scored;
    sum += reward->number();
  };
  for (const Json& entry : list->array()) {
    if (!entry.is_array()) count(entry);
    for (const Json& one : entry.is_array() ? entry.array() : Json::Array{}) count(one);
  }
  Json metrics;
  metrics.Set("reward/mean", scored > 0 ? Json(sum / scored) : Json());
  metrics.Set("reward/count", scored);
  metrics.Set("reward/failed", failed);
  return {200, metrics.Dump()};
}

}  // namespace rlar
