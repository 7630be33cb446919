#include "llm/record.h"

#include <ctime>

#include "base/fs.h"
#include "base/hash.h"
#include "base/json_at.h"
#include "base/text.h"

namespace rlar {
namespace {

std::int64_t CountAt(const Json& json, std::string_view key) {
  const Json* value = json.Find(key);
  return value != nullptr && value->is_number() ? static_cast<std::int64_t>(value->number()) : 0;
}

Json RequestJson(const ChatRequest& request) {
  Json json, messages = Json::Array{};
  for (const ChatMessage& message : request.messages) {
    Json item;
    item.Set("role", message.role);
    item.Set("content", message.content);
    messages.Push(std::move(item));
  }
  json.Set("messages", std::move(messages));
  if (!request.schema.is_null()) json.Set("schema", request.schema);
  if (!request.tools.is_null()) json.Set("tools", request.tools);
  json.Set("temperature", request.temperature);
  json.Set("max_tokens", request.max_tokens);
  json.Set("seed", request.seed);
  if (request.logprobs) json.Set("logprobs", true);
  if (request.as_is) json.Set("as_is", true);
  return json;
}

Json ReplyJson(const ChatReply& reply) {
  Json json;
  json.Set("text", reply.text);
  if (!reply.tool_calls.is_null()) json.Set("tool_calls", reply.tool_calls);
  if (!reply.logprobs.is_null()) json.Set("logprobs", reply.logprobs);
  json.Set("finish_reason", reply.finish_reason);
  json.Set("prompt_tokens", reply.prompt_tokens);
  json.Set("completion_tokens", reply.completion_tokens);
  return json;
}

RecordedCall CallFromJson(const Json& line) {
  RecordedCall call;
  call.failure = TextAt(line, "failure");
  call.reply.model = TextAt(line, "model");
  if (const Json* reply = line.Find("reply"); reply != nullptr) {
    call.reply.text = TextAt(*reply, "text");
    if (const Json* calls = reply->Find("tool_calls")) call.reply.tool_calls = *calls;
    if (const Json* logprobs = reply->Find("logprobs")) call.reply.logprobs = *logprobs;
    call.reply.finish_reason = TextAt(*reply, "finish_reason");
    call.reply.prompt_tokens = CountAt(*reply, "prompt_tokens");
    call.reply.completion_tokens = CountAt(*reply, "completion_tokens");
  }
  return call;
}

}  // namespace

std::string ChatRequest::Key() const {
  Json json = RequestJson(*this);
  json.Set("stage", stage);
  json.Set("prompt", prompt);
  return Sha256Hex(json.DumpCanonical());
}

Result<std::unique_ptr<CallRecord>> CallRecord::Open(const std::filesystem::path& file) {
  RLAR_TRY(MakeDirectories(file.parent_path()));
  std::unique_ptr<CallRecord> record(new CallRecord(file));
  const auto text = ReadFile(file);
  if (!text) {
    if (text.error().code == ErrorCode::kNotFound) return record;
    return text.error();
  }
  for (const std::string_view line : Split(*text, '\n')) {
    const auto json = ParseJson(line);
    if (!json) continue;
    const std::string key = TextAt(*json, "key");
    if (key.empty()) continue;
    RecordedCall call = CallFromJson(*json);
    record->last_[key] = call.reply.model;
    record->calls_[key][call.reply.model] = std::move(call);
  }
  return record;
}

std::optional<RecordedCall> CallRecord::Find(const std::string& key, const std::string& model) const {
  const std::lock_guard lock(mutex_);
  const auto at = calls_.find(key);
  if (at == calls_.end()) return std::nullopt;
  const auto call = at->second.find(model.empty() ? last_.at(key) : model);
  return call == at->second.end() ? std::nullopt : std::optional<RecordedCall>(call->second);
}

Result<void> CallRecord::Put(const ChatRequest& request, const RecordedCall& call, double usd, double ms) {
  Json line;
  const std::string key = request.Key();
  line.Set("key", key);
  line.Set("stage", request.stage);
  line.Set("prompt", request.prompt);
  line.Set("model", call.reply.model);
  line.Set("request", RequestJson(request));
  if (call.failure.empty()) {
    line.Set("reply", ReplyJson(call.reply));
  } else {
    line.Set("failure", call.failure);
    line.Set("reply", ReplyJson(call.reply));
  }
  line.Set("usd", usd);
  line.Set("ms", ms);
  line.Set("time", static_cast<std::int64_t>(std::time(nullptr)));
  const std::lock_guard lock(mutex_);
  last_[key] = call.reply.model;
  calls_[key][call.reply.model] = call;
  return AppendLine(file_, line.Dump());
}

std::size_t CallRecord::size() const {
  const std::lock_guard lock(mutex_);
  return calls_.size();
}

}  // namespace rlar
