#include "base/fair_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace rlar {
namespace {

TEST(FairPool, KeysTakeTurns) {
  FairPool pool(1, 100);
  std::latch begun(1), go(1);
  std::mutex mutex;
  std::string order;
  const auto job = [&](char name) {
    return FairPool::Job{std::string(1, name), [&, name] {
                           const std::lock_guard lock(mutex);
                           order += name;
                         }};
  };
  std::vector<FairPool::Job> first;
  first.push_back({"hold", [&] {
                     begun.count_down();
                     go.wait();
                   }});
  ASSERT_TRUE(pool.Submit(std::move(first)));
  begun.wait();
  std::latch over(1);
  ASSERT_TRUE(pool.Submit({job('a'), job('a'), job('a'), job('a')}));
  ASSERT_TRUE(pool.Submit({job('b'), job('c')}));
  ASSERT_TRUE(pool.Submit({{"a", [&] { over.count_down(); }}}));
  go.count_down();
  over.wait();
  EXPECT_EQ(order, "abcaaa");
}

TEST(FairPool, AKeyWhoseJobsHangLeavesThreadsToOthers) {
  FairPool pool(4, 100);
  std::latch go(1), other(1);
  std::atomic<int> begun = 0;
  std::vector<FairPool::Job> hung;
  for (int i = 0; i < 10; ++i) {
    hung.push_back({"hung", [&] {
                      ++begun;
                      go.wait();
                    }});
  }
  ASSERT_TRUE(pool.Submit(std::move(hung)));
  while (begun < 3) std::this_thread::yield();
  ASSERT_TRUE(pool.Submit({{"other", [&] { other.count_down(); }}}));
  other.wait();
  EXPECT_EQ(pool.waiting(), 7u);
  go.count_down();
}

TEST(FairPool, RefusesWhatItCannotHoldButForOneAlone) {
  FairPool pool(1, 2);
  std::latch begun(1), go(1);
  ASSERT_TRUE(pool.Submit({{"a", [&] {
                              begun.count_down();
                              go.wait();
                            }}}));
  begun.wait();
  const auto none = [] {};
  EXPECT_TRUE(pool.Submit({{"a", none}, {"a", none}, {"a", none}}));  // nobody waits: as many as it likes
  EXPECT_FALSE(pool.Submit({{"b", none}}));
  go.count_down();
}

TEST(FairPool, FinishesWhatItTook) {
  std::atomic<int> done = 0;
  {
    FairPool pool(3, 1000);
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(pool.Submit({{std::to_string(i % 7), [&] { ++done; }}}));
  }
  EXPECT_EQ(done, 200);
}

}  // namespace
}  // namespace rlar
