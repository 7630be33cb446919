// StepWaits: how long a trainer waited for rewards with nothing left to generate. A step's responses are asked for while others are
// still generated; what is not hidden behind that is the time from the last of them that comes to the last answer.
//
// Steps are told apart by pauses: training between two generations asks for nothing. Where generation itself pauses longer than `kPause`, a step counts
// as several, and the last of them holds the step's exposed time. Clients that hold requests back (our own plugs, past their limit of requests
// at once) make it look shorter than it is: they measure it themselves.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>

#include "rlar/json.h"

namespace rlar {

// Thread-safe.
class StepWaits {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kPause{2};

  void Came(Time now) {
    const std::lock_guard lock(mutex_);
    Close(now);
    came_ = std::max(came_, now);
    open_ = true;
  }
  void Answered(Time now) {
    const std::lock_guard lock(mutex_);
    answered_ = std::max(answered_, now);
  }
  // Nothing was asked or answered for a pause.
  bool Between(Time now) {
    const std::lock_guard lock(mutex_);
    Close(now);
    return !open_;
  }
  // {steps, last_exposed_seconds, exposed_seconds}: of steps that are over; the last number is null before the first.
  Json Status(Time now) {
    const std::lock_guard lock(mutex_);
    Close(now);
    Json status;
    status.Set("steps", static_cast<std::int64_t>(steps_));
    status.Set("exposed_seconds", total_);
    status.Set("last_exposed_seconds", steps_ == 0 ? Json() : Json(last_));
    return status;
  }

 private:
  void Close(Time now) {
    if (!open_ || now - std::max(came_, answered_) < kPause) return;
    last_ = std::max(0.0, std::chrono::duration<double>(answered_ - came_).count());
    total_ += last_;
    ++steps_;
    open_ = false;
  }

  std::mutex mutex_;
  Time came_{}, answered_{};  // all guarded by mutex_
  bool open_ = false;
  std::uint64_t steps_ = 0;
  double last_ = 0, total_ = 0;
};

}  // namespace rlar
