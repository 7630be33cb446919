#include "agents/weigh_tools.h"

#include <algorithm>

namespace rlar {
namespace {

constexpr std::size_t kFolds = 10;
constexpr int kMostAdded = 4;
constexpr double kLeastGain = 0.005;

double Credit(const LabelledRow& row, const std::vector<double>& values) { return OrderedShare(row.labels, {values.begin(), values.end()}).value_or(0.5); }

std::vector<double> Sum(std::vector<double> a, const std::vector<double>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

class Selection {
 public:
  Selection(const std::vector<RowValues>& tools, const std::vector<LabelledRow>& rows, std::vector<std::size_t> used)
      : tools_(tools), rows_(rows), used_(std::move(used)) {}

  // How often each tool was taken; the first taken is the best single one.
  std::pair<std::vector<int>, std::size_t> Run() const {
    std::vector<int> taken(tools_.size(), 0);
    RowValues sum(rows_.size());
    for (const std::size_t r : used_) sum[r].assign(rows_[r].responses.size(), 0);
    double reached = -1;
    std::size_t first = 0;
    for (int step = 0; step <= kMostAdded; ++step) {
      const auto [tool, mean] = BestAddition(sum);
      if (step > 0 && mean < reached + kLeastGain) break;
      if (step == 0) first = tool;
      reached = mean;
      ++taken[tool];
      for (const std::size_t r : used_) sum[r] = Sum(std::move(sum[r]), tools_[tool][r]);
    }
    return {std::move(taken), first};
  }

 private:
  std::pair<std::size_t, double> BestAddition(const RowValues& sum) const {
    std::pair<std::size_t, double> best{0, -1};
    for (std::size_t t = 0; t < tools_.size(); ++t) {
      double mean = 0;
      for (const std::size_t r : used_) mean += Credit(rows_[r], Sum(sum[r], tools_[t][r]));
      mean /= static_cast<double>(used_.size());
      if (mean > best.second) best = {t, mean};
    }
    return best;
  }
  const std::vector<RowValues>& tools_;
  const std::vector<LabelledRow>& rows_;
  const std::vector<std::size_t> used_;
};

}  // namespace

std::shared_ptr<const Calibration> FitScale(const RowValues& values) {
  std::vector<double> all;
  for (const auto& row : values) all.insert(all.end(), row.begin(), row.end());
  auto fitted = Calibration::Fit(std::move(all));
  return fitted ? std::make_shared<const Calibration>(std::move(*fitted)) : nullptr;
}

std::optional<Weighed> WeighTools(const std::vector<RowValues>& tools, const std::vector<LabelledRow>& rows) {
  std::vector<std::size_t> all(rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r) all[r] = r;
  const auto taken = Selection(tools, rows, all).Run().first;
  Weighed out;
  for (std::size_t t = 0; t < taken.size(); ++t) {
    if (taken[t] > 0) out.weights.emplace_back(t, taken[t]);
  }
  if (out.weights.size() < 2) return std::nullopt;
  std::stable_sort(out.weights.begin(), out.weights.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  out.together.resize(rows.size());
  out.alone.resize(rows.size());
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    std::vector<std::size_t> training;
    for (const std::size_t r : all) {
      if (r % kFolds != fold) training.push_back(r);
    }
    const auto [counts, single] = Selection(tools, rows, std::move(training)).Run();
    for (std::size_t r = fold; r < rows.size(); r += kFolds) {
      std::vector<double> mixed(rows[r].responses.size(), 0);
      for (std::size_t t = 0; t < counts.size(); ++t) {
        for (int n = 0; n < counts[t]; ++n) mixed = Sum(std::move(mixed), tools[t][r]);
      }
      out.together[r] = Credit(rows[r], mixed);
      out.alone[r] = Credit(rows[r], tools[single][r]);
    }
  }
  return out;
}

}  // namespace rlar
