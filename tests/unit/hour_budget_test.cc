#include "llm/hour_budget.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/fs.h"

namespace rlar {
namespace {

class HourBudgetTest : public testing::Test {
 protected:
  ~HourBudgetTest() override { std::filesystem::remove(file_); }
  std::unique_ptr<HourBudget> Open(const std::string& limits) {
    auto opened = HourBudget::Open(file_, *ParseBudget(limits), [this] { return time_; });
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  const std::filesystem::path file_ = std::filesystem::temp_directory_path() / ("rlar-spent-" + std::to_string(::getpid()) + ".jsonl");
  double time_ = 1'000'000;
};

TEST_F(HourBudgetTest, WhatWasSpentCountsAfterARestart) {
  {
    auto budget = Open("tokens=100");
    ASSERT_TRUE(budget->Reserve(60, 0));
    ASSERT_TRUE(budget->Settle(60, 0, 80, 0));
  }
  auto again = Open("tokens=100");
  EXPECT_TRUE(again->Room());
  EXPECT_TRUE(again->Reserve(20, 0));
  const auto over = again->Reserve(1, 0);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, ErrorCode::kOverloaded);
  EXPECT_NE(over.error().message.find("100 tokens an hour"), std::string::npos) << over.error().message;
}

TEST_F(HourBudgetTest, AnHourLaterThereIsRoomAgain) {
  auto budget = Open("usd=1");
  ASSERT_TRUE(budget->Reserve(10, 1));
  ASSERT_TRUE(budget->Settle(10, 1, 10, 1));
  time_ += 1800;
  const auto over = budget->Room();
  ASSERT_FALSE(over);
  EXPECT_NE(over.error().message.find("comes free in 30 minutes"), std::string::npos) << over.error().message;
  time_ += 1801;
  EXPECT_TRUE(budget->Room());
  EXPECT_TRUE(budget->Reserve(10, 1));
}

TEST_F(HourBudgetTest, CallsAtOnceCannotOvershootTogether) {
  auto budget = Open("tokens=100");
  EXPECT_TRUE(budget->Reserve(60, 0));
  EXPECT_FALSE(budget->Reserve(60, 0));
  EXPECT_TRUE(budget->Settle(60, 0, 0, 0));  // the call came to nothing
  EXPECT_TRUE(budget->Reserve(60, 0));
}

TEST_F(HourBudgetTest, ProcessorTimeIsCounted) {
  auto budget = Open("minutes=2");
  ASSERT_TRUE(budget->SpendMinutes(1.5));
  EXPECT_TRUE(budget->MinutesLeft());
  ASSERT_TRUE(budget->SpendMinutes(0.5));
  EXPECT_FALSE(budget->MinutesLeft());
  EXPECT_FALSE(budget->Room());
}

TEST_F(HourBudgetTest, ATornLineIsDroppedAndOldOnesGo) {
  ASSERT_TRUE(WriteFileAtomic(file_, R"({"time":1000,"tokens":99,"usd":0,"minutes":0})"
                                     "\n"
                                     R"({"time":999999,"tokens":7,"usd":0,"minutes":0})"
                                     "\n"
                                     R"({"time":99)"));
  auto budget = Open("tokens=100");
  EXPECT_EQ(budget->ToJson().Find("spent")->Find("tokens")->number(), 7);
  EXPECT_EQ(*ReadFile(file_), R"({"time":999999,"tokens":7,"usd":0,"minutes":0})"
                              "\n");
}

}  // namespace
}  // namespace rlar
