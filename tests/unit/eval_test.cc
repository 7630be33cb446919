// The maths of `rlar eval`: numbers that can be checked by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "eval/choice.h"
#include "eval/resample.h"

namespace rlar {
namespace {

TEST(TopCredit, EqualHighestScoresShareTheCredit) {
  const std::vector<bool> first{true, false, false, false};
  EXPECT_EQ(TopCredit(std::vector<double>{2, 1, 1, 0}, first), 1);
  EXPECT_EQ(TopCredit(std::vector<double>{1, 2, 1, 0}, first), 0);
  EXPECT_EQ(TopCredit(std::vector<double>{2, 2, 1, 0}, first), 0.5);
  EXPECT_EQ(TopCredit(std::vector<double>{3, 3, 3, 3}, first), 0.25);
  EXPECT_EQ(TopCredit(std::vector<double>{1, 3, 3, 3}, first), 0);
  EXPECT_EQ(TopCredit(std::vector<double>{-1, -1, -5}, {true, true, false}), 1);  // both at the top are right
}

std::optional<TiesScore> ScoreAll(const std::vector<TiesPrompt>& prompts) {
  std::vector<std::size_t> picks(prompts.size());
  std::iota(picks.begin(), picks.end(), 0u);
  return ScoreTies(prompts, picks);
}

TEST(Ties, RowsByHand) {
  const TiesRow row = MakeTiesRow(std::vector<double>{5, 7, 6, 1, 3}, 3);
  EXPECT_EQ(row.spread, 2);
  EXPECT_EQ(row.gap, 2);
  const TiesRow lone = MakeTiesRow(std::vector<double>{1, 4}, 1);
  EXPECT_EQ(lone.spread, 0);
  EXPECT_EQ(lone.gap, -3);
}

TEST(Ties, PerfectScorerGetsOneAndAHundredth) {
  const auto score = ScoreAll({{TiesRow{0, 4}, TiesRow{0, 4}}});
  ASSERT_TRUE(score);
  EXPECT_DOUBLE_EQ(score->value, 1.01);
}

TEST(Ties, ConstantScorerGetsNothing) {
  const auto score = ScoreAll({{TiesRow{0, 0}, TiesRow{0, 0}}});
  ASSERT_TRUE(score);
  EXPECT_EQ(score->value, 0);
}

TEST(Ties, EachTermByHand) {
  // Pair: gaps 1 and 3 over spread 2: separated, but not by the smaller gap. The lone rows count for their accuracy only.
  const auto score = ScoreAll({{TiesRow{0, 1}, TiesRow{2, 3}}, {TiesRow{0, 0}, std::nullopt}, {std::nullopt, TiesRow{1, -1}}});
  ASSERT_TRUE(score);
  EXPECT_EQ(score->pairs, 1u);
  EXPECT_EQ(score->accuracy_ref, 0.5);  // a gap of 0 is wrong
  EXPECT_EQ(score->accuracy_tied, 0.5);
  EXPECT_EQ(score->separated, 1);
  EXPECT_EQ(score->separated_hard, 0);
  EXPECT_DOUBLE_EQ(score->margin, std::tanh(-0.5));
  EXPECT_DOUBLE_EQ(score->value, 0.15 + 0.15 + 0.2 + 0.01 * std::tanh(-0.5));
}

TEST(Ties, WithoutAPairThereIsNoNumber) { EXPECT_FALSE(ScoreAll({{TiesRow{0, 1}, std::nullopt}})); }

TEST(Resample, BootstrapIsPairedAndReproducible) {
  const std::vector<double> values{0, 0, 1, 1, 1, 0, 1, 1, 0, 1};
  const auto mean = [&](const Picks& picks) -> std::optional<double> {
    double sum = 0;
    for (const std::size_t i : picks[0]) sum += values[i];
    return sum / 10;
  };
  const std::vector<std::size_t> sizes{10};
  const auto once = Bootstrap(sizes, mean);
  EXPECT_EQ(once, Bootstrap(sizes, mean));
  ASSERT_EQ(once.size(), static_cast<std::size_t>(kResamples));
  // The mean of 10 draws at 0.6: exact 2.5 % quantiles of Binomial(10, 0.6) are 3 and 9.
  EXPECT_EQ(*Middle95(once), (std::pair{0.3, 0.9}));
  EXPECT_NEAR(std::accumulate(once.begin(), once.end(), 0.0) / kResamples, 0.6, 0.01);
}

TEST(Resample, ExactSignTest) {
  const PairedTest even = TestPaired(std::vector<double>{1, -1, 0, 0});
  EXPECT_EQ(even.method, "exact sign");
  EXPECT_DOUBLE_EQ(even.p, 1);
  const PairedTest clear = TestPaired(std::vector<double>{1, 1, 1, 1, 1, 0});
  EXPECT_EQ(clear.wins, 5u);
  EXPECT_NEAR(clear.p, 2.0 / 32, 1e-12);
  EXPECT_EQ(TestPaired({}).p, 1);
}

TEST(Resample, SignFlipsAgreeWithEnumeration) {
  // 16 sign patterns of {1, .5, .25, .25}: |sum| reaches 2 in two of them.
  const PairedTest all = TestPaired(std::vector<double>{1, 0.5, 0.25, 0.25});
  EXPECT_EQ(all.method, "sign flips");
  EXPECT_NEAR(all.p, 2.0 / 16, 0.015);
}

TEST(Resample, BootstrapPNeverReachesZero) {
  EXPECT_DOUBLE_EQ(BootstrapP(std::vector<double>(99, 1.0)), 0.02);
  EXPECT_EQ(BootstrapP(std::vector<double>(99, 0.0)), 1);
}

}  // namespace
}  // namespace rlar
