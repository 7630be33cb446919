#include "reward/calibrate.h"

#include <algorithm>
#include <cmath>

namespace rlar {
namespace {

constexpr std::size_t kPoints = 21, kFewestDifferent = 5;

Error Bad(const std::string& what) { return MakeError(ErrorCode::kInvalidArgument, "calibration: " + what); }

}  // namespace

std::optional<Calibration> Calibration::Fit(std::vector<double> values) {
  if (values.size() < kFewest) return std::nullopt;
  std::sort(values.begin(), values.end());
  std::vector<double> different = values;
  different.erase(std::unique(different.begin(), different.end()), different.end());
  if (different.size() < kFewestDifferent) return std::nullopt;
  const auto n = static_cast<double>(values.size());
  std::vector<std::pair<double, double>> points;
  for (std::size_t i = 0; i < kPoints; ++i) {
    const double x = values[static_cast<std::size_t>(std::lround(static_cast<double>(i) * (n - 1) / (kPoints - 1)))];
    if (!points.empty() && x <= points.back().first) continue;
    // The mid-rank of the value: ties share one, and neither end is 0 or 1.
    const auto [low, high] = std::equal_range(values.begin(), values.end(), x);
    const double share = (static_cast<double>(low - values.begin()) + static_cast<double>(high - values.begin())) / (2 * n);
    if (points.empty() || share > points.back().second) points.emplace_back(x, share);
  }
  if (points.size() < 2) return std::nullopt;
  return Calibration(std::move(points));
}

Result<Calibration> Calibration::FromJson(const Json& json) {
  const Json* list = json.Find("points");
  if (list == nullptr || !list->is_array() || list->array().size() < 2) return Bad("'points' must be a list of two pairs or more");
  std::vector<std::pair<double, double>> points;
  for (const Json& pair : list->array()) {
    if (!pair.is_array() || pair.array().size() != 2 || !pair.array()[0].is_number() || !pair.array()[1].is_number()) {
      return Bad("a point must be a pair of numbers");
    }
    const double x = pair.array()[0].number(), y = pair.array()[1].number();
    if (x < 0 || x > 1 || y < 0 || y > 1) return Bad("a point must lie in [0, 1]");
    if (!points.empty() && (x <= points.back().first || y <= points.back().second)) return Bad("points must increase");
    points.emplace_back(x, y);
  }
  return Calibration(std::move(points));
}

Json Calibration::ToJson() const {
  Json json, list = Json::Array{};
  for (const auto& [x, y] : points_) list.Push(Json(Json::Array{Json(x), Json(y)}));
  json.Set("points", std::move(list));
  return json;
}

double Calibration::Apply(double value) const {
  const auto between = [&](double x0, double y0, double x1, double y1) { return x1 > x0 ? std::clamp(y0 + (y1 - y0) * (value - x0) / (x1 - x0), y0, y1) : y0; };
  if (value <= points_.front().first) return between(0, 0, points_.front().first, points_.front().second);
  if (value >= points_.back().first) return between(points_.back().first, points_.back().second, 1, 1);
  const auto at = std::upper_bound(points_.begin(), points_.end(), value, [](double v, const auto& point) { return v < point.first; });
  return between((at - 1)->first, (at - 1)->second, at->first, at->second);
}

}  // namespace rlar
