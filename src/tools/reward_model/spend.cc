#include "tools/reward_model/spend.h"

#include <cmath>
#include <cstdio>

namespace rlar {
namespace {

constexpr double kBytesAToken = 4;

double Tokens(const Json* usage, std::string_view key, std::size_t bytes) {
  const Json* count = usage == nullptr ? nullptr : usage->Find(key);
  if (count != nullptr && count->is_number() && count->number() >= 0) return count->number();
  return static_cast<double>(bytes) / kBytesAToken;
}

std::string Dollars(double usd) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", usd);
  return text;
}

}  // namespace

double ModelPrice::Of(const Json* usage, std::size_t asked_bytes, std::size_t said_bytes) const {
  return (Tokens(usage, "prompt_tokens", asked_bytes) * prompt + Tokens(usage, "completion_tokens", said_bytes) * completion) / 1e6;
}

Json ModelPrice::ToJson() const {
  Json json;
  json.Set("prompt", prompt);
  json.Set("completion", completion);
  return json;
}

Spend& Spend::Process() {
  static Spend spend;
  return spend;
}

void Spend::SetCap(double usd_per_1000) {
  const std::lock_guard lock(mutex_);
  cap_ = usd_per_1000;
}

void Spend::AddRollouts(std::size_t count) {
  const std::lock_guard lock(mutex_);
  rollouts_ += count;
}

void Spend::Pay(const std::string& model, double usd) {
  const std::lock_guard lock(mutex_);
  usd_ += usd;
  models_[model] += usd;
}

Result<void> Spend::MayPay() const {
  const std::lock_guard lock(mutex_);
  if (usd_ < cap_ * (1 + static_cast<double>(rollouts_) / 1000)) return {};
  return MakeError(ErrorCode::kOverloaded, "the cap of " + Dollars(cap_) + " US dollars per 1,000 rollouts is reached: " + Dollars(usd_) + " spent on " +
                                               std::to_string(rollouts_) + " rollouts");
}

Json Spend::Status() const {
  const std::lock_guard lock(mutex_);
  Json status, models = Json::Object{};
  status.Set("usd", usd_);
  status.Set("rollouts", static_cast<std::int64_t>(rollouts_));
  status.Set("usd_per_1000", rollouts_ == 0 ? Json() : Json(1000 * usd_ / static_cast<double>(rollouts_)));
  status.Set("cap", std::isfinite(cap_) ? Json(cap_) : Json());
  for (const auto& [name, usd] : models_) models.Set(name, usd);
  status.Set("models", std::move(models));
  return status;
}

}  // namespace rlar
