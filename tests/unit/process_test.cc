#include <gtest/gtest.h>
#include <signal.h>

#include "base/metrics.h"
#include "base/thread_pool.h"
#include "base/work_queue.h"
#include "process/child.h"

namespace rlar {
namespace {

Deadline Soon() { return Deadline::After(std::chrono::seconds(10)); }

TEST(Child, LinesBothWays) {
  auto child = Child::Spawn({.argv = {"cat"}, .environment = {"PATH=/usr/bin:/bin"}});
  ASSERT_TRUE(child.has_value());
  ASSERT_TRUE(child->Write("one\ntwo\n", Soon()).has_value());
  EXPECT_EQ(*child->ReadLine(Soon(), 100), "one");
  EXPECT_EQ(*child->ReadLine(Soon(), 100), "two");
  child->CloseInput();
  EXPECT_FALSE(child->ReadLine(Soon(), 100).has_value());
  EXPECT_EQ(child->Wait(Soon()), 0);
}

TEST(Child, DeadlineHoldsAndTheGroupIsKilled) {
  auto child = Child::Spawn({.argv = {"sh", "-c", "sleep 100 & echo $!; wait"}, .environment = {"PATH=/usr/bin:/bin"}});
  ASSERT_TRUE(child.has_value());
  const pid_t grandchild = std::stoi(*child->ReadLine(Soon(), 100));
  const auto late = child->ReadLine(Deadline::After(std::chrono::milliseconds(50)), 100);
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  child->Kill();
  for (int i = 0; i < 200 && ::kill(grandchild, 0) == 0; ++i) ::usleep(10'000);
  EXPECT_NE(::kill(grandchild, 0), 0) << "a grandchild outlived its group";
}

TEST(Child, InheritsNoDescriptor) {
  const int leak = ::dup(0);  // without close-on-exec
  auto child = Child::Spawn({.argv = {"sh", "-c", "ls /proc/self/fd | tr '\\n' ' '; echo"}, .environment = {"PATH=/usr/bin:/bin"}});
  ASSERT_TRUE(child.has_value());
  EXPECT_EQ(*child->ReadLine(Soon(), 1000), "0 1 2 3 ");  // 3 is the listed folder itself
  ::close(leak);
}

TEST(Child, AnEndlessLineIsRefused) {
  auto child = Child::Spawn({.argv = {"sh", "-c", "head -c 300000 /dev/zero"}, .environment = {"PATH=/usr/bin:/bin"}});
  ASSERT_TRUE(child.has_value());
  const auto line = child->ReadLine(Soon(), 1000);
  ASSERT_FALSE(line.has_value());
  EXPECT_EQ(line.error().code, ErrorCode::kOverloaded);
}

TEST(Child, AMissingProgramIsAnError) { EXPECT_FALSE(Child::Spawn({.argv = {"no-such-program-here"}, .environment = {}}).has_value()); }

TEST(ThreadPool, RunsEveryPartOnce) {
  ThreadPool pool(4);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::atomic<int>> counts(97);
    pool.ForEach(counts.size(), [&](std::size_t i) { ++counts[i]; });
    for (const auto& count : counts) EXPECT_EQ(count, 1);
  }
}

TEST(WorkQueue, IsBoundedAndFinishesWhatItTook) {
  std::atomic<int> done{0};
  std::mutex gate;
  int accepted = 0;
  {
    WorkQueue queue(1, 3);
    std::unique_lock hold(gate);
    for (int i = 0; i < 20; ++i) {
      accepted += queue.Submit([&] {
        const std::lock_guard wait(gate);
        ++done;
      });
    }
    EXPECT_GE(accepted, 3);
    EXPECT_LE(accepted, 4);
    hold.unlock();
  }
  EXPECT_EQ(done, accepted);
}

TEST(WorkQueue, PatientThreadsLoseNoJobs) {
  for (const std::size_t threads : {1u, 2u, 5u}) {
    std::atomic<int> done{0};
    {
      WorkQueue queue(threads, 1000, nullptr, std::chrono::microseconds(200));
      for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(queue.Submit([&] { ++done; }));
        while (i % 3 == 0 && done <= i) std::this_thread::yield();  // some come alone, some together
      }
    }
    EXPECT_EQ(done, 500);
  }
}

TEST(Metrics, PrometheusText) {
  Metrics metrics;
  metrics.Describe("a_total", "things");
  metrics.Count("a_total", "k=\"" + Metrics::Escape("x\"y") + "\"", 2);
  metrics.Observe("t", "", 0.002);
  const std::string text = metrics.Render();
  EXPECT_NE(text.find("# HELP a_total things\n# TYPE a_total counter\na_total{k=\"x\\\"y\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("t_bucket{le=\"0.0025\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("t_bucket{le=\"+Inf\"} 1\nt_sum 0.002\nt_count 1\n"), std::string::npos);
}

}  // namespace
}  // namespace rlar
