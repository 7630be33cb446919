// POST /get_reward, OpenRLHF's remote reward form: {"query": [str], "prompts": [str], "labels": [any]} →
// {"rewards": [number], "scores": [number], "extra_logs": {"rlar_valid": [0 or 1], "rlar_usd": [US dollars], …}}. `query`
// is the whole text with special tokens. With `?tasks=1` the logs hold rlar_task/TASK (1 for the sample's own) and rlar_reward/TASK for each task of
// the library: the same names for every sample, as long as the library stays.
#include <array>
#include <map>
#include <optional>
#include <vector>

#include "serve/service.h"

namespace rlar {
namespace {

// What chat templates put at the end of a turn.
constexpr std::array<std::string_view, 7> kEndTokens{"<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "</s>", "<|end|>", "<end_of_turn>"};

// A shorter overlap may be chance.
constexpr std::size_t kLeastOverlap = 16;
constexpr std::size_t kMostBefore = 64;

// How many bytes the prompt's end and the query's beginning have in common: a prompt that was too long is cut at its
// front.
std::size_t Overlap(std::string_view query, std::string_view prompt) {
  query = query.substr(0, prompt.size());
  std::vector<std::size_t> border(query.size(), 0);
  std::size_t length = 0;
  const auto extend = [&](char next) {
    while (length > 0 && (length == query.size() || query[length] != next)) length = border[length - 1];
    if (length < query.size() && query[length] == next) ++length;
  };
  for (std::size_t i = 1; i < query.size(); ++i) {
    extend(query[i]);
    border[i] = length;
  }
  length = 0;
  for (const char c : query.empty() ? std::string_view() : prompt) extend(c);
  return length;
}

// Where the prompt ends in the query. Before it there may be a token of the beginning.
std::size_t EndOfPrompt(std::string_view query, std::string_view prompt) {
  for (std::size_t at = 0; at <= kMostBefore && at + prompt.size() <= query.size(); ++at) {
    if (query.substr(at).starts_with(prompt)) return at + prompt.size();
  }
  const std::size_t overlap = Overlap(query, prompt);
  return overlap >= kLeastOverlap ? overlap : 0;
}

// The response is what follows the prompt, without the end-of-turn tokens.
std::string ResponseOf(std::string_view query, std::string_view prompt) {
  query.remove_prefix(EndOfPrompt(query, prompt));
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

// rlar_task/TASK and rlar_reward/TASK of each sample.
class TaskLogs {
 public:
  explicit TaskLogs(const Snapshot& snapshot) {
    for (const Route& route : snapshot.routes()) tasks_[route.task];
    tasks_["other"];
  }
  void Add(const std::string& task, double reward) {
    const std::string& own = tasks_.contains(task) ? task : "other";
    for (auto& [name, log] : tasks_) {
      log.share.Push(name == own ? 1.0 : 0.0);
      log.reward.Push(name == own ? reward : 0.0);
    }
  }
  void MoveTo(Json& logs) {
    for (auto& [name, log] : tasks_) {
      logs.Set("rlar_task/" + name, std::move(log.share));
      logs.Set("rlar_reward/" + name, std::move(log.reward));
    }
  }

 private:
  struct Log {
    Json share = Json::Array{}, reward = Json::Array{};
  };
  std::map<std::string, Log> tasks_;
};

// What paid judges took for a reward, one or several in a combined route.
double UsdOf(const Score& score) {
  double usd = 0;
  for (const auto& [name, value] : score.components()) {
    if (name == "usd" || name.ends_with("/usd")) usd += value;
  }
  return usd;
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
  Json rewards = Json::Array{}, valid = Json::Array{}, usd = Json::Array{}, scale = Json::Array{}, logs, reply;
  std::optional<TaskLogs> tasks;
  if (request.query == "tasks=1") tasks.emplace(*batch.snapshot);
  for (std::size_t i = 0; i < batch.rows.size(); ++i) {
    std::string reason;
    const auto value = batch.ValueOf(i, reason);
    if (!value && !service.options().neutral) {
      return ErrorReply(502, "sample " + std::to_string(i) + " has no score (" + reason +
                                 "); OpenRLHF can only take numbers: start the server with --on-failure neutral=VALUE to send one");
    }
    const double reward = value ? *value : *service.options().neutral;
    rewards.Push(reward);
    valid.Push(value ? 1.0 : 0.0);
    const bool scored_at_all = !batch.rewards[i].empty();
    usd.Push(scored_at_all ? UsdOf(batch.rewards[i].front().score) : 0.0);
    scale.Push(scored_at_all ? batch.rewards[i].front().scale : 0);
    if (tasks) tasks->Add(scored_at_all ? batch.rewards[i].front().task : "", reward);
  }
  logs.Set("rlar_valid", std::move(valid));
  logs.Set("rlar_usd", std::move(usd));
  logs.Set("rlar_scale", std::move(scale));
  if (tasks) tasks->MoveTo(logs);
  reply.Set("rewards", rewards);
  reply.Set("scores", std::move(rewards));
  reply.Set("extra_logs", std::move(logs));
  return {200, reply.Dump()};
}

}  // namespace rlar
