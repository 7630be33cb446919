#include "llm/http_backend.h"

#include <cstdlib>
#include <mutex>

#include "base/text.h"
#include "net/http.h"

namespace rlar {
namespace {

constexpr std::size_t kMessageBytes = 240;
constexpr int kTopLogprobs = 20;  // the most that servers give

// What a server has shown that it takes; starts with everything.
struct Dialect {
  enum class Format { kJsonSchema, kJsonObject, kPlain };
  Format format = Format::kJsonSchema;
  bool new_token_field = false;  // max_completion_tokens instead of max_tokens
  bool sampling = true;          // temperature
  bool seed = true;
};

std::string StringAt(const Json* json, std::string_view key) {
  const Json* value = json == nullptr ? nullptr : json->Find(key);
  return value != nullptr && value->is_string() ? value->string() : "";
}
std::int64_t CountAt(const Json* json, std::string_view key) {
  const Json* value = json == nullptr ? nullptr : json->Find(key);
  return value != nullptr && value->is_number() ? static_cast<std::int64_t>(value->number()) : 0;
}

// "http://host:1" and "http://host:1/v1/" alike become "http://host:1/v1".
std::string BaseUrl(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  constexpr std::string_view kChat = "/chat/completions";
  if (url.ends_with(kChat)) url.resize(url.size() - kChat.size());
  const auto host = url.find("://");
  if (host != url.npos && url.find('/', host + 3) == url.npos) url += "/v1";
  return url;
}

Result<void> CheckUrl(const std::string& url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return MakeError(ErrorCode::kInvalidArgument, "the language model's address must begin with http:// or https://: '" + url + "'");
  }
  const auto host = url.substr(url.find("://") + 3);
  if (host.substr(0, host.find('/')).find('@') != host.npos) {
    return MakeError(ErrorCode::kInvalidArgument, "the language model's address may hold no user or password: put the key into RLAR_LLM_API_KEY");
  }
  return {};
}

// What the schema's own words ask of a server that cannot be held to it.
std::string SchemaInstruction(const Json& schema) { return "Answer with one JSON value and nothing else. It must match this JSON Schema:\n" + schema.Dump(); }

Json Messages(const ChatRequest& request, const Dialect& dialect) {
  Json messages = Json::Array{};
  for (std::size_t i = 0; i < request.messages.size(); ++i) {
    Json item;
    item.Set("role", request.messages[i].role);
    std::string content = request.messages[i].content;
    const bool last = i + 1 == request.messages.size();
    if (last && !request.schema.is_null() && dialect.format != Dialect::Format::kJsonSchema) {
      content += "\n\n" + SchemaInstruction(request.schema);
    }
    item.Set("content", std::move(content));
    messages.Push(std::move(item));
  }
  return messages;
}

Json Body(const ChatRequest& request, const Dialect& dialect, const std::string& model) {
  Json body;
  if (!model.empty()) body.Set("model", model);
  body.Set("messages", Messages(request, dialect));
  body.Set(dialect.new_token_field ? "max_completion_tokens" : "max_tokens", request.max_tokens);
  if (dialect.sampling) body.Set("temperature", request.temperature);
  if (dialect.seed) body.Set("seed", request.seed);
  body.Set("stream", false);
  if (request.logprobs) {
    body.Set("logprobs", true);
    body.Set("top_logprobs", kTopLogprobs);
  }
  if (!request.tools.is_null()) body.Set("tools", request.tools);
  if (!request.schema.is_null() && dialect.format != Dialect::Format::kPlain) {
    Json format;
    if (dialect.format == Dialect::Format::kJsonSchema) {
      Json named;
      named.Set("name", "answer");
      named.Set("strict", true);
      named.Set("schema", request.schema);
      format.Set("type", "json_schema");
      format.Set("json_schema", std::move(named));
    } else {
      format.Set("type", "json_object");
    }
    body.Set("response_format", std::move(format));
  }
  return body;
}

bool Mentions(const std::string& lower, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words) {
    if (lower.find(word) != lower.npos) return true;
  }
  return false;
}

