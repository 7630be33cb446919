// Threads that run jobs by key, in turn: many jobs of one key hold up no job of another.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace rlar {

// Thread-safe.
class FairPool {
 public:
  struct Job {
    std::string key;
    std::function<void()> run;
  };
  // At most `threads` - `threads` / 4 jobs of one key run at once, so that a key whose jobs hang leaves threads to the others.
  FairPool(std::size_t threads, std::size_t bound);
  // Finishes every accepted job, then joins.
  ~FairPool();
  // All or none: false where others wait already and these would make more than `bound`.
  bool Submit(std::vector<Job> jobs);
  std::size_t waiting() const;

 private:
  struct Lane {
    std::deque<std::function<void()>> jobs;
    std::size_t running = 0;
  };
  using Lanes = std::map<std::string, Lane>;
  Lanes::iterator Next();
  void Work();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Lanes lanes_;       // those with jobs waiting or running; all below guarded by mutex_
  std::string last_;  // the key that was served last
  std::size_t waiting_ = 0;
  bool stop_ = false;
  const std::size_t bound_, per_key_;
  std::vector<std::thread> threads_;
};

}  // namespace rlar
