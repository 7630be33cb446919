// NeMo Gym's resources server: POST /seed_session, /close_session, /verify, /aggregate_metrics, GET /reverify_mode
// (nemo_gym 0.5 to 0.7, base_resources_server.py). /verify takes a data set's row with `response`, an OpenAI Responses
// object, and answers the same body with `reward`. What has no score is no wrong answer: reward 0.0 with
// `_ng_failure_class` and `mask_sample`, which the collector keeps out.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "serve/service.h"

namespace rlar {
namespace {

constexpr std::array<std::string_view, 6> kReferences{"reference", "expected_answer", "answer", "ground_truth", "solution", "target"};
constexpr std::array<const char*, 7> kPassedOn{"params", "task", "source", "rubric", "id", "group_id", "state"};

// A Responses content: a string, or a list of parts with `text`.
std::string TextOf(const Json* content) {
  if (content == nullptr) return "";
  if (content->is_string()) return content->string();
  std::string text;
  for (const Json& part : content->is_array() ? content->array() : Json::Array{}) {
    const Json* piece = part.Find("text");
    if (piece != nullptr && piece->is_string()) text += (text.empty() ? "" : "\n") + piece->string();
  }
  return text;
}

Json StringOr(const Json& item, std::string_view key) {
  const Json* value = item.Find(key);
  return value != nullptr && value->is_string() ? *value : Json("");
}

// One item of a Responses list as a turn: a message, a call of a tool, or its result; null for what is none
// (reasoning).
Json TurnOf(const Json& item) {
  Json turn;
  const Json type = StringOr(item, "type");
  if (type == Json("function_call")) {
    Json function, call, calls = Json::Array{};
    function.Set("name", StringOr(item, "name"));
    function.Set("arguments", StringOr(item, "arguments"));
    call.Set("id", StringOr(item, "call_id"));
    call.Set("type", "function");
    call.Set("function", std::move(function));
    calls.Push(std::move(call));
    turn.Set("role", "assistant");
    turn.Set("content", "");
    turn.Set("tool_calls", std::move(calls));
  } else if (type == Json("function_call_output")) {
    turn.Set("role", "tool");
    turn.Set("tool_call_id", StringOr(item, "call_id"));
    turn.Set("content", TextOf(item.Find("output")));
  } else if (const Json* role = item.Find("role"); role != nullptr && role->is_string()) {
    turn.Set("role", role->string() == "developer" ? Json("system") : *role);
    turn.Set("content", TextOf(item.Find("content")));
  }
  return turn;
}

// `input` of responses_create_params as turns.
Json Turns(const Json* input) {
  if (input == nullptr) return {};
  if (input->is_string()) return *input;
  Json turns = Json::Array{};
  for (const Json& item : input->is_array() ? input->array() : Json::Array{}) {
    if (Json turn = TurnOf(item); !turn.is_null()) turns.Push(std::move(turn));
  }
  return turns;
}

// The assistant's last message, its reasoning apart; where it called tools, all of its turns.
Json ResponseOf(const Json& response) {
  Json out, turns = Json::Array{};
  std::string text, reasoning;
  bool called = false;
  const Json* output = response.Find("output");
  for (const Json& item : output != nullptr && output->is_array() ? output->array() : Json::Array{}) {
    const Json type = StringOr(item, "type");
    if (type == Json("message")) text = TextOf(item.Find("content"));
    if (type == Json("reasoning")) reasoning = TextOf(item.Find("summary"));
    called = called || type == Json("function_call");
    if (Json turn = TurnOf(item); !turn.is_null()) turns.Push(std::move(turn));
  }
  if (called) {
    out.Set("messages", std::move(turns));
  } else {
    out.Set("text", std::move(text));
  }
  if (!reasoning.empty()) out.Set("reasoning", std::move(reasoning));
  const Json* details = response.Find("incomplete_details");
  const Json* reason = details == nullptr ? nullptr : details->Find("reason");
  if (reason != nullptr && *reason == Json("max_output_tokens")) out.Set("finish_reason", "length");
  return out;
}

Json MakeRow(const Json& body) {
  Json row;
  const Json* params = body.Find("responses_create_params");
  row.Set("prompt", Turns(params == nullptr ? nullptr : params->Find("input")));
  Json responses = Json::Array{};
  responses.Push(ResponseOf(*body.Find("response")));
  row.Set("responses", std::move(responses));
  for (const std::string_view name : kReferences) {
    const Json* reference = body.Find(name);
    if (reference == nullptr || reference->is_null()) continue;
    row.Set("reference", *reference);
    break;
  }
  for (const char* name : kPassedOn) {
    if (const Json* value = body.Find(name)) row.Set(name, *value);
  }
  return row;
}

void SetFailure(Json& reply, const std::string& kind, Class error_class, const std::string& reason) {
  reply.Set("reward", 0.0);
  reply.Set("_ng_failure_class", kind);
  reply.Set("failure_kind", "rlar:" + std::string(Name(error_class)));
  reply.Set("failure_reason", reason);
  reply.Set("mask_sample", true);
}

}  // namespace

HttpReply HandleVerify(RewardService& service, const HttpRequest& request, const Json& body, Batch& batch) {
  const Json* response = body.Find("response");
  if (response == nullptr || !response->is_object()) return ErrorReply(400, "the body must be a row with 'response', an OpenAI Responses object");
  const CallOptions call = service.BeginCall(request, nullptr);
  if (!batch.snapshot) {
    batch.snapshot = call.snapshot;
    batch.Add(MakeRow(body));
  }
  const Scored scored = service.Score(request, call, batch);
  if (scored == Scored::kDeferred) return {};
  if (scored == Scored::kFull) return Overloaded();
  Json reply = body;
  if (const auto error = batch.ErrorOf(0)) {
    SetFailure(reply, "rlar_invalid", error->error_class, error->reason);
    return {200, reply.Dump()};
  }
  const Reward& reward = batch.rewards[0].front();
  if (const auto value = reward.score.value()) {
    reply.Set("reward", *value);
  } else {
    SetFailure(reply, "rlar_" + std::string(Name(reward.score.status())), reward.score.error_class(), reward.score.reason());
  }
  Json about;
  about.Set("status", Name(reward.score.status()));
  about.Set("class", Name(reward.score.error_class()));
  about.Set("reason", reward.score.reason());
  about.Set("tool", reward.tool);
  about.Set("route", reward.route);
  about.Set("library_version", reward.library_version);
  Json components = Json::Object{};
  for (const auto& [name, number] : reward.score.components()) components.Set(name, number);
  about.Set("components", std::move(components));
  reply.Set("rlar", std::move(about));
  return {200, reply.Dump()};
}

// Sessions hold nothing here: rows carry all that verifying needs. A session that the caller has named is confirmed
// under its name.
HttpReply HandleSession(const Json& body) {
  Json reply = Json::Object{};
  if (const Json* name = body.Find("resources_session_id"); name != nullptr && name->is_string()) reply.Set("resources_session_id", *name);
  return {200, reply.Dump()};
}

HttpReply HandleReverifyMode() { return {200, "\"stateless\""}; }

namespace {

// Rewards that are valid measurements, and how many samples have none.
struct Rewards {
  std::vector<double> values;
  double failed = 0;
  void Count(const Json& one) {
    const Json* reward = one.Find("reward");
    const Json* masked = one.Find("mask_sample");
    const bool without = one.Find("_ng_failure_class") != nullptr || (masked != nullptr && *masked == Json(true));
    if (without || reward == nullptr || !reward->is_number()) {
      ++failed;
    } else {
      values.push_back(reward->number());
    }
  }
};

// STATISTIC/reward, as NeMo Gym's own aggregation names them; nothing where there is no value.
void SetStatistics(Json& out, std::vector<double> values) {
  if (values.empty()) return;
  std::sort(values.begin(), values.end());
  const std::size_t count = values.size(), half = count / 2;
  double sum = 0, squares = 0;
  for (const double value : values) sum += value;
  const double mean = sum / static_cast<double>(count);
  for (const double value : values) squares += (value - mean) * (value - mean);
  out.Set("mean/reward", mean);
  out.Set("max/reward", values.back());
  out.Set("min/reward", values.front());
  out.Set("median/reward", count % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2);
  out.Set("std/reward", count > 1 ? std::sqrt(squares / static_cast<double>(count - 1)) : 0.0);
}

}  // namespace

// {"verify_responses": [reply of /verify…]} (or lists of them) → {"group_level_metrics": one a task, "agent_metrics",
// "key_metrics"} over the samples that have a reward; how many have none is counted beside.
HttpReply HandleAggregate(const Json& body) {
  const Json* list = body.Find("verify_responses");
  if (list == nullptr || !list->is_array()) return ErrorReply(400, "the body must hold the list 'verify_responses'");
  Rewards all;
  std::map<double, Rewards> tasks;
  const auto count = [&](const Json& one) {
    const Json* task = one.Find("_ng_task_index");
    all.Count(one);
    tasks[task != nullptr && task->is_number() ? task->number() : 0].Count(one);
  };
  for (const Json& entry : list->array()) {
    if (!entry.is_array()) count(entry);
    for (const Json& one : entry.is_array() ? entry.array() : Json::Array{}) count(one);
  }
  Json groups = Json::Array{}, agent = Json::Object{}, key = Json::Object{};
  for (auto& [task, rewards] : tasks) {
    Json group;
    group.Set("_ng_task_index", task);
    SetStatistics(group, std::move(rewards.values));
    group.Set("failed", rewards.failed);
    groups.Push(std::move(group));
  }
  const double scored = static_cast<double>(all.values.size());
  SetStatistics(agent, std::move(all.values));
  agent.Set("failed", all.failed);
  if (const Json* mean = agent.Find("mean/reward")) key.Set("mean/reward", *mean);
  Json metrics;
  metrics.Set("reward/mean", scored > 0 ? *agent.Find("mean/reward") : Json());
  metrics.Set("reward/count", scored);
  metrics.Set("reward/failed", all.failed);
  metrics.Set("group_level_metrics", std::move(groups));
  metrics.Set("agent_metrics", std::move(agent));
  metrics.Set("key_metrics", std::move(key));
  return {200, metrics.Dump()};
}

}  // namespace rlar
