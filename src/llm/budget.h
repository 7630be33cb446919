// Budget: what a build may spend on language models, and what it has spent.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>

#include "rlar/result.h"

namespace rlar {

struct BudgetLimits {
  double usd = std::numeric_limits<double>::infinity();
  double tokens = std::numeric_limits<double>::infinity();
  double minutes = std::numeric_limits<double>::infinity();
};
// Parses "usd=1,tokens=2e6,minutes=30"; an unknown name or a number below 0 is an error that names it.
Result<BudgetLimits> ParseBudget(std::string_view text);

// US dollars per million tokens; 0 for a local model.
struct Prices {
  double prompt = 0, completion = 0;
  bool known = false;
  double Usd(double prompt_tokens, double completion_tokens) const { return (prompt_tokens * prompt + completion_tokens * completion) / 1e6; }
};
// Parses "IN,OUT", e.g. "0.15,0.60".
Result<Prices> ParsePrices(std::string_view text);

// Thread-safe. Time runs from construction. A call reserves what it may cost before it is made, so that calls that run at
// once cannot overshoot together, and is settled with what it did cost. Models with different prices may share one: dollars
// are counted by who asks.
class Budget {
 public:
  explicit Budget(BudgetLimits limits);
  struct Reservation {
    double tokens = 0, usd = 0;
  };
  // An error (overloaded) that says which limit it would pass.
  Result<Reservation> Reserve(double tokens, double usd);
  void Settle(const Reservation& reserved, double tokens, double usd);

  double tokens() const;
  double usd() const;
  double minutes() const;
  std::chrono::steady_clock::time_point end() const { return end_; }  // max() without a limit in minutes

 private:
  const BudgetLimits limits_;
  const std::chrono::steady_clock::time_point start_, end_;
  mutable std::mutex mutex_;
  double tokens_ = 0, usd_ = 0;                    // settled; guarded by mutex_
  double reserved_tokens_ = 0, reserved_usd_ = 0;  // guarded by mutex_
};

}  // namespace rlar
