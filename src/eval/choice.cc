#include "eval/choice.h"

#include <algorithm>
#include <cmath>

namespace rlar {
namespace {

double Margin(double gap, double spread) {
  if (spread == 0 && gap == 0) return 0;
  return std::tanh(gap / spread - 1);  // a spread of 0 gives ±infinity, so ±1
}

struct Share {
  double hits = 0;
  std::size_t of = 0;
  void Add(bool hit) { hits += hit ? 1 : 0, ++of; }
  double value() const { return hits / static_cast<double>(of); }
};

}  // namespace

double TopCredit(std::span<const double> scores, const std::vector<bool>& right) {
  const double top = *std::max_element(scores.begin(), scores.end());
  std::size_t at_top = 0, good = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] != top) continue;
    ++at_top;
    if (right[i]) ++good;
  }
  return static_cast<double>(good) / static_cast<double>(at_top);
}

TiesRow MakeTiesRow(std::span<const double> scores, std::size_t correct) {
  const auto right = scores.first(correct), wrong = scores.subspan(correct);
  const auto [low, high] = std::minmax_element(right.begin(), right.end());
  return TiesRow{*high - *low, *low - *std::max_element(wrong.begin(), wrong.end())};
}

std::optional<TiesScore> ScoreTies(std::span<const TiesPrompt> prompts, std::span<const std::size_t> picks) {
  Share ref, tied, separated, hard;
  double margin = 0;
  for (const std::size_t pick : picks) {
    const TiesPrompt& prompt = prompts[pick];
    if (prompt.ref) ref.Add(prompt.ref->gap > 0);
    if (prompt.tied) tied.Add(prompt.tied->gap > 0);
    if (!prompt.ref || !prompt.tied) continue;
    const double spread = prompt.tied->spread, smaller = std::min(prompt.ref->gap, prompt.tied->gap);
    separated.Add(prompt.tied->gap > spread);
    hard.Add(smaller > spread);
    margin += Margin(smaller, spread);
  }
  if (separated.of == 0) return std::nullopt;
  TiesScore out;
  out.accuracy_ref = ref.value();
  out.accuracy_tied = tied.value();
  out.separated = separated.value();
  out.separated_hard = hard.value();
  out.pairs = separated.of;
  out.margin = margin / static_cast<double>(out.pairs);
  out.value = 0.30 * out.accuracy_tied + 0.30 * out.accuracy_ref + 0.20 * out.separated + 0.20 * out.separated_hard + 0.01 * out.margin;
  return out;
}

}  // namespace rlar
