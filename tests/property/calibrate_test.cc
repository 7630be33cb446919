#include "reward/calibrate.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace rlar {
namespace {

std::vector<double> Sample() {
  const auto count = *rc::gen::inRange<std::size_t>(Calibration::kFewest, 400);
  auto values = *rc::gen::container<std::vector<int>>(count, rc::gen::inRange(0, 1000));
  std::vector<double> out;
  for (const int value : values) out.push_back(value / 999.0);
  return out;
}

RC_GTEST_PROP(Calibration, KeepsEveryOrder, ()) {
  const auto fitted = Calibration::Fit(Sample());
  RC_PRE(fitted.has_value());
  const double a = *rc::gen::inRange(0, 100'001) / 100'000.0, b = *rc::gen::inRange(0, 100'001) / 100'000.0;
  const double x = fitted->Apply(a), y = fitted->Apply(b);
  RC_ASSERT(x >= 0 && x <= 1 && y >= 0 && y <= 1);
  RC_ASSERT((a < b) == (x < y));
  RC_ASSERT((a == b) == (x == y));
}

RC_GTEST_PROP(Calibration, SpreadsItsOwnSample, ()) {
  auto values = Sample();
  const auto fitted = Calibration::Fit(values);
  RC_PRE(fitted.has_value());
  // A value's share is near the share of values below it.
  std::sort(values.begin(), values.end());
  const double x = values[values.size() / 2];
  const auto [low, high] = std::equal_range(values.begin(), values.end(), x);
  const double n = static_cast<double>(values.size());
  RC_ASSERT(fitted->Apply(x) >= static_cast<double>(low - values.begin()) / n - 0.06);
  RC_ASSERT(fitted->Apply(x) <= static_cast<double>(high - values.begin()) / n + 0.06);
}

RC_GTEST_PROP(Calibration, ComesBackFromJson, ()) {
  const auto fitted = Calibration::Fit(Sample());
  RC_PRE(fitted.has_value());
  const auto again = Calibration::FromJson(ParseJson(fitted->ToJson().Dump()).value());
  RC_ASSERT(again.has_value());
  const double a = *rc::gen::inRange(0, 1001) / 1000.0;
  RC_ASSERT(again->Apply(a) == fitted->Apply(a));
}

TEST(Calibration, VerdictsAndFewValuesStayAsTheyAre) {
  EXPECT_FALSE(Calibration::Fit(std::vector<double>(500, 1.0)).has_value());
  std::vector<double> verdicts;
  for (int i = 0; i < 500; ++i) verdicts.push_back(i % 2);
  EXPECT_FALSE(Calibration::Fit(verdicts).has_value());
  EXPECT_FALSE(Calibration::Fit({0.1, 0.2, 0.3, 0.4, 0.5, 0.6}).has_value());
}

TEST(Calibration, MalformedOnesAreNamed) {
  for (const char* text :
       {R"({})", R"({"points":[[0,0]]})", R"({"points":[[0,0],[0,1]]})", R"({"points":[[0,0.5],[0.5,0.4]]})", R"({"points":[[0,0],[2,1]]})"}) {
    EXPECT_FALSE(Calibration::FromJson(ParseJson(text).value()).has_value()) << text;
  }
}

}  // namespace
}  // namespace rlar
