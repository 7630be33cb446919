#pragma once

#include <condition_variable>
#include <mutex>

#include "rlar/tool.h"

namespace rlar {

// Waits until `done` holds, which is true, or the deadline has passed. `done` is asked with the lock held.
template <class Predicate>
bool WaitUntil(std::condition_variable& wake, std::unique_lock<std::mutex>& lock, const Deadline& deadline, Predicate done) {
  while (!done()) {
    if (deadline.passed()) return false;
    wake.wait_for(lock, deadline.Slice());
  }
  return true;
}

}  // namespace rlar
