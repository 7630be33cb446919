#include "eval/routing.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>

#include "eval/resample.h"

namespace rlar {
namespace {

// Neighbours' weight at which the neighbourhood counts as much as the whole.
constexpr std::array<double, 3> kShrinkages{64, 16, 4};
constexpr double kNever = std::numeric_limits<double>::infinity();

std::size_t Tools(const CreditTable& table) { return table.empty() ? 0 : table.front().size(); }

std::size_t FirstHighest(const std::vector<double>& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

// What the training folds say.
struct Training {
  std::vector<bool> in;
  std::vector<double> sums;  // of credits, a tool
  std::size_t n = 0, best = 0;
};

Training Train(const CreditTable& table, const std::vector<int>& fold_of, int held_out) {
  Training out;
  out.in.resize(table.size());
  out.sums.resize(Tools(table));
  for (std::size_t q = 0; q < table.size(); ++q) {
    out.in[q] = fold_of[q] != held_out;
    if (!out.in[q]) continue;
    ++out.n;
    for (std::size_t t = 0; t < out.sums.size(); ++t) out.sums[t] += table[q][t];
  }
  out.best = FirstHighest(out.sums);
  return out;
}

// Sums of the tools' advantage over the best one in a query's neighbourhood; the query itself is never among its neighbours.
struct Nearby {
  std::vector<double> advantage;
  double weight = 0;
};

Nearby Look(const CreditTable& table, const Neighbours& neighbours, const Training& training, std::size_t query) {
  Nearby out{std::vector<double>(Tools(table)), 0};
  std::size_t found = 0;
  for (const auto& [other, weight] : neighbours[query]) {
    if (!training.in[other] || other == query) continue;
    for (std::size_t t = 0; t < out.advantage.size(); ++t) out.advantage[t] += weight * (table[other][t] - table[other][training.best]);
    out.weight += weight;
    if (++found == kNearest) break;
  }
  return out;
}

std::size_t Choose(const Nearby& nearby, const Training& training, double shrinkage) {
  if (shrinkage == kNever || nearby.weight == 0) return training.best;
  std::size_t chosen = training.best;
  double highest = 0;
  for (std::size_t t = 0; t < nearby.advantage.size(); ++t) {
    const double everywhere = (training.sums[t] - training.sums[training.best]) / static_cast<double>(training.n);
    const double here = (nearby.advantage[t] + shrinkage * everywhere) / (nearby.weight + shrinkage);
    if (here > highest + 1e-12) highest = here, chosen = t;
  }
  return chosen;
}

double ChooseShrinkage(const CreditTable& table, const Neighbours& neighbours, const Training& training) {
  std::array<double, kShrinkages.size()> sum{}, squares{};
  for (std::size_t q = 0; q < table.size(); ++q) {
    if (!training.in[q]) continue;
    const Nearby nearby = Look(table, neighbours, training, q);
    for (std::size_t s = 0; s < kShrinkages.size(); ++s) {
      const double gain = table[q][Choose(nearby, training, kShrinkages[s])] - table[q][training.best];
      sum[s] += gain;
      squares[s] += gain * gain;
    }
  }
  const auto n = static_cast<double>(training.n);
  double chosen = kNever, highest = 0;
  for (std::size_t s = 0; s < kShrinkages.size(); ++s) {
    const double mean = sum[s] / n, error = std::sqrt(std::max(0.0, squares[s] / n - mean * mean) / n);
    if (mean > error && mean > highest) highest = mean, chosen = kShrinkages[s];
  }
  return chosen;
}

// Equal folds in an order that only the seed and the repeat fix.
std::vector<int> Folds(std::size_t n, int repeat) {
  std::mt19937_64 random(kResampleSeed + static_cast<std::uint64_t>(repeat));
  std::vector<int> folds(n);
  for (std::size_t i = 0; i < n; ++i) folds[i] = static_cast<int>(i % kFolds);
  for (std::size_t i = n; i > 1; --i) std::swap(folds[i - 1], folds[random() % i]);
  return folds;
}

// `choose(training)` gives a function from query to tool.
template <class MakeChooser>
Routed CrossValidate(const CreditTable& table, const MakeChooser& make) {
  Routed out{std::vector<double>(table.size()), std::vector<double>(Tools(table))};
  for (int repeat = 0; repeat < kRepeats; ++repeat) {
    const auto folds = Folds(table.size(), repeat);
    for (int fold = 0; fold < kFolds; ++fold) {
      const Training training = Train(table, folds, fold);
      if (training.n == table.size()) continue;  // fewer queries than folds
      const auto chooser = make(training);
      for (std::size_t q = 0; q < table.size(); ++q) {
        if (training.in[q]) continue;
        const std::size_t tool = chooser(q);
        out.credits[q] += table[q][tool] / kRepeats;
        out.shares[tool] += 1.0 / (kRepeats * static_cast<double>(table.size()));
      }
    }
  }
  return out;
}

}  // namespace

Routed BestOnTrain(const CreditTable& table) {
  return CrossValidate(table, [](const Training& training) { return [best = training.best](std::size_t) { return best; }; });
}

Routed RouteByNeighbours(const CreditTable& table, const Neighbours& neighbours) {
  return CrossValidate(table, [&](const Training& training) {
    const double shrinkage = ChooseShrinkage(table, neighbours, training);
    return [&table, &neighbours, &training, shrinkage](std::size_t q) { return Choose(Look(table, neighbours, training, q), training, shrinkage); };
  });
}

double FitShrinkage(const CreditTable& table, const Neighbours& neighbours) {
  return ChooseShrinkage(table, neighbours, Train(table, std::vector<int>(table.size(), 0), -1));
}

std::vector<double> OraclePerGroup(const CreditTable& table, const std::vector<std::size_t>& groups) {
  std::map<std::size_t, std::vector<double>> sums;
  for (std::size_t q = 0; q < table.size(); ++q) {
    auto& sum = sums[groups[q]];
    sum.resize(Tools(table));
    for (std::size_t t = 0; t < sum.size(); ++t) sum[t] += table[q][t];
  }
  std::vector<double> out;
  for (std::size_t q = 0; q < table.size(); ++q) out.push_back(table[q][FirstHighest(sums[groups[q]])]);
  return out;
}

std::vector<double> OraclePerQuery(const CreditTable& table) {
  std::vector<double> out;
  for (const auto& row : table) out.push_back(*std::max_element(row.begin(), row.end()));
  return out;
}

}  // namespace rlar
