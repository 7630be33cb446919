#include "llm/record.h"

#include <algorithm>
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

// What requests that may answer for each other have in common.
std::string Kind(const ChatRequest& request) {
  return request.stage + '\n' + request.prompt + '\n' + std::to_string(request.temperature) + '\n' + std::to_string(request.seed) + '\n' +
         std::to_string(request.max_tokens);
}

Json AboutJson(const std::vector<Sketch>& about) {
  Json json = Json::Array{};
  for (const Sketch& sketch : about) {
    Json numbers = Json::Array{};
    for (const std::uint32_t number : sketch) numbers.Push(static_cast<std::int64_t>(number));
    json.Push(std::move(numbers));
  }
  return json;
}

std::vector<Sketch> AboutFromJson(const Json* json) {
  std::vector<Sketch> about;
  if (json == nullptr || !json->is_array()) return about;
  for (const Json& numbers : json->array()) {
    Sketch& sketch = about.emplace_back();
    if (!numbers.is_array()) continue;
    for (const Json& number : numbers.array()) {
      if (number.is_number() && number.number() >= 0 && number.number() <= 0xFFFFFFFF) sketch.push_back(static_cast<std::uint32_t>(number.number()));
    }
    sketch = MakeSketch(std::move(sketch));
  }
  return about;
}

// Of the sets that are least alike; a pair's order says nothing.
double LikenessOfAll(const std::vector<Sketch>& a, const std::vector<Sketch>& b) {
  if (a.size() != b.size()) return 0;
  double straight = 1, crossed = a.size() == 2 ? 1 : 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    straight = std::min(straight, Likeness(a[i], b[i]));
    crossed = std::min(crossed, Likeness(a[i], b[b.size() - 1 - i]));
  }
  return std::max(straight, crossed);
}

// Of a recorded call's request: what Kind reads, and what it is about.
ChatRequest OutlineFromJson(const Json& line) {
  ChatRequest request;
  request.stage = TextAt(line, "stage");
  request.prompt = TextAt(line, "prompt");
  if (const Json* asked = line.Find("request"); asked != nullptr) {
    request.temperature = NumberAt(*asked, "temperature");
    request.seed = CountAt(*asked, "seed");
    request.max_tokens = static_cast<int>(CountAt(*asked, "max_tokens"));
  }
  request.about = AboutFromJson(line.Find("about"));
  return request;
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
    record->Keep(OutlineFromJson(*json), key, CallFromJson(*json));
  }
  return record;
}

void CallRecord::Keep(const ChatRequest& request, const std::string& key, RecordedCall call) {
  const std::string model = call.reply.model;
  if (!request.about.empty() && call.failure.empty()) about_[Kind(request)].push_back({request.about, key, model});
  last_[key] = model;
  calls_[key][model] = std::move(call);
}

std::optional<RecordedCall> CallRecord::Find(const ChatRequest& request, const std::string& model) const {
  const std::string key = request.Key();
  const std::lock_guard lock(mutex_);
  if (const auto at = calls_.find(key); at != calls_.end()) {
    if (const auto call = at->second.find(model.empty() ? last_.at(key) : model); call != at->second.end()) return call->second;
  }
  if (request.about.empty()) return std::nullopt;
  const auto others = about_.find(Kind(request));
  if (others == about_.end()) return std::nullopt;
  const About* likest = nullptr;
  double best = 0;
  for (const About& other : others->second) {
    if (!model.empty() && other.model != model) continue;
    if (const double likeness = LikenessOfAll(request.about, other.rows); likeness >= std::max(best, kLikeRows)) best = likeness, likest = &other;
  }
  return likest == nullptr ? std::nullopt : std::optional<RecordedCall>(calls_.at(likest->key).at(likest->model));
}

Result<void> CallRecord::Put(const ChatRequest& request, const RecordedCall& call, double usd, double ms) {
  Json line;
  const std::string key = request.Key();
  line.Set("key", key);
  line.Set("stage", request.stage);
  line.Set("prompt", request.prompt);
  line.Set("model", call.reply.model);
  line.Set("request", RequestJson(request));
  if (!request.about.empty()) line.Set("about", AboutJson(request.about));
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
  Keep(request, key, call);
  return AppendLine(file_, line.Dump());
}

std::size_t CallRecord::size() const {
  const std::lock_guard lock(mutex_);
  return calls_.size();
}

}  // namespace rlar
