// A bounded queue of jobs and the threads that run them. Full means refused, at once: whoever submits decides what then.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace rlar {

class WorkQueue {
 public:
  // `at_start`: what each thread does first. `patience`: where jobs come one at a time, how long a thread looks for the next before it
  // sleeps: waking it takes longer than a small job does.
  WorkQueue(std::size_t threads, std::size_t bound, void (*at_start)() = nullptr, std::chrono::microseconds patience = {});
  // Finishes every accepted job, then joins.
  ~WorkQueue();
  // False where `bound` jobs are waiting already; the job is then not kept.
  bool Submit(std::function<void()> job);
  std::size_t waiting() const;

 private:
  void Work();
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_
  bool stop_ = false;                       // guarded by mutex_
  std::atomic<std::size_t> ready_{0};       // jobs_.size(), for those who look without the lock
  std::atomic<std::size_t> running_{0};
  const std::size_t bound_;
  const std::chrono::microseconds patience_;
  std::vector<std::thread> threads_;
};

}  // namespace rlar
