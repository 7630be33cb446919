// What a set of scores is worth as a choice among responses: best of n, and RewardBench 2's Ties subset.
//
// Source of the Ties formulas: rewardbench/utils.py of allenai/reward-bench at 05a9005. All functions are pure and expect finite
// scores; nothing here knows of rows or files.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace rlar {

// The chance in [0, 1] that a highest-scored response is a right one, where equal highest scores are drawn among: one right
// response and k responses at the top give 1/k or 0. Preconditions: scores not empty, right.size() == scores.size().
double TopCredit(std::span<const double> scores, const std::vector<bool>& right);

// One prompt of the Ties subset under one scorer.
struct TiesRow {
  double spread = 0;  // highest minus lowest right response; 0 where only one is right
  double gap = 0;     // lowest right response minus highest wrong one
};
// The first `correct` scores belong to right responses. Precondition: 0 < correct < scores.size().
TiesRow MakeTiesRow(std::span<const double> scores, std::size_t correct);

// A prompt id's two rows; either may be missing.
struct TiesPrompt {
  std::optional<TiesRow> ref;   // the question with one right answer
  std::optional<TiesRow> tied;  // the one with many
};

struct TiesScore {
  double value = 0;                            // 0.3 accuracy_tied + 0.3 accuracy_ref + 0.2 separated + 0.2 separated_hard + 0.01 margin: at most 1.01
  double accuracy_ref = 0, accuracy_tied = 0;  // share with gap > 0
  double separated = 0;                        // share of pairs whose tied gap exceeds the tied spread
  double separated_hard = 0;                   // the same for the smaller of both gaps
  double margin = 0;                           // mean of tanh(smaller gap / spread - 1)
  std::size_t pairs = 0;                       // prompts with both rows
};
// Of the prompts at `picks` (an index may repeat, as a bootstrap has it). None without a pair: the score is not defined then.
std::optional<TiesScore> ScoreTies(std::span<const TiesPrompt> prompts, std::span<const std::size_t> picks);

}  // namespace rlar
