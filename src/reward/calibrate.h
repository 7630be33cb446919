// Calibration: a tool's values on one task, put on the scale of their quantiles, so that logits, grades and verdicts can be mixed and
// compared over tasks. Fixed when a library version is published; order-preserving, so that groups rank as before.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rlar/json.h"
#include "rlar/result.h"

namespace rlar {

class Calibration {
 public:
  static constexpr std::size_t kFewest = 50;  // values below which no quantile means anything
  // From a sample of values in [0, 1]; none where there are too few, or fewer than 5 different ones (verdicts stay as they are).
  static std::optional<Calibration> Fit(std::vector<double> values);
  // {"points": [[value, share], …]}, both strictly increasing, in [0, 1]; an error says what is wrong.
  static Result<Calibration> FromJson(const Json& json);
  Json ToJson() const;
  // Strictly increasing on [0, 1], into [0, 1]: linear between the points, and from the outer ones to 0 and 1.
  double Apply(double value) const;

 private:
  explicit Calibration(std::vector<std::pair<double, double>> points) : points_(std::move(points)) {}
  std::vector<std::pair<double, double>> points_;
};

}  // namespace rlar
