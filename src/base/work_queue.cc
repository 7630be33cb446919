#include "base/work_queue.h"

#include "base/short_slice.h"

namespace rlar {

WorkQueue::WorkQueue(std::size_t threads, std::size_t bound, void (*at_start)(), std::chrono::microseconds patience) : bound_(bound), patience_(patience) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, at_start] {
      if (at_start != nullptr) at_start();
      Work();
    });
  }
}

WorkQueue::~WorkQueue() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkQueue::Submit(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_ || jobs_.size() >= bound_) return false;
    jobs_.push_back(std::move(job));
    ready_ = jobs_.size();
  }
  wake_.notify_one();
  return true;
}

std::size_t WorkQueue::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void WorkQueue::Work() {
  for (;;) {
    std::function<void()> job;
    bool alone = false;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
      ready_ = jobs_.size();
      alone = ++running_ == 1 && jobs_.empty();
    }
    job();
    job = nullptr;
    // Where jobs come several at a time, the processor is better left to them.
    if (--running_ == 0 && alone) LookFor(patience_, [this] { return ready_ > 0; });
  }
}

}  // namespace rlar
