#include "llm/client.h"

#include <algorithm>
#include <random>
#include <thread>

#include "llm/schema.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxLost = 20;

// About how many tokens a request's text is: servers count after the fact, a budget must be asked before.
double EstimatedTokens(const ChatRequest& request) {
  std::size_t bytes = request.schema.is_null() ? 0 : request.schema.Dump().size();
  for (const ChatMessage& message : request.messages) bytes += message.content.size() + 16;
  return static_cast<double>(bytes) / 2.0;  // rather too many than too few
}

// What is wrong with an answer as an answer to the request; empty where nothing is.
std::string Unusable(const ChatRequest& request, Attempt& attempt) {
  ChatReply& reply = attempt.reply;
  if (!attempt.refusal.empty()) {
    std::size_t end = std::min<std::size_t>(200, attempt.refusal.size());
    while (end < attempt.refusal.size() && end > 0 && (attempt.refusal[end] & 0xC0) == 0x80) --end;
    return "the model refused: " + attempt.refusal.substr(0, end);
  }
  if (reply.finish_reason == "length") {
    return "the answer was cut off after " + std::to_string(request.max_tokens) + " tokens";
  }
  if (!reply.tool_calls.is_null()) return "";
  if (request.schema.is_null() || request.as_is) return reply.text.empty() ? "the answer is empty" : "";
  auto json = JsonInText(reply.text);
  if (!json) return "the answer " + json.error().message;
  if (auto matches = MatchesSchema(*json, request.schema); !matches) return matches.error().message;
  reply.json = std::move(*json);
  return "";
}

}  // namespace

LlmClient::LlmClient(std::unique_ptr<ChatBackend> backend, std::unique_ptr<CallRecord> record, LlmOptions options)
    : backend_(std::move(backend)),
      record_(std::move(record)),
      options_(std::move(options)),
      budget_(options_.purse != nullptr ? options_.purse : std::make_shared<Budget>(options_.budget)),
      slots_(std::clamp(options_.concurrency, 1, 64)) {}

Result<ChatReply> LlmClient::Ask(const ChatRequest& request, const Deadline& deadline) {
  if (record_ != nullptr) {
    if (auto known = record_->Find(request, options_.model)) {
      {
        const std::lock_guard lock(mutex_);
        ++usage_.replayed;
      }
      if (!known->failure.empty()) return Lose(request, MakeError(ErrorCode::kCorrupt, known->failure));
      Attempt attempt;
      attempt.reply = std::move(known->reply);
      // Judged again: a request's schema may forbid what an older program let pass.
      if (const std::string wrong = Unusable(request, attempt); !wrong.empty()) {
        return Lose(request, MakeError(ErrorCode::kCorrupt, wrong));
      }
      attempt.reply.replayed = true;
      return std::move(attempt.reply);
    }
  }
  if (backend_ == nullptr) return Lose(request, MakeError(ErrorCode::kNotFound, "the record holds no such call"));
  auto reply = AskServer(request, deadline);
  if (!reply) return Lose(request, reply.error());
  return reply;
}

// Of the run's budget, and of the hour's.
Result<Budget::Reservation> LlmClient::Reserve(const ChatRequest& request) {
  const double asked = EstimatedTokens(request), answered = request.max_tokens;
  auto reserved = budget_->Reserve(asked + answered, options_.prices.Usd(asked, answered));
  if (!reserved || options_.hour == nullptr) return reserved;
  if (auto held = options_.hour->Reserve(reserved->tokens, reserved->usd); !held) {
    budget_->Settle(*reserved, 0, 0);
    out_of_hour_ = true;
    return held.error();
  }
  return reserved;
}

Result<void> LlmClient::SettleCost(const Budget::Reservation& reserved, double prompt_tokens, double completion_tokens) {
  const double tokens = prompt_tokens + completion_tokens, usd = options_.prices.Usd(prompt_tokens, completion_tokens);
  budget_->Settle(reserved, tokens, usd);
  if (options_.hour == nullptr) return {};
  return options_.hour->Settle(reserved.tokens, reserved.usd, tokens, usd);
}

