// A fixed set of threads that runs the parts of one job at a time; joined when it is destroyed.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace rlar {

class ThreadPool {
 public:
  // `threads` >= 1; the caller's own thread is one of them.
  explicit ThreadPool(std::size_t threads);
  ~ThreadPool();
  // Runs body(0) … body(count - 1), any order, any thread; returns when all are done. One call at a time.
  void ForEach(std::size_t count, const std::function<void(std::size_t)>& body);

 private:
  void Work();
  void Drain();

  std::mutex mutex_;
  std::condition_variable wake_, done_;
  const std::function<void(std::size_t)>* body_ = nullptr;  // guarded by mutex_
  std::size_t generation_ = 0;                              // guarded by mutex_
  std::size_t busy_ = 0;                                    // guarded by mutex_
  bool stop_ = false;                                       // guarded by mutex_
  std::atomic<std::size_t> next_{0};
  std::size_t count_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace rlar
