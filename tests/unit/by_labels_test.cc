// What labels decide about tools: how far they carry a verifier over the gate, and which tools they weigh together.
#include <gtest/gtest.h>

#include <random>

#include "agents/admit/gate.h"
#include "agents/weigh_tools.h"

namespace rlar {
namespace {

// Passes all but the threshold for wrong probes.
Evidence Lenient(double refused, double ordered, double order_rows) {
  Evidence evidence;
  evidence.rows = 24;
  evidence.probes = 400;
  evidence.accepts = evidence.accept_probes = 200;
  evidence.refuse_probes = 200;
  evidence.refuses = refused;
  evidence.pairs = 95;
  evidence.pair_count = 100;
  evidence.ordered = ordered;
  evidence.order_rows = order_rows;
  return evidence;
}

bool States(const Evidence& evidence, const std::string& kind) {
  const Json faults = evidence.Faults();
  for (const Json& fault : faults.array()) {
    if (*fault.Find("kind") == Json(kind)) return true;
  }
  return false;
}

TEST(Gate, LabelsCarryAToolOverAThresholdThatItNearlyReaches) {
  const GateSettings settings;
  EXPECT_FALSE(Judge(Lenient(176, 0, 0), settings).admitted) << "88 % of wrong probes, and no labels";
  const Verdict vouched = Judge(Lenient(176, 36, 40), settings);
  EXPECT_TRUE(vouched.admitted) << vouched.why;
  EXPECT_NE(vouched.why.find("below the bar"), std::string::npos);
  EXPECT_TRUE(States(Lenient(176, 36, 40), "wrong_probes_accepted"));
  EXPECT_FALSE(States(Lenient(190, 36, 40), "wrong_probes_accepted"));
  EXPECT_EQ(Judge(Lenient(190, 36, 40), settings).why.find("below the bar"), std::string::npos);
}

TEST(Gate, LabelsDoNotCarryFarNorWhereTheySayLittle) {
  const GateSettings settings;
  EXPECT_FALSE(Judge(Lenient(160, 40, 40), settings).admitted) << "80 % is too far below";
  EXPECT_FALSE(Judge(Lenient(176, 19, 19), settings).admitted) << "too few rows";
  EXPECT_FALSE(Judge(Lenient(176, 28, 40), settings).admitted) << "70 % of 40 rows is not surely above 60 %";
  Evidence objected = Lenient(176, 40, 40);
  objected.objections.push_back("it compares with the one known answer");
  EXPECT_FALSE(Judge(objected, settings).admitted);
}

// Four responses a row, the first the best; a tool sees it with noise of its own.
struct Noisy {
  std::vector<LabelledRow> rows;
  std::vector<RowValues> tools;
};

Noisy MakeNoisy(std::size_t rows, const std::vector<double>& noise) {
  Noisy made;
  std::minstd_rand random(7);
  std::normal_distribution<double> normal;
  made.tools.resize(noise.size());
  for (std::size_t r = 0; r < rows; ++r) {
    LabelledRow row;
    row.responses.resize(4);
    row.labels = {1.0, 0.0, 0.0, 0.0};
    made.rows.push_back(std::move(row));
    for (std::size_t t = 0; t < noise.size(); ++t) {
      std::vector<double> values;
      for (int k = 0; k < 4; ++k) values.push_back((k == 0 ? 1 : 0) + noise[t] * normal(random));
      made.tools[t].push_back(std::move(values));
    }
  }
  return made;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

TEST(WeighTools, ToolsWithErrorsOfTheirOwnOrderMoreTogether) {
  const Noisy made = MakeNoisy(200, {1.0, 1.0, 1.0});
  const auto weighed = WeighTools(made.tools, made.rows);
  ASSERT_TRUE(weighed.has_value());
  EXPECT_EQ(weighed->weights.size(), 3u);
  EXPECT_GT(Mean(weighed->together), Mean(weighed->alone) + 0.05);
  const auto again = WeighTools(made.tools, made.rows);
  EXPECT_EQ(again->weights, weighed->weights);
}

TEST(WeighTools, CopiesBringNothing) {
  Noisy made = MakeNoisy(100, {1.0});
  made.tools.push_back(made.tools[0]);
  EXPECT_FALSE(WeighTools(made.tools, made.rows).has_value());
}

TEST(WeighTools, NoiseBesideAGoodToolDoesNotLookBetterOutOfSample) {
  const Noisy made = MakeNoisy(100, {0.5, 1e3, 1e3, 1e3});
  const auto weighed = WeighTools(made.tools, made.rows);
  if (weighed) {
    EXPECT_LE(Mean(weighed->together), Mean(weighed->alone) + 1e-9);
  }
}

}  // namespace
}  // namespace rlar
