#include "eval/resample.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace rlar {
namespace {

// The standard's distributions differ between libraries; this doesn't.
std::size_t Below(std::mt19937_64& random, std::size_t bound) { return static_cast<std::size_t>((static_cast<unsigned __int128>(random()) * bound) >> 64); }

double ExactSign(std::size_t wins, std::size_t losses) {
  const double n = static_cast<double>(wins + losses);
  double tail = 0;
  for (std::size_t k = 0; k <= std::min(wins, losses); ++k) {
    const double of = static_cast<double>(k);
    tail += std::exp(std::lgamma(n + 1) - std::lgamma(of + 1) - std::lgamma(n - of + 1) - n * std::log(2.0));
  }
  return std::min(1.0, 2 * tail);
}

double SignFlips(const std::vector<double>& moved) {
  std::mt19937_64 random(kResampleSeed);
  double seen = 0, scale = 0;
  for (const double d : moved) seen += d, scale += std::abs(d);
  const double reach = std::abs(seen) - 1e-12 * scale;  // sums of the same numbers in another order are equal
  int as_far = 0;
  for (int draw = 0; draw < kResamples; ++draw) {
    double sum = 0;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < moved.size(); ++i) {
      if (i % 64 == 0) bits = random();
      sum += (bits >> (i % 64) & 1) != 0 ? moved[i] : -moved[i];
    }
    if (std::abs(sum) >= reach) ++as_far;
  }
  return (1.0 + as_far) / (1.0 + kResamples);
}

}  // namespace

std::vector<double> Bootstrap(std::span<const std::size_t> sizes, const std::function<std::optional<double>(const Picks&)>& statistic) {
  std::mt19937_64 random(kResampleSeed);
  Picks picks;
  for (const std::size_t size : sizes) picks.emplace_back(size);
  std::vector<double> values;
  for (int draw = 0; draw < kResamples; ++draw) {
    for (auto& list : picks) {
      for (std::size_t& pick : list) pick = Below(random, list.size());
    }
    if (const auto value = statistic(picks)) values.push_back(*value);
  }
  std::sort(values.begin(), values.end());
  return values;
}

std::optional<std::pair<double, double>> Middle95(std::span<const double> sorted) {
  if (sorted.empty()) return std::nullopt;
  const auto at = [&](double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto low = static_cast<std::size_t>(place);
    const std::size_t high = std::min(low + 1, sorted.size() - 1);
    return sorted[low] + (place - static_cast<double>(low)) * (sorted[high] - sorted[low]);
  };
  return std::pair{at(0.025), at(0.975)};
}

double BootstrapP(std::span<const double> differences) {
  const auto n = static_cast<double>(differences.size());
  const auto below = static_cast<double>(std::count_if(differences.begin(), differences.end(), [](double d) { return d <= 0; }));
  const auto above = static_cast<double>(std::count_if(differences.begin(), differences.end(), [](double d) { return d >= 0; }));
  return std::min(1.0, 2 * (std::min(below, above) + 1) / (n + 1));
}

PairedTest TestPaired(std::span<const double> differences) {
  PairedTest out;
  std::vector<double> moved;
  for (const double d : differences) {
    if (d == 0) continue;
    moved.push_back(d);
    ++(d > 0 ? out.wins : out.losses);
  }
  const bool one_size = std::all_of(moved.begin(), moved.end(), [&](double d) { return std::abs(d) == std::abs(moved.front()); });
  out.method = one_size ? "exact sign" : "sign flips";
  out.p = one_size ? ExactSign(out.wins, out.losses) : SignFlips(moved);
  return out;
}

}  // namespace rlar
