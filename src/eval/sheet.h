// What a scorer achieved on a benchmark, subset by subset, with 95 % intervals; and two scorers on the same rows, paired.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eval/choice.h"

namespace rlar {

struct Subset {
  std::string name;
  bool ties = false;
  std::vector<double> credits;          // one a scored row; empty where `ties`
  std::vector<TiesPrompt> prompts;      // where `ties`
  double chance = 0;                    // sum over scored rows of a random choice's credit; 0 where `ties`
  std::size_t scored = 0, skipped = 0;  // rows
};

struct Sheet {
  std::vector<Subset> subsets;
  bool mean_of_subsets = false;  // overall: the unweighted mean over subsets with a value, else over all rows
};

struct Estimate {
  double value = 0;
  std::pair<double, double> ci;
  std::string method;  // "wilson" or "bootstrap"
};
// None where nothing was scored, or where Ties has no pair.
std::optional<Estimate> EstimateSubset(const Subset& subset);
std::optional<Estimate> EstimateOverall(const Sheet& sheet);

struct Difference {
  double a = 0, b = 0;           // values on the rows that both scored
  std::pair<double, double> ci;  // of the difference, bootstrap
  double p = 1;                  // two-sided
  std::string test;              // "exact sign", "sign flips" or "bootstrap"
  std::size_t rows = 0;
  double difference() const { return a - b; }
};
// Precondition: a and b were made from the same rows in the same order.
std::optional<Difference> CompareSubsets(const Subset& a, const Subset& b);
std::optional<Difference> CompareOverall(const Sheet& a, const Sheet& b);

}  // namespace rlar
