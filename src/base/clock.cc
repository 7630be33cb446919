#include <algorithm>

#include "rlar/tool.h"

namespace rlar {
namespace {

// How late a cancelled wait may end.
constexpr std::chrono::milliseconds kLook{20}, kLongSlice{60'000};

}  // namespace

Deadline Deadline::CancelledBy(const std::atomic<bool>* flag) const { return Deadline(at_, flag); }

Deadline Deadline::Before(Clock::time_point at) const { return Deadline(std::min(at_, at), flag_); }

std::chrono::milliseconds Deadline::Left(std::chrono::milliseconds cap) const {
  if (cancelled()) return std::chrono::milliseconds(0);
  if (at_ == Clock::time_point::max()) return cap;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now());
  return std::clamp(left, std::chrono::milliseconds(0), cap);
}

std::chrono::milliseconds Deadline::Slice() const { return Left(flag_ == nullptr ? kLongSlice : kLook); }

}  // namespace rlar
