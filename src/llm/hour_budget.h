// HourBudget: what may be spent within any sixty minutes, whatever was restarted in between. What was spent stands in a file, written as it is spent.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "llm/budget.h"
#include "rlar/json.h"

namespace rlar {

// Thread-safe.
class HourBudget {
 public:
  using Seconds = std::function<double()>;  // unix time
  // `file`: JSON Lines {time, tokens, usd, minutes}; what is older than an hour is dropped. `limits.minutes` are minutes of processor time.
  static Result<std::unique_ptr<HourBudget>> Open(const std::filesystem::path& file, BudgetLimits limits, Seconds now = {});

  // An error (overloaded) that says which limit is used up, and in how many minutes there is room again.
  Result<void> Room() const;
  // Holds room for a call before it is made, as Budget::Reserve does; the error is as above.
  Result<void> Reserve(double tokens, double usd);
  // Gives back what was held for a call, and writes down what it did cost.
  Result<void> Settle(double held_tokens, double held_usd, double tokens, double usd);
  bool MinutesLeft() const;
  // Writes down processor time.
  Result<void> SpendMinutes(double minutes);
  // {limits: {…}, spent: {tokens, usd, minutes}}: limits that are none are null.
  Json ToJson() const;

 private:
  struct Entry {
    double time = 0, tokens = 0, usd = 0, minutes = 0;
  };
  HourBudget(std::filesystem::path file, BudgetLimits limits, Seconds now) : file_(std::move(file)), limits_(limits), now_(std::move(now)) {}
  Entry Spent() const;  // with the lock held; drops what is too old
  Result<void> Check(double tokens, double usd) const;
  Result<void> Append(const Entry& entry);
  const std::filesystem::path file_;
  const BudgetLimits limits_;
  const Seconds now_;
  mutable std::mutex mutex_;
  mutable std::deque<Entry> entries_;      // guarded by mutex_
  double held_tokens_ = 0, held_usd_ = 0;  // guarded by mutex_
};

}  // namespace rlar
