#include "eval/sheet.h"

#include <numeric>

#include "base/stats.h"
#include "eval/resample.h"

namespace rlar {
namespace {

std::size_t Units(const Subset& subset) { return subset.ties ? subset.prompts.size() : subset.credits.size(); }

double Sum(const Subset& subset, const std::vector<std::size_t>& picks) {
  double sum = 0;
  for (const std::size_t pick : picks) sum += subset.credits[pick];
  return sum;
}

std::optional<double> Value(const Subset& subset, const std::vector<std::size_t>& picks) {
  if (picks.empty()) return std::nullopt;
  if (!subset.ties) return Sum(subset, picks) / static_cast<double>(picks.size());
  const auto score = ScoreTies(subset.prompts, picks);
  return score ? std::optional(score->value) : std::nullopt;
}

Picks Everything(const std::vector<std::size_t>& sizes) {
  Picks picks;
  for (const std::size_t size : sizes) {
    picks.emplace_back(size);
    std::iota(picks.back().begin(), picks.back().end(), 0u);
  }
  return picks;
}

std::vector<std::size_t> Sizes(const Sheet& sheet) {
  std::vector<std::size_t> sizes;
  for (const Subset& subset : sheet.subsets) sizes.push_back(Units(subset));
  return sizes;
}

// Which subsets have a value on the whole data; a draw must have one for each of them.
std::vector<bool> Defined(const Sheet& sheet) {
  const Picks all = Everything(Sizes(sheet));
  std::vector<bool> out;
  for (std::size_t i = 0; i < sheet.subsets.size(); ++i) out.push_back(Value(sheet.subsets[i], all[i]).has_value());
  return out;
}

std::optional<double> Overall(const Sheet& sheet, const Picks& picks, const std::vector<bool>& defined) {
  double sum = 0, weight = 0;
  for (std::size_t i = 0; i < sheet.subsets.size(); ++i) {
    if (!defined[i]) continue;
    const auto value = Value(sheet.subsets[i], picks[i]);
    if (!value) return std::nullopt;
    const double share = sheet.mean_of_subsets ? 1 : static_cast<double>(picks[i].size());
    sum += share * *value;
    weight += share;
  }
  if (weight == 0) return std::nullopt;
  return sum / weight;
}

using Statistic = std::function<std::optional<double>(const Picks&)>;

std::optional<Estimate> Bootstrapped(const std::vector<std::size_t>& sizes, const Statistic& statistic) {
  const auto value = statistic(Everything(sizes));
  if (!value) return std::nullopt;
  const auto ci = Middle95(Bootstrap(sizes, statistic));
  return Estimate{*value, ci.value_or(std::pair{*value, *value}), "bootstrap"};
}

// The interval of the difference, and the bootstrap's own p.
std::optional<Difference> Compared(const std::vector<std::size_t>& sizes, const Statistic& a, const Statistic& b) {
  const Picks all = Everything(sizes);
  const auto of_a = a(all), of_b = b(all);
  if (!of_a || !of_b) return std::nullopt;
  const auto draws = Bootstrap(sizes, [&](const Picks& picks) -> std::optional<double> {
    const auto x = a(picks), y = b(picks);
    return x && y ? std::optional(*x - *y) : std::nullopt;
  });
  if (draws.empty()) return std::nullopt;
  return Difference{*of_a, *of_b, *Middle95(draws), BootstrapP(draws), "bootstrap", 0};
}

void TestRows(const std::vector<double>& differences, Difference& out) {
  const PairedTest test = TestPaired(differences);
  out.p = test.p;
  out.test = test.method;
}

void AppendDifferences(const Subset& a, const Subset& b, std::vector<double>& out) {
  for (std::size_t i = 0; i < a.credits.size(); ++i) out.push_back(a.credits[i] - b.credits[i]);
}

}  // namespace

std::optional<Estimate> EstimateSubset(const Subset& subset) {
  const std::vector<std::size_t> sizes{Units(subset)};
  if (subset.ties) return Bootstrapped(sizes, [&](const Picks& picks) { return Value(subset, picks[0]); });
  const auto value = Value(subset, Everything(sizes)[0]);
  if (!value) return std::nullopt;
  // Credits lie in [0, 1], so their variance is at most that of right and wrong at the same mean: Wilson's holds for both.
  const auto n = static_cast<double>(subset.credits.size());
  return Estimate{*value, WilsonInterval(*value * n, n), "wilson"};
}

std::optional<Estimate> EstimateOverall(const Sheet& sheet) {
  const auto defined = Defined(sheet);
  const auto sizes = Sizes(sheet);
  const auto statistic = [&](const Picks& picks) { return Overall(sheet, picks, defined); };
  if (sheet.mean_of_subsets) return Bootstrapped(sizes, statistic);
  const auto value = statistic(Everything(sizes));
  if (!value) return std::nullopt;
  const auto n = static_cast<double>(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}));
  return Estimate{*value, WilsonInterval(*value * n, n), "wilson"};
}

std::optional<Difference> CompareSubsets(const Subset& a, const Subset& b) {
  const auto of = [](const Subset& subset) { return [&subset](const Picks& picks) { return Value(subset, picks[0]); }; };
  auto out = Compared({Units(a)}, of(a), of(b));
  if (!out) return out;
  out->rows = a.scored;
  if (a.ties) return out;
  std::vector<double> differences;
  AppendDifferences(a, b, differences);
  TestRows(differences, *out);
  return out;
}

std::optional<Difference> CompareOverall(const Sheet& a, const Sheet& b) {
  const auto defined = Defined(a);
  const auto of = [&](const Sheet& sheet) { return [&](const Picks& picks) { return Overall(sheet, picks, defined); }; };
  auto out = Compared(Sizes(a), of(a), of(b));
  if (!out) return out;
  for (const Subset& subset : a.subsets) out->rows += subset.scored;
  if (a.mean_of_subsets) return out;
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.subsets.size(); ++i) AppendDifferences(a.subsets[i], b.subsets[i], differences);
  TestRows(differences, *out);
  return out;
}

}  // namespace rlar
