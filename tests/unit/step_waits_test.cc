#include "serve/step_waits.h"

#include <gtest/gtest.h>

namespace rlar {
namespace {

using std::chrono::milliseconds;

struct Trainer {
  StepWaits waits;
  StepWaits::Time now{std::chrono::hours(1)};
  void Sleep(int ms) { now += milliseconds(ms); }
  double Exposed() { return waits.Status(now).Find("exposed_seconds")->number(); }
  double Steps() { return waits.Status(now).Find("steps")->number(); }
};

TEST(StepWaits, OnlyWhatComesAfterTheLastRequestIsExposed) {
  Trainer t;
  for (int i = 0; i < 3; ++i) {
    t.waits.Came(t.now);
    t.Sleep(500);
    t.waits.Answered(t.now);
  }
  t.waits.Came(t.now);
  t.Sleep(800);
  t.waits.Answered(t.now);
  EXPECT_EQ(t.Steps(), 0) << "the step is not over";
  EXPECT_TRUE(t.waits.Status(t.now).Find("last_exposed_seconds")->is_null());
  t.Sleep(2000);
  EXPECT_EQ(t.Steps(), 1);
  EXPECT_DOUBLE_EQ(t.Exposed(), 0.8);
}

TEST(StepWaits, StepsAddUpAndTheLastIsSaidAlone) {
  Trainer t;
  for (const int ms : {300, 700}) {
    t.waits.Came(t.now);
    t.Sleep(ms);
    t.waits.Answered(t.now);
    t.Sleep(5000);
  }
  EXPECT_EQ(t.Steps(), 2);
  EXPECT_DOUBLE_EQ(t.Exposed(), 1.0);
  EXPECT_DOUBLE_EQ(t.waits.Status(t.now).Find("last_exposed_seconds")->number(), 0.7);
}

TEST(StepWaits, ALongAnswerIsNoPause) {
  Trainer t;
  t.waits.Came(t.now);
  t.Sleep(9000);
  t.waits.Answered(t.now);
  t.waits.Came(t.now);
  t.Sleep(100);
  t.waits.Answered(t.now);
  t.Sleep(2000);
  EXPECT_EQ(t.Steps(), 1);
  EXPECT_DOUBLE_EQ(t.Exposed(), 0.1);
}

}  // namespace
}  // namespace rlar
