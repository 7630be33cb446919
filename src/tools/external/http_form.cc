#include "tools/external/http_form.h"

#include <curl/curl.h>

#include <memory>

#include "tools/reference_json.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxBodyBytes = 16u << 20;

std::size_t Collect(char* data, std::size_t size, std::size_t count, void* out) {
  auto& body = *static_cast<std::string*>(out);
  if (body.size() + size * count > kMaxBodyBytes) return 0;
  body.append(data, size * count);
  return size * count;
}

Result<Json> Post(const std::string& url, const Json& request, const Deadline& deadline) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  if (initialised != CURLE_OK || !curl) return MakeError(ErrorCode::kInternal, "cannot set up an HTTP request");
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> headers(
      curl_slist_append(nullptr, "Content-Type: application/json"), &curl_slist_free_all);
  const std::string body = request.Dump();
  std::string reply;
  char problem[CURL_ERROR_SIZE] = "";
  const auto left = deadline.Left(std::chrono::milliseconds(600'000));
  if (left.count() <= 0) return MakeError(ErrorCode::kTimeout, "the deadline passed");
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, problem);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Collect);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &reply);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    return MakeError(code == CURLE_OPERATION_TIMEDOUT ? ErrorCode::kTimeout : ErrorCode::kUnavailable,
                     url + ": " + (problem[0] != 0 ? problem : curl_easy_strerror(code)));
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 429) return MakeError(ErrorCode::kOverloaded, url + " answered 429");
  if (status != 200) return MakeError(ErrorCode::kUnavailable, url + " answered " + std::to_string(status));
  auto json = ParseJson(reply);
  if (!json) return MakeError(ErrorCode::kInternal, url + " answered no JSON", json.error());
  return json;
}

Json Labels(const Query& query, std::size_t count) {
  Json labels = Json::Array{};
  for (std::size_t i = 0; i < count; ++i) labels.Push(ReferenceJson(query.reference));
  return labels;
}

Result<Json> AskGetReward(const std::string& url, const Query& query, std::span<const Response> responses,
                          const Deadline& deadline) {
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

Result<Json> AskHttp(const std::string& url, const std::string& form, const Query& query,
                     std::span<const Response> responses, const Deadline& deadline) {
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
