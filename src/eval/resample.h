// Intervals and paired tests by resampling with a fixed seed: the same input gives the same digits on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace rlar {

inline constexpr std::uint64_t kResampleSeed = 20260101;
inline constexpr int kResamples = 10'000;

// Index lists, one a stratum, drawn with replacement inside each.
using Picks = std::vector<std::vector<std::size_t>>;
// `statistic` of kResamples bootstrap draws from strata of the given sizes, sorted. A draw for which it is not defined is left
// out. Calls with equal sizes see the same draws, so that two scorers' values are paired.
std::vector<double> Bootstrap(std::span<const std::size_t> sizes, const std::function<std::optional<double>(const Picks&)>& statistic);
// The 2.5 % and 97.5 % quantiles; none for an empty list. Precondition: sorted.
std::optional<std::pair<double, double>> Middle95(std::span<const double> sorted);
// Two-sided: twice the smaller share of values on one side of 0, not below 2 / (size + 1) and at most 1. Precondition: not empty.
double BootstrapP(std::span<const double> differences);

struct PairedTest {
  double p = 1;        // two-sided
  std::string method;  // "exact sign" or "sign flips"
  std::size_t wins = 0, losses = 0;
};
// Whether paired differences are centred at 0. Exact (binomial) where all that are not 0 have one size, else by sign flips with
// the fixed seed; p is never below 1 / (kResamples + 1) there.
PairedTest TestPaired(std::span<const double> differences);

}  // namespace rlar