// Leaves out what the server's 400 complains of; false where nothing is left to leave out.
bool Adapt(Dialect& dialect, const ChatRequest& request, const std::string& complaint) {
  const std::string lower = AsciiLower(complaint);
  if (Mentions(lower, {"max_completion_tokens"}) && !dialect.new_token_field) return dialect.new_token_field = true;
  if (Mentions(lower, {"temperature"}) && dialect.sampling) {
    dialect.sampling = false;
    return true;
  }
  if (Mentions(lower, {"seed"}) && dialect.seed) {
    dialect.seed = false;
    return true;
  }
  if (request.schema.is_null() || dialect.format == Dialect::Format::kPlain) return false;
  if (!Mentions(lower, {"response_format", "json_schema", "json_object", "schema", "structured", "grammar", "guided"})) return false;
  dialect.format = dialect.format == Dialect::Format::kJsonSchema ? Dialect::Format::kJsonObject : Dialect::Format::kPlain;
  return true;
}

bool IsContextLength(const std::string& complaint) {
  return Mentions(AsciiLower(complaint), {"context length", "context_length", "context size", "exceed_context", "maximum context", "too many tokens"});
}

Json ToolCalls(const Json* message) {
  const Json* calls = message == nullptr ? nullptr : message->Find("tool_calls");
  if (calls == nullptr || !calls->is_array() || calls->array().empty()) return {};
  Json list = Json::Array{};
  for (const Json& call : calls->array()) {
    const Json* function = call.Find("function");
    Json item;
    item.Set("name", StringAt(function, "name"));
    auto arguments = ParseJson(StringAt(function, "arguments"));
    item.Set("arguments", arguments ? std::move(*arguments) : Json());
    list.Push(std::move(item));
  }
  return list;
}

class HttpBackend final : public ChatBackend {
 public:
  explicit HttpBackend(HttpBackendOptions options) : options_(std::move(options)) {}
  std::string name() const override { return options_.url; }

  Result<std::string> OnlyModel() const {
    const auto reply = Http(Call("/models", ""));
    if (!reply) return MakeError(ErrorCode::kUnavailable, "cannot ask " + name() + "/models: " + Clean(reply.error().message));
    const auto json = ParseJson(reply->body);
    const Json* data = json ? json->Find("data") : nullptr;
    if (reply->status != 200 || data == nullptr || !data->is_array() || data->array().empty()) {
      return MakeError(ErrorCode::kUnavailable,
                       name() + "/models answered " + std::to_string(reply->status) + " and no list of models: name one with --llm-model");
    }
    if (data->array().size() > 1) {
      return MakeError(ErrorCode::kInvalidArgument, name() + " serves " + std::to_string(data->array().size()) + " models: name one with --llm-model, e.g. " +
                                                        StringAt(&data->array()[0], "id"));
    }
    return StringAt(&data->array()[0], "id");
  }
  void SetModel(std::string model) { options_.model = std::move(model); }

  Attempt Try(const ChatRequest& request, const Deadline& deadline) override {
    for (;;) {
      const Dialect dialect = Known();
      HttpCall call = Call("/chat/completions", Body(request, dialect, options_.model).Dump());
      call.deadline = deadline.CancelledBy(options_.cancelled);
      const auto reply = Http(call);
      if (!reply) return Broken(reply.error());
      if (reply->status == 200) return Read(Scrub(reply->body));
      const std::string complaint = Complaint(*reply);
      if (!options_.exact && (reply->status == 400 || reply->status == 422 || reply->status == 501) && !IsContextLength(complaint)) {
        Dialect next = dialect;
        if (Adapt(next, request, complaint)) {
          Learn(next);
          continue;
        }
      }
      return Refused(*reply, complaint);
    }
  }

 private:
  HttpCall Call(const std::string& path, std::string body) const {
    HttpCall call;
    call.url = options_.url + path;
    call.body = std::move(body);
    if (!options_.key.empty()) call.headers.push_back("Authorization: Bearer " + options_.key);
    call.timeout = options_.timeout;
    call.deadline = call.deadline.CancelledBy(options_.cancelled);
    return call;
  }

  // Servers quote what they were sent: the key must not come back that way.
  std::string Scrub(std::string text) const { return options_.key.size() < 4 ? text : ReplaceAll(std::move(text), options_.key, "[key]"); }
  std::string Clean(const std::string& raw) const {
    std::string text = Scrub(raw);
    for (char& c : text) {
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    if (!IsValidUtf8(text)) {
      for (char& c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) c = '?';
      }
    }
    std::size_t end = std::min(text.size(), kMessageBytes);
    while (end < text.size() && end > 0 && (text[end] & 0xC0) == 0x80) --end;
    return text.substr(0, end);
  }

