// Spend: what the paid models of this process have cost, and how much they may per 1,000 rollouts. One a process, as
// backends are shared by all who hold one.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <string>

#include "rlar/json.h"
#include "rlar/result.h"

namespace rlar {

// US dollars per million tokens.
struct ModelPrice {
  double prompt = 0, completion = 0;
  bool free() const { return prompt <= 0 && completion <= 0; }
  Json ToJson() const;  // {prompt, completion}
  // Of one call; `usage` is what the server counted (OpenAI's form), null or without numbers: a token for four bytes.
  double Of(const Json* usage, std::size_t asked_bytes, std::size_t said_bytes) const;
};

// Thread-safe.
class Spend {
 public:
  static Spend& Process();
  // From now on: rollouts so far and later ones may cost this much in US dollars a thousand, and the first thousand is granted
  // in advance, so n rollouts never cost more than cap * (1 + n / 1000) and the calls in flight. Infinite: no cap.
  void SetCap(double usd_per_1000);
  void AddRollouts(std::size_t count);
  void Pay(const std::string& model, double usd);
  // An error (overloaded) that says the figures, where the cap is reached.
  Result<void> MayPay() const;
  // {usd, rollouts, usd_per_1000 (null before the first rollout), cap (null: none), models: {name: usd}}
  Json Status() const;

 private:
  mutable std::mutex mutex_;
  double cap_ = std::numeric_limits<double>::infinity();  // all guarded by mutex_
  double usd_ = 0;
  std::uint64_t rollouts_ = 0;
  std::map<std::string, double> models_;
};

}  // namespace rlar
