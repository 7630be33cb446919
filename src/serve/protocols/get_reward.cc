// POST /get_reward, OpenRLHF's remote reward form: {"query": [str], "prompts": [str], "labels": [any]} →
// {"rewards": [number], "scores": [number], "extra_logs": {name: [number]}}. `query` is the whole text with special tokens.
#include <array>

#include "serve/service.h"

namespace rlar {
namespace {

// How far a request came on the fast lane; the slow one goes on there, with the same version.
struct Progress {
  std::size_t next = 0;
  Json rewards, valid;
  std::shared_ptr<const Snapshot> snapshot;
};

// What chat templates put at the end of a turn.
constexpr std::array<std::string_view, 7> kEndTokens{"<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>",
                                                     "</s>",       "<|end|>",       "<end_of_turn>"};

// The response is what follows the prompt, without the end-of-turn tokens.
std::string ResponseOf(std::string_view query, std::string_view prompt) {
  if (query.starts_with(prompt)) query.remove_prefix(prompt.size());
  for (bool again = true; again;) {
    again = false;
    while (!query.empty() && (query.back() == '\n' || query.back() == ' ')) query.remove_suffix(1);
    for (const std::string_view token : kEndTokens) {
      if (!query.ends_with(token)) continue;
      query.remove_suffix(token.size());
      again = true;
    }
  }
  return std::string(query);
}

const Json::Array* StringList(const Json& body, std::string_view key) {
  const Json* list = body.Find(key);
  if (list == nullptr || !list->is_array()) return nullptr;
  for (const Json& item : list->array()) {
    if (!item.is_string()) return nullptr;
  }
  return &list->array();
}

}  // namespace

HttpReply HandleGetReward(RewardService& service, const HttpRequest& request, const Json& body) {
  const auto* queries = StringList(body, "query");
  const auto* prompts = StringList(body, "prompts");
  const Json* labels = body.Find("labels");
  if (queries == nullptr || prompts == nullptr) return ErrorReply(400, "the body needs the lists of strings 'query' and 'prompts'");
  if (prompts->size() != queries->size() || (labels != nullptr && labels->is_array() && labels->array().size() != queries->size())) {
    return ErrorReply(400, "'query', 'prompts' and 'labels' must have the same length");
  }
  CallOptions call = service.BeginCall(request, nullptr);
  Progress progress{0, Json(Json::Array{}), Json(Json::Array{}), call.snapshot};
  if (auto* begun = std::any_cast<Progress>(&request.progress)) progress = std::move(*begun);
  call.snapshot = progress.snapshot;
  for (std::size_t& i = progress.next; i < queries->size(); ++i) {
    Json row;
    row.Set("prompt", (*prompts)[i]);
    row.Set("response", ResponseOf((*queries)[i].string(), (*prompts)[i].string()));
    if (labels != nullptr && labels->is_array()) ApplyLabel(labels->array()[i], row);
    auto parsed = ParseRow(row);
    std::optional<double> value;
    std::string reason;
    if (const auto* error = std::get_if<RowError>(&parsed)) {
      reason = error->reason;
    } else {
      const auto scored = service.Score(std::get<Group>(parsed), call);
      if (request.deferred) {
        request.progress = std::move(progress);
        return {};
      }
      value = scored.front().score.value();
      reason = scored.front().score.reason();
    }
    if (!value && !service.options().neutral) {
      return ErrorReply(502, "sample " + std::to_string(i) + " has no score (" + reason +
                                 "); OpenRLHF can only take numbers: start the server with --on-failure neutral=VALUE to send one");
    }
    progress.rewards.Push(value ? *value : *service.options().neutral);
    progress.valid.Push(value ? 1.0 : 0.0);
  }
  Json logs, reply;
  logs.Set("rlar_valid", std::move(progress.valid));
  reply.Set("rewards", progress.rewards);
  reply.Set("scores", std::move(progress.rewards));
  reply.Set("extra_logs", std::move(logs));
  return {200, reply.Dump()};
}

}  // namespace rlar
