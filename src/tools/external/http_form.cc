#include "tools/external/http_form.h"

#include "net/http.h"
#include "tools/reference_json.h"

namespace rlar {
namespace {

constexpr std::chrono::milliseconds kLongest{600'000};

Result<Json> Post(const std::string& url, const Json& request, const Deadline& deadline) {
  auto reply = Http({.url = url, .body = request.Dump(), .headers = {}, .timeout = kLongest, .deadline = deadline});
  if (!reply) return MakeError(reply.error().code, url + ": " + reply.error().message);
  const std::string said = url + " answered " + std::to_string(reply->status);
  if (reply->status == 429 || reply->status == 503) return MakeError(ErrorCode::kOverloaded, said);
  if (reply->status != 200) return MakeError(ErrorCode::kUnavailable, said);
  auto json = ParseJson(reply->body);
  if (!json) return MakeError(ErrorCode::kInternal, url + " answered no JSON", json.error());
  return json;
}

Json Labels(const Query& query, std::size_t count) {
  Json labels = Json::Array{};
  for (std::size_t i = 0; i < count; ++i) labels.Push(ReferenceJson(query.reference));
  return labels;
}

Result<Json> AskGetReward(const std::string& url, const Query& query, std::span<const Response> responses, const Deadline& deadline) {
  Json request, queries = Json::Array{}, prompts = Json::Array{};
  for (const Response& response : responses) {
    queries.Push(query.prompt + response.text);
    prompts.Push(query.prompt);
  }
  request.Set("query", std::move(queries));
  request.Set("prompts", std::move(prompts));
  request.Set("labels", Labels(query, responses.size()));
  auto reply = Post(url, request, deadline);
  if (!reply) return reply;
  const Json* rewards = reply->Find("rewards");
  if (rewards == nullptr || !rewards->is_array()) return MakeError(ErrorCode::kInternal, url + " answered no list 'rewards'");
  return *rewards;
}

}  // namespace

Result<Json> AskHttp(const std::string& url, const std::string& form, const Query& query, std::span<const Response> responses, const Deadline& deadline) {
  if (form == "get_reward") return AskGetReward(url, query, responses, deadline);
  Json scores = Json::Array{};
  for (const Response& response : responses) {
    Json request;
    request.Set("prompt", query.prompt);
    request.Set("response", response.text);
    request.Set("label", ReferenceJson(query.reference));
    auto reply = Post(url, request, deadline);
    if (!reply) return reply;
    const Json* score = reply->is_object() ? reply->Find("score") : &*reply;
    scores.Push(score != nullptr ? *score : Json("no score"));
  }
  return scores;
}

}  // namespace rlar
