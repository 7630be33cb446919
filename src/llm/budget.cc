#include "llm/budget.h"

#include <charconv>
#include <cmath>

#include "base/text.h"
#include "rlar/json.h"

namespace rlar {
namespace {

using Clock = std::chrono::steady_clock;

Result<double> Amount(std::string_view text, std::string_view what) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || value < 0) {
    return MakeError(ErrorCode::kInvalidArgument, std::string(what) + ": '" + std::string(text) + "' is no number >= 0");
  }
  return value;
}

Clock::time_point EndOf(Clock::time_point start, double minutes) {
  if (minutes > 60.0 * 24 * 365) return Clock::time_point::max();
  return start + std::chrono::milliseconds(static_cast<std::int64_t>(minutes * 60'000));
}

}  // namespace

Result<BudgetLimits> ParseBudget(std::string_view text) {
  BudgetLimits limits;
  if (Trim(text).empty()) return limits;
  for (const std::string_view raw : Split(text, ',')) {
    const std::string_view part = Trim(raw);
    const auto equals = part.find('=');
    const std::string_view name = Trim(part.substr(0, equals));
    double* target = name == "usd" ? &limits.usd : name == "tokens" ? &limits.tokens : name == "minutes" ? &limits.minutes : nullptr;
    if (target == nullptr || equals == part.npos) {
      return MakeError(ErrorCode::kInvalidArgument, "budget: '" + std::string(part) + "' is none of usd=N, tokens=N, minutes=N (joined by commas)");
    }
    auto amount = Amount(Trim(part.substr(equals + 1)), "budget " + std::string(name));
    if (!amount) return amount.error();
    *target = *amount;
  }
  return limits;
}

Result<Prices> ParsePrices(std::string_view text) {
  const auto comma = text.find(',');
  if (comma == text.npos) {
    return MakeError(ErrorCode::kInvalidArgument, "prices: '" + std::string(text) + "' must be IN,OUT in US dollars per million tokens");
  }
  auto in = Amount(Trim(text.substr(0, comma)), "price of prompt tokens");
  if (!in) return in.error();
  auto out = Amount(Trim(text.substr(comma + 1)), "price of completion tokens");
  if (!out) return out.error();
  return Prices{*in, *out, true};
}

Budget::Budget(BudgetLimits limits) : limits_(limits), start_(Clock::now()), end_(EndOf(start_, limits.minutes)) {}

Result<Budget::Reservation> Budget::Reserve(double tokens, double usd) {
  if (Clock::now() >= end_) {
    return MakeError(ErrorCode::kOverloaded, "the budget of " + Json(limits_.minutes).Dump() + " minutes is used up");
  }
  const Reservation wanted{tokens, usd};
  const std::lock_guard lock(mutex_);
  if (tokens_ + reserved_tokens_ + wanted.tokens > limits_.tokens) {
    return MakeError(ErrorCode::kOverloaded, "the budget of " + Json(limits_.tokens).Dump() + " tokens would be passed");
  }
  if (usd_ + reserved_usd_ + wanted.usd > limits_.usd) {
    return MakeError(ErrorCode::kOverloaded, "the budget of " + Json(limits_.usd).Dump() + " US dollars would be passed");
  }
  reserved_tokens_ += wanted.tokens;
  reserved_usd_ += wanted.usd;
  return wanted;
}

void Budget::Settle(const Reservation& reserved, double tokens, double usd) {
  const std::lock_guard lock(mutex_);
  reserved_tokens_ -= reserved.tokens;
  reserved_usd_ -= reserved.usd;
  tokens_ += tokens;
  usd_ += usd;
}

double Budget::tokens() const {
  const std::lock_guard lock(mutex_);
  return tokens_;
}
double Budget::usd() const {
  const std::lock_guard lock(mutex_);
  return usd_;
}
double Budget::minutes() const { return std::chrono::duration<double, std::ratio<60>>(Clock::now() - start_).count(); }

}  // namespace rlar
