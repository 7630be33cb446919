// For threads that answer single requests: to run soon after they wake, and not to sleep for what comes at once.
//
// A scheduling class of the same priority whose threads run soon after they wake, for a short while: what answers single requests must not wait for the
// end of another program's time slice on a full machine.
#pragma once

#include <chrono>

namespace rlar {

// For the calling thread. Asks Linux (6.12 and later) for slices of 0.1 ms; its share of the processor stays what its nice value says. Other kernels
// leave all as it was.
void TakeShortSlices();

// Looks without sleeping until `found` says so, for at most `patience`.
template <typename Found>
void LookFor(std::chrono::microseconds patience, Found found) {
  if (patience.count() <= 0) return;
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!found() && std::chrono::steady_clock::now() < until) {
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
  }
}

}  // namespace rlar
