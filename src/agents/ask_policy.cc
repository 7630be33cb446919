#include "agents/ask_policy.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include "agents/admit/probes.h"
#include "agents/task_result.h"
#include "base/thread_pool.h"

namespace rlar {
namespace {

constexpr double kTemperature = 1.0;  // as trainers sample
constexpr int kMaxTokens = 1024;
constexpr std::size_t kThreads = 8;  // the client's own limit counts

bool CanBeAsked(const Query& row) {
  return !HasTests(row) && !row.messages.empty() && std::all_of(row.messages.begin(), row.messages.end(), [](const Message& message) {
    return message.tool_calls.is_null() && (message.role == "system" || message.role == "user" || message.role == "assistant");
  });
}

// Each prompt once.
std::vector<const Query*> RowsToAsk(const std::vector<TaskGroup>& groups, const std::vector<Query>& rows, const Rollouts& rollouts) {
  std::vector<const Query*> asked;
  std::set<std::string_view> prompts;
  for (const TaskGroup& group : groups) {
    for (const Query* row : TrialRows(group, rows)) {
      if (CanBeAsked(*row) && rollouts.Of(*row).empty() && prompts.insert(row->prompt).second) asked.push_back(row);
    }
  }
  return asked;
}

ChatRequest RequestFor(const Query& row, std::size_t number) {
  ChatRequest request;
  request.stage = request.prompt = "policy";
  for (const Message& message : row.messages) request.messages.push_back({message.role, message.content});
  request.temperature = kTemperature;
  request.max_tokens = kMaxTokens;
  request.seed = static_cast<std::int64_t>(number);
  return request;
}

}  // namespace

void AskPolicy(const std::vector<TaskGroup>& groups, const std::vector<Query>& rows, LlmClient& client, std::size_t count, Rollouts& rollouts,
               const std::function<void(const std::string& step, double share)>& progress) {
  const auto asked = RowsToAsk(groups, rows, rollouts);
  count = std::clamp<std::size_t>(count, 1, Rollouts::kMostPerRow);
  std::vector<std::string> texts(asked.size() * count);
  std::atomic<std::size_t> done{0};
  std::mutex mutex;
  ThreadPool pool(kThreads);
  pool.ForEach(texts.size(), [&](std::size_t i) {
    if (auto reply = client.Ask(RequestFor(*asked[i / count], i % count))) texts[i] = std::move(reply->text);
    const double share = static_cast<double>(++done) / static_cast<double>(texts.size());
    const std::lock_guard lock(mutex);
    if (progress) progress("asking the policy", share);
  });
  for (std::size_t i = 0; i < asked.size(); ++i) {
    std::vector<Response> responses;
    for (std::size_t k = 0; k < count; ++k) {
      if (std::string& text = texts[i * count + k]; !text.empty()) responses.emplace_back().text = std::move(text);
    }
    rollouts.Add(asked[i]->prompt, responses);
  }
}

}  // namespace rlar
