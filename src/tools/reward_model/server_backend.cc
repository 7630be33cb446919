// Clients of servers made for reward models. Each asks for raw logits: with an activation a one-output head saturates.
//
// Sources: vLLM entrypoints/pooling protocol; SGLang reward models; text-embeddings-inference openapi.json (1.9); llama.cpp server
// README. Where a server lists results with an index, the index counts, not the order.
#include <cmath>
#include <mutex>
#include <optional>

#include "base/text.h"
#include "net/http.h"
#include "tools/reference_json.h"
#include "tools/reward_model/backend.h"

namespace rlar {
namespace {

Error Corrupt(const std::string& what) { return MakeError(ErrorCode::kCorrupt, "its answer cannot be read: " + what); }

Result<ModelScore> Finite(const Json* value) {
  if (value == nullptr || !value->is_number() || !std::isfinite(value->number())) return Corrupt("a score is no finite number");
  return ModelScore{value->number(), false};
}

std::string PromptText(const ModelItem& item) {
  std::string text;
  for (const Message& message : item.messages) text += (text.empty() ? "" : "\n") + message.content;
  return text;
}

// Fills both placeholders in one pass, so that a prompt cannot bring a placeholder of its own.
std::string Format(const std::string& format, const ModelItem& item) {
  std::string out;
  for (std::size_t at = 0; at < format.size();) {
    if (format.compare(at, 8, "{prompt}") == 0) {
      out += PromptText(item);
      at += 8;
    } else if (format.compare(at, 10, "{response}") == 0) {
      out += item.response;
      at += 10;
    } else {
      out += format[at++];
    }
  }
  return out;
}

Json Conversation(const ModelItem& item) {
  Json list = MessagesJson(item.messages);
  list.Push(TurnJson("assistant", item.response));
  return list;
}

class Server : public ModelBackend {
 public:
  explicit Server(const ModelAdapter& adapter) : adapter_(adapter) {}
  std::size_t max_batch() const override { return adapter_.max_batch; }
  std::string name() const override { return adapter_.url; }

 protected:
  Result<Json> Post(const std::string& path, const Json& body, const Deadline& deadline) const {
    auto reply = Http({.url = adapter_.url + path, .body = body.Dump(), .timeout = adapter_.timeout, .deadline = deadline});
    if (!reply) return reply.error();
    const std::string said = path + " answered " + std::to_string(reply->status);
    if (reply->status == 429 || reply->status == 503) return MakeError(ErrorCode::kOverloaded, said);
    if (reply->status == 404 || reply->status == 405) return MakeError(ErrorCode::kNotFound, said);
    if (reply->status >= 500 || reply->status == 424) return MakeError(ErrorCode::kUnavailable, said);
    if (reply->status != 200) return MakeError(ErrorCode::kInvalidArgument, said + ": " + reply->body.substr(0, 200));
    auto json = ParseJson(reply->body);
    if (!json) return Corrupt(json.error().message);
    return json;
  }
  // `results` is a list of objects; `value(entry)` gives the number of one. Every index from 0 to count - 1 must stand in it once.
  template <class Value>
  static Result<std::vector<ModelScore>> ByIndex(const Json* results, std::size_t count, Value value) {
    if (results == nullptr || !results->is_array()) return Corrupt("there is no list of results");
    if (results->array().size() != count) {
      return Corrupt(std::to_string(results->array().size()) + " results for " + std::to_string(count) + " texts");
    }
    std::vector<std::optional<ModelScore>> found(count);
    for (const Json& entry : results->array()) {
      const Json* index = entry.Find("index");
      if (index == nullptr || !index->is_number() || index->number() < 0 || index->number() >= static_cast<double>(count)) {
        return Corrupt("a result has no index in range");
      }
      auto score = Finite(value(entry));
      if (!score) return score.error();
      auto& at = found[static_cast<std::size_t>(index->number())];
      if (at) return Corrupt("an index stands twice");
      at = *score;
    }
    std::vector<ModelScore> scores;
    for (const auto& score : found) scores.push_back(*score);
    return scores;
  }
  // `list` has one entry a text, in the order of the texts.
  template <class Value>
  static Result<std::vector<ModelScore>> InOrder(const Json& list, std::size_t count, Value value) {
    if (!list.is_array() || list.array().size() != count) return Corrupt("a list with one entry a text is wanted");
    std::vector<ModelScore> scores;
    for (const Json& entry : list.array()) {
      auto score = Finite(value(entry));
      if (!score) return score.error();
      scores.push_back(*score);
    }
    return scores;
  }
  const ModelAdapter adapter_;
};

const Json* At(const Json* list, int index) {
  if (list == nullptr || !list->is_array() || static_cast<std::size_t>(index) >= list->array().size()) return nullptr;
  return &list->array()[static_cast<std::size_t>(index)];
}

// vLLM: /classify takes a conversation and applies the model's template once; older and newer versions serve reward models on
// /pooling instead. Which of both it has is found out at the first call.
class Vllm final : public Server {
 public:
  using Server::Server;
  std::size_t max_batch() const override { return 1; }  // a conversation a request
  Result<std::vector<ModelScore>> Score(std::span<const ModelItem> items, const Deadline& deadline) override {
    std::vector<ModelScore> scores;
    for (const ModelItem& item : items) {
      auto score = One(item, deadline);
      if (!score) return score.error();
      scores.push_back(*score);
    }
    return scores;
  }

