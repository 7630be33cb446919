#include "tools/reward_model/batcher.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "base/wait.h"

namespace rlar {
namespace {

using Clock = std::chrono::steady_clock;

// One item's way from queue to answer; shared by all callers that ask for it.
struct Ticket {
  ModelItem item;
  std::size_t callers = 0;                   // who wait; guarded by the batcher's mutex
  std::optional<Result<ModelScore>> answer;  // guarded by the batcher's mutex
};

class Batcher final : public ModelClient {
 public:
  Batcher(std::unique_ptr<ModelBackend> inner, BatcherOptions options) : inner_(std::move(inner)), options_(options) {
    for (std::size_t i = 0; i < options_.concurrency; ++i) threads_.emplace_back([this] { Work(); });
  }
  ~Batcher() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  std::vector<Result<ModelScore>> Score(std::span<const ModelItem> items, const Deadline& deadline) override {
    const auto all = [&](const Error& error) { return std::vector<Result<ModelScore>>(items.size(), error); };
    std::vector<std::shared_ptr<Ticket>> tickets;
    std::unique_lock lock(mutex_);
    if (Clock::now() < closed_until_) return all(MakeError(ErrorCode::kUnavailable, name() + " failed a moment ago: " + last_error_));
    if (!waiting_.empty() && waiting_.size() + items.size() > options_.max_waiting) {
      return all(MakeError(ErrorCode::kOverloaded, name() + ": " + std::to_string(waiting_.size()) + " texts wait already"));
    }
    for (const ModelItem& item : items) {
      auto [at, added] = in_flight_.try_emplace(item.Key());
      if (added) {
        at->second = std::make_shared<Ticket>(Ticket{item, 0, std::nullopt});
        waiting_.push_back(at->second);
      }
      ++at->second->callers;
      tickets.push_back(at->second);
    }
    wake_.notify_all();
    const auto done = [&] { return std::all_of(tickets.begin(), tickets.end(), [](const auto& t) { return t->answer.has_value(); }); };
    WaitUntil(done_, lock, deadline, done);
    std::vector<Result<ModelScore>> scores;
    for (const auto& ticket : tickets) {
      --ticket->callers;
      scores.push_back(ticket->answer ? *ticket->answer : Result<ModelScore>(MakeError(ErrorCode::kTimeout, name() + " did not answer in time")));
    }
    return scores;
  }

 private:
  std::string name() const { return inner_->name(); }

  void Work() {
    for (;;) {
      std::vector<std::shared_ptr<Ticket>> batch;
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
        if (stop_) return Abandon();
        while (!waiting_.empty() && batch.size() < inner_->max_batch()) {
          if (waiting_.front()->callers > 0) {
            batch.push_back(std::move(waiting_.front()));
          } else {
            in_flight_.erase(waiting_.front()->item.Key());
          }
          waiting_.pop_front();
        }
        if (batch.empty()) continue;
      }
      std::vector<ModelItem> items;
      for (const auto& ticket : batch) items.push_back(ticket->item);
      const auto scores = AskEach(items);
      const std::lock_guard lock(mutex_);
      const Error* trouble = nullptr;
      for (std::size_t i = 0; i < batch.size(); ++i) {
        batch[i]->answer.emplace(scores[i]);
        in_flight_.erase(items[i].Key());
        if (!scores[i]) trouble = &scores[i].error();
      }
      Judge(trouble);
      done_.notify_all();
    }
  }

  // A batch's answer, or where the batch as a whole is refused or cannot be read, each item's own.
  std::vector<Result<ModelScore>> AskEach(const std::vector<ModelItem>& items) {
    const auto whole = Ask(items);
    if (whole) return {whole->begin(), whole->end()};
    const ErrorCode code = whole.error().code;
    if (items.size() == 1 || (code != ErrorCode::kCorrupt && code != ErrorCode::kInvalidArgument)) {
      return std::vector<Result<ModelScore>>(items.size(), whole.error());
    }
    std::vector<Result<ModelScore>> scores;
    for (const ModelItem& item : items) {
      auto one = Ask({item});
      scores.push_back(one ? Result<ModelScore>(one->front()) : Result<ModelScore>(one.error()));
    }
    return scores;
  }

  // With the lock held, at the end: nobody waits for what will never come.
  void Abandon() {
    for (const auto& ticket : waiting_) {
      ticket->answer.emplace(Result<ModelScore>(MakeError(ErrorCode::kUnavailable, name() + " is being closed")));
    }
    waiting_.clear();
    done_.notify_all();
  }

  Result<std::vector<ModelScore>> Ask(const std::vector<ModelItem>& items) {
    auto pause = options_.first_pause;
    for (int tried = 1;; ++tried) {
      auto scores = inner_->Score(items, Deadline::After(options_.timeout));
      if (scores && scores->size() != items.size()) {
        return MakeError(ErrorCode::kCorrupt,
                         name() + " answered " + std::to_string(scores->size()) + " scores for " + std::to_string(items.size()) + " texts");
      }
      const bool again = !scores && (scores.error().code == ErrorCode::kUnavailable || scores.error().code == ErrorCode::kOverloaded);
      if (!again || tried >= options_.tries) return scores;
      std::unique_lock lock(mutex_);
      if (wake_.wait_for(lock, pause, [this] { return stop_; })) return scores;
      pause *= 2;
    }
  }

  // With the lock held. Only a backend that is not there trips: an answer that cannot be read is this batch's trouble.
  void Judge(const Error* error) {
    if (error == nullptr || (error->code != ErrorCode::kUnavailable && error->code != ErrorCode::kTimeout)) {
      failures_ = 0;
      return;
    }
    last_error_ = error->message;
    if (++failures_ < options_.trips) return;
    closed_until_ = Clock::now() + options_.cool_down;
    for (const auto& ticket : waiting_) {
      ticket->answer.emplace(Result<ModelScore>(*error));
      in_flight_.erase(ticket->item.Key());
    }
    waiting_.clear();
    failures_ = options_.trips - 1;  // one more failure after the pause closes it again
  }

  const std::unique_ptr<ModelBackend> inner_;
  const BatcherOptions options_;
  std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::deque<std::shared_ptr<Ticket>> waiting_;  // all guarded by mutex_
  std::unordered_map<std::string, std::shared_ptr<Ticket>> in_flight_;
  Clock::time_point closed_until_{};
  std::string last_error_;
  int failures_ = 0;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<ModelClient> MakeBatcher(std::unique_ptr<ModelBackend> inner, BatcherOptions options) {
  return std::make_unique<Batcher>(std::move(inner), options);
}

}  // namespace rlar
