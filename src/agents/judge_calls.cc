#include "agents/judge_calls.h"

#include <cstdlib>

#include "base/json_at.h"
#include "llm/http_backend.h"
#include "tools/reward_model/reward_model_tool.h"

namespace rlar {
namespace {

constexpr int kDefaultTokens = 512;

// A judge's request in the client's own terms. It is recorded under the version of what a judge is asked.
ChatRequest FromBody(const Json& body) {
  ChatRequest request;
  request.stage = "judge";
  request.prompt = "judge@1";
  for (const Json& message : ListAt(body, "messages")) request.messages.push_back({TextAt(message, "role"), TextAt(message, "content")});
  if (const Json* format = body.Find("response_format")) request.schema = *format->Find("json_schema")->Find("schema");
  const double tokens = NumberAt(body, "max_tokens");
  request.max_tokens = tokens > 0 ? static_cast<int>(tokens) : kDefaultTokens;
  request.logprobs = FlagAt(body, "logprobs");
  request.as_is = true;  // the verdict is read, and judged readable, where it is read when scoring too
  return request;
}

// The body of a server's answer with what a verdict is read from.
std::string AsBody(const ChatReply& reply) {
  Json message, choice, body;
  message.Set("role", "assistant");
  message.Set("content", reply.text);
  choice.Set("index", 0);
  choice.Set("message", std::move(message));
  choice.Set("finish_reason", reply.finish_reason);
  if (!reply.logprobs.is_null()) choice.Set("logprobs", reply.logprobs);
  body.Set("choices", Json(Json::Array{std::move(choice)}));
  return body.Dump();
}

std::string JudgeKey() {
  const char* key = std::getenv("RLAR_JUDGE_API_KEY");
  return key != nullptr && *key != '\0' ? key : KeyFromEnvironment();
}

}  // namespace

JudgeCalls::JudgeCalls(std::filesystem::path folder, LlmOptions options, bool only_record)
    : folder_(std::move(folder)), options_(std::move(options)), only_record_(only_record) {
  if (options_.purse == nullptr) options_.purse = std::make_shared<Budget>(options_.budget);
  options_.first_pause = std::chrono::milliseconds(250);
}

JudgeCalls::~JudgeCalls() = default;

Result<std::unique_ptr<Tool>> JudgeCalls::Open(const ToolCard& card) {
  auto client = ClientOf(card);
  if (!client) return client.error();
  return MakeJudgeTool(card, [client = *client](const Json& body, const Deadline& deadline) -> Result<std::string> {
    auto reply = client->Ask(FromBody(body), deadline);
    if (!reply) return reply.error();
    return AsBody(*reply);
  });
}

Result<LlmClient*> JudgeCalls::ClientOf(const ToolCard& card) {
  const std::string url = TextAt(card.program, "url"), model = TextAt(card.program, "model");
  const Json* price = card.program.Find("price");
  const bool priced = price != nullptr && price->is_object();
  const std::lock_guard lock(mutex_);
  std::unique_ptr<LlmClient>& client = clients_[url + "\n" + model + (priced ? "\n" + price->Dump() : "")];
  if (client != nullptr) return client.get();
  auto record = CallRecord::Open(folder_ / "calls.jsonl");
  if (!record) return record.error();
  std::unique_ptr<ChatBackend> backend;
  if (!only_record_) {
    HttpBackendOptions http{.url = url + "/v1", .model = model, .key = JudgeKey(), .cancelled = options_.cancelled, .exact = true};
    if (const double ms = NumberAt(card.program, "timeout_ms"); ms > 0) http.timeout = std::chrono::milliseconds(static_cast<std::int64_t>(ms));
    auto made = MakeHttpBackend(std::move(http), nullptr);
    if (!made) return made.error();
    backend = std::move(*made);
  }
  LlmOptions options = options_;
  options.model = model;
  if (priced) options.prices = {NumberAt(*price, "prompt"), NumberAt(*price, "completion"), true};
  client = std::make_unique<LlmClient>(std::move(backend), std::move(*record), std::move(options));
  return client.get();
}

LlmUsage JudgeCalls::usage() const {
  LlmUsage all;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, client] : clients_) {
    const LlmUsage one = client->usage();
    all.calls += one.calls;
    all.replayed += one.replayed;
    all.failed += one.failed;
    all.lost.insert(all.lost.end(), one.lost.begin(), one.lost.end());
  }
  all.tokens = options_.purse->tokens();
  all.usd = options_.purse->usd();
  all.minutes = options_.purse->minutes();
  return all;
}

}  // namespace rlar
