// POST /get_reward, OpenRLHF's remote reward form: {"query": [str], "prompts": [str], "labels": [any]} →
// {"rewards": [number], "scores": [number], "extra_logs": {name: [number]}}. `query` is the whole text with special tokens.
#include <array>

#include "serve/service.h"

namespace rlar {
namespace {

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

HttpReply HandleGetReward(RewardService& service, const HttpRequest& request, const Json& body, Batch& batch) {
  const auto* queries = StringList(body, "query");
  const auto* prompts = StringList(body, "prompts");
  const Json* labels = body.Find("labels");
  if (queries == nullptr || prompts == nullptr) return ErrorReply(400, "the body needs the lists of strings 'query' and 'prompts'");
  if (prompts->size() != queries->size() || (labels != nullptr && labels->is_array() && labels->array().size() != queries->size())) {
    return ErrorReply(400, "'query', 'prompts' and 'labels' must have the same length");
  }
  const CallOptions call = service.BeginCall(request, nullptr);
  if (!batch.snapshot) {
    batch.snapshot = call.snapshot;
    for (std::size_t i = 0; i < queries->size(); ++i) {
      Json row;
      row.Set("prompt", (*prompts)[i]);
      row.Set("response", ResponseOf((*queries)[i].string(), (*prompts)[i].string()));
      if (labels != nullptr && labels->is_array()) ApplyLabel(labels->array()[i], row);
      batch.Add(row);
    }
  }
  const Scored scored = service.Score(request, call, batch);
  if (scored == Scored::kDeferred) return {};
  if (scored == Scored::kFull) return Overloaded();
  Json rewards = Json::Array{}, valid = Json::Array{};
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    std::string reason;
    const auto value = batch.ValueOf(i, reason);
    if (!value && !service.options().neutral) {
      return ErrorReply(502, "sample " + std::to_string(i) + " has no score (" + reason +
                                 "); OpenRLHF can only take numbers: start the server with --on-failure neutral=VALUE to send one");
    }
    rewards.Push(value ? *value : *service.options().neutral);
    valid.Push(value ? 1.0 : 0.0);
  }
  Json logs, reply;
  logs.Set("rlar_valid", std::move(valid));
  reply.Set("rewards", rewards);
  reply.Set("scores", std::move(rewards));
  reply.Set("extra_logs", std::move(logs));
  return {200, reply.Dump()};
}

}  // namespace rlar
