#include "llm/hour_budget.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/fs.h"
#include "base/json_at.h"
#include "base/text.h"

namespace rlar {
namespace {

constexpr double kHour = 3600;

double UnixTime() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

Json Limit(double limit) { return std::isfinite(limit) ? Json(limit) : Json(); }

}  // namespace

Result<std::unique_ptr<HourBudget>> HourBudget::Open(const std::filesystem::path& file, BudgetLimits limits, Seconds now) {
  std::unique_ptr<HourBudget> budget(new HourBudget(file, limits, now ? std::move(now) : Seconds(UnixTime)));
  const auto text = ReadFile(file);
  if (!text && text.error().code != ErrorCode::kNotFound) return text.error();
  const double time = budget->now_();
  std::string kept;
  for (const std::string_view line : Split(text ? std::string_view(*text) : std::string_view(), '\n')) {
    const auto json = ParseJson(line);
    if (!json) continue;  // a torn last line: a call whose cost was not written down
    const Entry entry{NumberAt(*json, "time"), NumberAt(*json, "tokens"), NumberAt(*json, "usd"), NumberAt(*json, "minutes")};
    if (entry.time + kHour <= time) continue;
    budget->entries_.push_back(entry);
    kept += std::string(line) + "\n";
  }
  if (text && kept != *text) RLAR_TRY(WriteFileAtomic(file, kept));
  return budget;
}

HourBudget::Entry HourBudget::Spent() const {
  const double time = now_();
  std::erase_if(entries_, [&](const Entry& entry) { return entry.time + kHour <= time; });
  Entry sum;
  for (const Entry& entry : entries_) sum.tokens += entry.tokens, sum.usd += entry.usd, sum.minutes += entry.minutes;
  return sum;
}

// With the lock held.
Result<void> HourBudget::Check(double tokens, double usd) const {
  const Entry spent = Spent();
  const auto passed = [](double used, double more, double limit) { return used + more > limit || used >= limit; };
  const bool over_tokens = passed(spent.tokens + held_tokens_, tokens, limits_.tokens), over_usd = passed(spent.usd + held_usd_, usd, limits_.usd);
  if (!over_tokens && !over_usd && spent.minutes < limits_.minutes) return {};
  const std::string what = over_tokens ? Json(limits_.tokens).Dump() + " tokens"
                           : over_usd  ? Json(limits_.usd).Dump() + " US dollars"
                                       : Json(limits_.minutes).Dump() + " minutes of processor time";
  const double oldest = entries_.empty() ? 0 : entries_.front().time + kHour - now_();
  return MakeError(ErrorCode::kOverloaded,
                   "the budget of " + what + " an hour is used up" +
                       (entries_.empty() ? "" : "; the first of it comes free in " + std::to_string(static_cast<int>(std::ceil(oldest / 60))) + " minutes"));
}

Result<void> HourBudget::Room() const {
  const std::lock_guard lock(mutex_);
  return Check(0, 0);
}

Result<void> HourBudget::Reserve(double tokens, double usd) {
  const std::lock_guard lock(mutex_);
  RLAR_TRY(Check(tokens, usd));
  held_tokens_ += tokens;
  held_usd_ += usd;
  return {};
}

// With the lock held.
Result<void> HourBudget::Append(const Entry& entry) {
  entries_.push_back(entry);
  Json line;
  line.Set("time", entry.time);
  line.Set("tokens", entry.tokens);
  line.Set("usd", entry.usd);
  line.Set("minutes", entry.minutes);
  return AppendLine(file_, line.Dump());
}

Result<void> HourBudget::Settle(double held_tokens, double held_usd, double tokens, double usd) {
  const std::lock_guard lock(mutex_);
  held_tokens_ -= held_tokens;
  held_usd_ -= held_usd;
  if (tokens == 0 && usd == 0) return {};
  return Append({now_(), tokens, usd, 0});
}

bool HourBudget::MinutesLeft() const {
  const std::lock_guard lock(mutex_);
  return Spent().minutes < limits_.minutes;
}

Result<void> HourBudget::SpendMinutes(double minutes) {
  const std::lock_guard lock(mutex_);
  if (minutes <= 0) return {};
  return Append({now_(), 0, 0, minutes});
}

Json HourBudget::ToJson() const {
  const std::lock_guard lock(mutex_);
  const Entry used = Spent();
  Json json, limits, spent;
  limits.Set("tokens", Limit(limits_.tokens));
  limits.Set("usd", Limit(limits_.usd));
  limits.Set("minutes", Limit(limits_.minutes));
  spent.Set("tokens", used.tokens);
  spent.Set("usd", used.usd);
  spent.Set("minutes", used.minutes);
  json.Set("limits", std::move(limits));
  json.Set("spent", std::move(spent));
  return json;
}

}  // namespace rlar