 private:
  enum class Route { kUnknown, kClassify, kPooling };
  Result<ModelScore> One(const ModelItem& item, const Deadline& deadline) {
    Route route = Known();
    if (route != Route::kPooling) {
      auto score = Classify(item, deadline);
      if (score || score.error().code != ErrorCode::kNotFound || route == Route::kClassify) {
        if (score) Learn(Route::kClassify);
        return score;
      }
    }
    auto score = Pooling(item, deadline);
    if (score) Learn(Route::kPooling);
    return score;
  }
  Json Body(const ModelItem& item) const {
    Json body;
    if (!adapter_.model.empty()) body.Set("model", adapter_.model);
    if (adapter_.chat_template == "none") {
      body.Set("input", Format(adapter_.format, item));
    } else {
      body.Set("messages", Conversation(item));
      body.Set("add_special_tokens", false);  // the template brings its own
    }
    body.Set("use_activation", false);
    body.Set("truncate_prompt_tokens", adapter_.max_length);
    return body;
  }
  Result<ModelScore> Classify(const ModelItem& item, const Deadline& deadline) const {
    auto reply = Post("/classify", Body(item), deadline);
    if (!reply) return reply.error();
    auto scores = ByIndex(reply->Find("data"), 1, [&](const Json& entry) { return At(entry.Find("probs"), adapter_.head); });
    if (!scores) return scores.error();
    return scores->front();
  }
  // One number, or one a token: the last token's is the answer's.
  Result<ModelScore> Pooling(const ModelItem& item, const Deadline& deadline) const {
    auto reply = Post("/pooling", Body(item), deadline);
    if (!reply) return reply.error();
    auto scores = ByIndex(reply->Find("data"), 1, [&](const Json& entry) -> const Json* {
      const Json* data = entry.Find("data");
      if (data == nullptr || !data->is_array() || data->array().empty()) return nullptr;
      const Json& last = data->array().back();
      return last.is_array() ? At(&last, adapter_.head) : data->array().size() == 1 || adapter_.head > 0 ? At(data, adapter_.head) : &last;
    });
    if (!scores) return scores.error();
    return scores->front();
  }
  Route Known() const {
    const std::lock_guard lock(mutex_);
    return route_;
  }
  void Learn(Route route) {
    const std::lock_guard lock(mutex_);
    route_ = route;
  }
  mutable std::mutex mutex_;
  Route route_ = Route::kUnknown;  // guarded by mutex_
};

// SGLang's native /classify: texts in, in the same order [{"embedding": [logit]}] out.
class Sglang final : public Server {
 public:
  using Server::Server;
  Result<std::vector<ModelScore>> Score(std::span<const ModelItem> items, const Deadline& deadline) override {
    Json body, texts = Json::Array{};
    for (const ModelItem& item : items) texts.Push(Format(adapter_.format, item));
    if (!adapter_.model.empty()) body.Set("model", adapter_.model);
    body.Set("text", std::move(texts));
    auto reply = Post("/classify", body, deadline);
    if (!reply) return reply.error();
    return InOrder(*reply, items.size(), [&](const Json& entry) { return At(entry.Find("embedding"), adapter_.head); });
  }
};

// TEI: a flat list of two texts would be one pair, so every text goes as a list of its own.
class Tei final : public Server {
 public:
  using Server::Server;
  Result<std::vector<ModelScore>> Score(std::span<const ModelItem> items, const Deadline& deadline) override {
    Json body, inputs = Json::Array{};
    for (const ModelItem& item : items) inputs.Push(Json(Json::Array{Json(Format(adapter_.format, item))}));
    body.Set("inputs", std::move(inputs));
    body.Set("raw_scores", true);
    body.Set("truncate", true);
    auto reply = Post("/predict", body, deadline);
    if (!reply) return reply.error();
    return InOrder(*reply, items.size(), [&](const Json& entry) {
      const Json* label = At(&entry, adapter_.head);
      return label == nullptr ? nullptr : label->Find("score");
    });
  }
};

// llama.cpp with --reranking scores (query, document) pairs: one request for each prompt, its responses as documents.
class LlamaCpp final : public Server {
 public:
  using Server::Server;
  Result<std::vector<ModelScore>> Score(std::span<const ModelItem> items, const Deadline& deadline) override {
    std::vector<ModelScore> scores(items.size());
    for (std::size_t begin = 0, end = 0; begin < items.size(); begin = end) {
      const std::string prompt = PromptText(items[begin]);
      Json body, documents = Json::Array{};
      for (end = begin; end < items.size() && PromptText(items[end]) == prompt; ++end) documents.Push(items[end].response);
      if (!adapter_.model.empty()) body.Set("model", adapter_.model);
      body.Set("query", prompt);
      body.Set("documents", std::move(documents));
      auto reply = Post("/v1/rerank", body, deadline);
      if (!reply) return reply.error();
      auto some = ByIndex(reply->Find("results"), end - begin, [](const Json& entry) { return entry.Find("relevance_score"); });
      if (!some) return some.error();
      std::copy(some->begin(), some->end(), scores.begin() + static_cast<std::ptrdiff_t>(begin));
    }
    return scores;
  }
};

}  // namespace

std::unique_ptr<ModelBackend> MakeServerBackend(const ModelAdapter& adapter) {
  if (adapter.backend == "vllm") return std::make_unique<Vllm>(adapter);
  if (adapter.backend == "sglang") return std::make_unique<Sglang>(adapter);
  if (adapter.backend == "tei") return std::make_unique<Tei>(adapter);
  return std::make_unique<LlamaCpp>(adapter);
}

}  // namespace rlar
