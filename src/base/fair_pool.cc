#include "base/fair_pool.h"

#include <algorithm>

namespace rlar {

FairPool::FairPool(std::size_t threads, std::size_t bound) : bound_(bound), per_key_(std::max<std::size_t>(1, threads - threads / 4)) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Work(); });
}

FairPool::~FairPool() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool FairPool::Submit(std::vector<Job> jobs) {
  {
    const std::lock_guard lock(mutex_);
    if (stop_ || (waiting_ > 0 && waiting_ + jobs.size() > bound_)) return false;
    waiting_ += jobs.size();
    for (Job& job : jobs) lanes_[job.key].jobs.push_back(std::move(job.run));
  }
  wake_.notify_all();
  return true;
}

std::size_t FairPool::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

// With the lock held: the next key after the last one served that has a job and may run one more, or end().
FairPool::Lanes::iterator FairPool::Next() {
  auto at = lanes_.upper_bound(last_);
  for (std::size_t i = 0; i < lanes_.size(); ++i, ++at) {
    if (at == lanes_.end()) at = lanes_.begin();
    if (!at->second.jobs.empty() && at->second.running < per_key_) return at;
  }
  return lanes_.end();
}

void FairPool::Work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    Lanes::iterator lane;
    wake_.wait(lock, [&] { return (lane = Next()) != lanes_.end() || (stop_ && waiting_ == 0); });
    if (lane == lanes_.end()) return;
    last_ = lane->first;
    const auto job = std::move(lane->second.jobs.front());
    lane->second.jobs.pop_front();
    ++lane->second.running;
    --waiting_;
    lock.unlock();
    job();
    lock.lock();
    if (--lane->second.running == 0 && lane->second.jobs.empty()) lanes_.erase(lane);
    if (waiting_ > 0 || stop_) wake_.notify_all();
  }
}

}  // namespace rlar