Result<ChatReply> LlmClient::AskServer(const ChatRequest& request, const Deadline& deadline) {
  while (!slots_.try_acquire_for(deadline.Left(std::chrono::milliseconds(100)))) {
    if (deadline.passed()) return MakeError(ErrorCode::kTimeout, "the deadline passed before its turn came");
    if (cancelled()) return MakeError(ErrorCode::kOverloaded, "cancelled");
  }
  struct Release {
    std::counting_semaphore<64>& slots;
    ~Release() { slots.release(); }
  } release{slots_};
  const Deadline until = deadline.Before(budget_->end());
  for (int attempt = 1;; ++attempt) {
    if (const std::string why = stopped(); !why.empty()) return MakeError(ErrorCode::kOverloaded, why);
    if (cancelled()) return MakeError(ErrorCode::kOverloaded, "cancelled");
    auto reserved = Reserve(request);
    if (!reserved) {
      if (until.passed()) Stop(reserved.error().message);
      return reserved.error();
    }
    const auto begin = Deadline::Clock::now();
    Attempt got = backend_->Try(request, until);
    const double ms = std::chrono::duration<double, std::milli>(Deadline::Clock::now() - begin).count();
    const bool answered = got.kind == Attempt::Kind::kReply;
    if (answered && got.reply.prompt_tokens + got.reply.completion_tokens == 0) {
      got.reply.prompt_tokens = static_cast<std::int64_t>(EstimatedTokens(request));
      got.reply.completion_tokens = static_cast<std::int64_t>(got.reply.text.size() / 3);
    }
    const auto settled =
        SettleCost(*reserved, answered ? static_cast<double>(got.reply.prompt_tokens) : 0, answered ? static_cast<double>(got.reply.completion_tokens) : 0);
    if (!settled) Stop(settled.error().message);  // what cannot be counted is not spent; this answer is paid for
    switch (got.kind) {
      case Attempt::Kind::kReply: return Settled(request, std::move(got), ms);
      case Attempt::Kind::kNever: return MakeError(ErrorCode::kInvalidArgument, got.message);
      case Attempt::Kind::kCancelled: return MakeError(ErrorCode::kOverloaded, "cancelled");
      case Attempt::Kind::kStop: Stop(got.message); return MakeError(ErrorCode::kOverloaded, got.message);
      case Attempt::Kind::kRetry: break;
    }
    if (until.passed()) return MakeError(ErrorCode::kTimeout, "no time is left; last: " + got.message);
    if (attempt >= options_.tries) {
      return MakeError(ErrorCode::kUnavailable, "gave up after " + std::to_string(attempt) + " tries: " + got.message);
    }
    RLAR_TRY(Pause(attempt, got, until));
  }
}

Result<ChatReply> LlmClient::Settled(const ChatRequest& request, Attempt attempt, double ms) {
  {
    const std::lock_guard lock(mutex_);
    ++usage_.calls;
  }
  RecordedCall call;
  call.failure = Unusable(request, attempt);
  call.reply = attempt.reply;
  if (record_ != nullptr) {
    const double usd = options_.prices.Usd(static_cast<double>(call.reply.prompt_tokens), static_cast<double>(call.reply.completion_tokens));
    RLAR_TRY(record_->Put(request, call, usd, ms));
  }
  if (!call.failure.empty()) return MakeError(ErrorCode::kCorrupt, call.failure);
  return std::move(attempt.reply);
}

// Waits as long as the server asked for, else longer each time; jitter keeps clients from coming back together.
Result<void> LlmClient::Pause(int attempt, const Attempt& last, const Deadline& deadline) const {
  thread_local std::minstd_rand random{std::random_device{}()};
  auto pause = std::min(options_.longest_pause, options_.first_pause * (1 << std::min(attempt - 1, 16)));
  pause = pause / 2 + std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(0, pause.count() / 2)(random));
  if (last.retry_after) {
    if (*last.retry_after > std::max(options_.longest_pause, std::chrono::milliseconds(120'000))) {
      return MakeError(ErrorCode::kUnavailable, "the server asks to wait " + std::to_string(last.retry_after->count() / 1000) + " s: " + last.message);
    }
    pause = std::max(pause, *last.retry_after);
  }
  if (deadline.Left(pause + std::chrono::milliseconds(1)) <= pause) {
    return MakeError(ErrorCode::kTimeout, "no time is left for another try: " + last.message);
  }
  const auto end = Deadline::Clock::now() + pause;
  while (Deadline::Clock::now() < end) {
    if (cancelled()) return MakeError(ErrorCode::kOverloaded, "cancelled");
    std::this_thread::sleep_for(std::min<Deadline::Clock::duration>(end - Deadline::Clock::now(), std::chrono::milliseconds(50)));
  }
  return {};
}

Error LlmClient::Lose(const ChatRequest& request, Error error) {
  const std::lock_guard lock(mutex_);
  ++usage_.failed;
  if (usage_.lost.size() < kMaxLost) usage_.lost.push_back(request.stage + ": " + error.message);
  return error;
}

void LlmClient::Stop(const std::string& why) {
  const std::lock_guard lock(mutex_);
  if (stopped_.empty()) stopped_ = why;
}

std::string LlmClient::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

LlmUsage LlmClient::usage() const {
  LlmUsage usage;
  {
    const std::lock_guard lock(mutex_);
    usage = usage_;
  }
  usage.tokens = budget_->tokens();
  usage.usd = budget_->usd();
  usage.minutes = budget_->minutes();
  return usage;
}

}  // namespace rlar