  std::string Complaint(const HttpAnswer& reply) const {
    const auto json = ParseJson(reply.body);
    if (!json) return Clean(reply.body);
    const Json* error = json->Find("error");
    for (const std::string& text : {StringAt(error, "message"), StringAt(&*json, "message"), StringAt(&*json, "detail"),
                                    error != nullptr && error->is_string() ? error->string() : std::string()}) {
      if (!text.empty()) return Clean(text + (StringAt(error, "code").empty() ? "" : " (" + StringAt(error, "code") + ")"));
    }
    return Clean(reply.body);
  }

  Attempt Broken(const Error& error) const {
    Attempt attempt;
    const bool cancelled = error.code == ErrorCode::kOverloaded;
    attempt.kind = cancelled ? Attempt::Kind::kCancelled : Attempt::Kind::kRetry;
    attempt.message = cancelled ? "cancelled" : name() + ": " + Clean(error.message);
    return attempt;
  }

  Attempt Refused(const HttpAnswer& reply, const std::string& complaint) const {
    Attempt attempt;
    attempt.message = name() + " answered " + std::to_string(reply.status) + (complaint.empty() ? "" : ": " + complaint);
    attempt.retry_after = reply.retry_after;
    const long status = reply.status;
    if (status == 401 || status == 403 || status == 404 || complaint.find("insufficient_quota") != complaint.npos) {
      attempt.kind = Attempt::Kind::kStop;
      if (status == 401 && options_.key.empty()) attempt.message += " (RLAR_LLM_API_KEY is not set)";
    } else if (status == 408 || status == 409 || status == 425 || status == 429 || status >= 500) {
      attempt.kind = Attempt::Kind::kRetry;
    } else {
      attempt.kind = Attempt::Kind::kNever;
    }
    return attempt;
  }

  Attempt Read(const std::string& body) const {
    Attempt attempt;
    const auto json = ParseJson(body);
    const Json* choices = json ? json->Find("choices") : nullptr;
    if (choices == nullptr || !choices->is_array() || choices->array().empty()) {
      attempt.message = name() + (json ? " answered no chat completion" : " answered no whole JSON");
      return attempt;
    }
    const Json& choice = choices->array().front();
    const Json* message = choice.Find("message");
    attempt.kind = Attempt::Kind::kReply;
    attempt.reply.text = StringAt(message, "content");
    attempt.reply.tool_calls = ToolCalls(message);
    if (const Json* logprobs = choice.Find("logprobs"); logprobs != nullptr && logprobs->is_object()) attempt.reply.logprobs = *logprobs;
    attempt.reply.finish_reason = StringAt(&choice, "finish_reason");
    attempt.reply.model = options_.model;
    const Json* usage = json->Find("usage");
    attempt.reply.prompt_tokens = CountAt(usage, "prompt_tokens");
    attempt.reply.completion_tokens = CountAt(usage, "completion_tokens");
    attempt.refusal = StringAt(message, "refusal");
    if (attempt.refusal.empty() && attempt.reply.finish_reason == "content_filter") attempt.refusal = "its content filter";
    return attempt;
  }

  Dialect Known() const {
    const std::lock_guard lock(mutex_);
    return dialect_;
  }
  void Learn(const Dialect& dialect) {
    const std::lock_guard lock(mutex_);
    dialect_ = dialect;
  }

  HttpBackendOptions options_;
  mutable std::mutex mutex_;
  Dialect dialect_;  // guarded by mutex_
};

}  // namespace

std::string KeyFromEnvironment(const char* variable) {
  const char* key = std::getenv(variable);
  return key == nullptr ? "" : std::string(Trim(key));
}

Result<std::unique_ptr<ChatBackend>> MakeHttpBackend(HttpBackendOptions options, std::string* model) {
  RLAR_TRY(CheckUrl(options.url));
  options.url = BaseUrl(options.url);
  auto backend = std::make_unique<HttpBackend>(options);
  if (options.model.empty() && !options.exact) {
    auto only = backend->OnlyModel();
    if (!only) return only.error();
    options.model = *only;
    backend->SetModel(options.model);
  }
  if (model != nullptr) *model = options.model;
  return std::unique_ptr<ChatBackend>(std::move(backend));
}

}  // namespace rlar
