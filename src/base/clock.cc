#include <algorithm>

#include "rlar/tool.h"

namespace rlar {

std::chrono::milliseconds Deadline::Left(std::chrono::milliseconds cap) const {
  if (at_ == Clock::time_point::max()) return cap;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now());
  return std::clamp(left, std::chrono::milliseconds(0), cap);
}

}  // namespace rlar
