// LlmClient: the one way to a language model. Replays what the record holds; else asks, within the budget, with retries, and
// records. What goes wrong is an error, and the build goes on without that answer.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

#include "llm/budget.h"
#include "llm/chat.h"
#include "llm/hour_budget.h"
#include "llm/record.h"

namespace rlar {

struct LlmOptions {
  std::string model;  // as the record knows it; empty with a record only: any
  BudgetLimits budget;
  HourBudget* hour = nullptr;                  // beside it, what may be spent in an hour; null: anything
  Prices prices;                               // of this client's model
  std::shared_ptr<Budget> purse;               // shared with other clients, whose models may have other prices; null: one of its own, of `budget`
  int concurrency = 4;                         // calls at once, at most 64
  int tries = 4;                               // of one call, over transient faults
  std::chrono::milliseconds first_pause{500};  // before the second try; doubled each time, with jitter
  std::chrono::milliseconds longest_pause{60'000};
  const std::atomic<bool>* cancelled = nullptr;
};

struct LlmUsage {
  std::int64_t calls = 0;                   // answered by a server in this run
  std::int64_t replayed = 0;                // answered from the record
  std::int64_t failed = 0;                  // gave no usable answer
  double tokens = 0, usd = 0, minutes = 0;  // of the purse
  std::vector<std::string> lost;            // the first few failures, as "stage: why"
};

// Thread-safe: Ask blocks its thread.
class LlmClient {
 public:
  // Without a backend only the record answers.
  LlmClient(std::unique_ptr<ChatBackend> backend, std::unique_ptr<CallRecord> record, LlmOptions options);

  // Where the request has a schema the reply's `json` matches it. Errors: overloaded (budget, or the client has stopped),
  // timeout, unavailable (the server's fault, after all tries), invalid_argument (the server will never take this request),
  // corrupt (the model refused, was cut off, or answered in another form), not_found (record only, and it is not there).
  Result<ChatReply> Ask(const ChatRequest& request, const Deadline& deadline = Deadline::Never());

  LlmUsage usage() const;
  // Why nothing more will be asked; empty while there is hope.
  std::string stopped() const;
  // Some call was not made because the hour's budget was used up: it may be made another time.
  bool out_of_hour() const { return out_of_hour_; }
  const std::string& model() const { return options_.model; }
  bool cancelled() const { return options_.cancelled != nullptr && options_.cancelled->load(); }

 private:
  Result<Budget::Reservation> Reserve(const ChatRequest& request);
  Result<void> SettleCost(const Budget::Reservation& reserved, double prompt_tokens, double completion_tokens);
  Result<ChatReply> AskServer(const ChatRequest& request, const Deadline& deadline);
  Result<ChatReply> Settled(const ChatRequest& request, Attempt attempt, double ms);
  Result<void> Pause(int attempt, const Attempt& last, const Deadline& deadline) const;
  Error Lose(const ChatRequest& request, Error error);
  void Stop(const std::string& why);

  const std::unique_ptr<ChatBackend> backend_;
  const std::unique_ptr<CallRecord> record_;
  const LlmOptions options_;
  const std::shared_ptr<Budget> budget_;
  std::counting_semaphore<64> slots_;
  std::atomic<bool> out_of_hour_{false};
  mutable std::mutex mutex_;
  LlmUsage usage_;       // guarded by mutex_
  std::string stopped_;  // guarded by mutex_
};

}  // namespace rlar
