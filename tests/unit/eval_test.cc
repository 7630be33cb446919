// The maths of `rlar eval`: numbers that can be checked by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "eval/choice.h"
#include "eval/resample.h"
#include "eval/routing.h"
#include "eval/sheet.h"

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

Subset Rows(std::vector<double> credits) {
  Subset out;
  out.scored = credits.size();
  out.credits = std::move(credits);
  return out;
}

TEST(Sheet, OverallWeighsRowsOrSubsets) {
  Sheet sheet{{Rows({1, 1, 1}), Rows({0})}, false};
  EXPECT_DOUBLE_EQ(EstimateOverall(sheet)->value, 0.75);
  EXPECT_EQ(EstimateOverall(sheet)->method, "wilson");
  sheet.mean_of_subsets = true;
  EXPECT_DOUBLE_EQ(EstimateOverall(sheet)->value, 0.5);
  sheet.subsets.push_back(Rows({}));  // nothing was scored in it: it has no value, not 0
  EXPECT_DOUBLE_EQ(EstimateOverall(sheet)->value, 0.5);
  EXPECT_FALSE(EstimateSubset(sheet.subsets[2]));
  EXPECT_FALSE(EstimateOverall(Sheet{{Rows({})}, true}));
}

TEST(Sheet, DifferencesArePaired) {
  // The same mean difference of 0.1: certain where it comes with equal rows, not where the rows scatter.
  std::vector<double> a, b, c;
  for (int i = 0; i < 100; ++i) {
    a.push_back(i < 60 ? 1 : 0);
    b.push_back(i < 50 ? 1 : 0);
    c.push_back(i >= 50 ? 1 : 0);
  }
  const Difference nested = *CompareSubsets(Rows(a), Rows(b)), crossed = *CompareSubsets(Rows(a), Rows(c));
  EXPECT_DOUBLE_EQ(nested.difference(), 0.1);
  EXPECT_NEAR(nested.p, 2.0 / 1024, 1e-12);
  EXPECT_GT(nested.ci.first, 0);
  EXPECT_DOUBLE_EQ(crossed.difference(), 0.1);
  EXPECT_GT(crossed.p, 0.2);
  EXPECT_LT(crossed.ci.first, 0);
}

double Mean(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()); }

// Two kinds of queries in turn, all of a kind neighbours.
Neighbours ByParity(std::size_t n) {
  Neighbours out(n);
  for (std::size_t q = 0; q < n; ++q) {
    for (std::size_t other = q % 2; other < n; other += 2) {
      if (other != q) out[q].emplace_back(other, 1.0);
    }
  }
  return out;
}

TEST(Routing, FindsTheToolOfEachKind) {
  CreditTable table;
  for (int q = 0; q < 200; ++q) table.push_back(q % 2 == 0 ? std::vector<double>{1, 0, 0.6} : std::vector<double>{0, 1, 0.6});
  EXPECT_NEAR(Mean(BestOnTrain(table).credits), 0.6, 1e-12);
  const Routed routed = RouteByNeighbours(table, ByParity(table.size()));
  EXPECT_NEAR(Mean(routed.credits), 1, 1e-12);
  EXPECT_NEAR(routed.shares[0], 0.5, 1e-12);
  EXPECT_EQ(routed.shares[2], 0);
}

TEST(Routing, NoiseKeepsTheBestTool) {
  // Tool 0 is right on 3 of 4, tool 1 on 1 of 2, neither knows the kinds: routing must not lose to the best tool by chasing noise.
  CreditTable table;
  for (int q = 0; q < 400; ++q) table.push_back({q / 2 % 4 != 3 ? 1.0 : 0.0, q / 2 % 2 == 0 ? 1.0 : 0.0});
  const Routed routed = RouteByNeighbours(table, ByParity(table.size()));
  EXPECT_EQ(Mean(routed.credits), Mean(BestOnTrain(table).credits));
  EXPECT_NEAR(routed.shares[0], 1, 1e-12);
}

TEST(Routing, NoQueryIsItsOwnTeacher) {
  // Each query's only neighbour is itself: nothing may be learned from that.
  CreditTable table;
  Neighbours selves(100);
  for (std::size_t q = 0; q < 100; ++q) {
    table.push_back(q % 2 == 0 ? std::vector<double>{1, 0} : std::vector<double>{0, 1});
    selves[q].emplace_back(q, 1.0);
  }
  EXPECT_EQ(RouteByNeighbours(table, selves).credits, BestOnTrain(table).credits);
}

TEST(Routing, Oracles) {
  const CreditTable table{{1, 0}, {0, 1}, {0, 1}, {0, 0}};
  EXPECT_EQ(OraclePerQuery(table), (std::vector<double>{1, 1, 1, 0}));
  EXPECT_EQ(OraclePerGroup(table, {0, 0, 1, 1}), (std::vector<double>{1, 0, 1, 0}));
}

}  // namespace
}  // namespace rlar
