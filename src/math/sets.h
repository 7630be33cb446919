// Subsets of the real line: intervals, inequalities, set-builders, unions and single points in one form.
#pragma once

#include <optional>
#include <vector>

#include "math/scalar.h"

namespace rlar::math {

struct Piece {
  Ref low = nullptr, high = nullptr;  // nullptr: unbounded
  bool low_closed = false, high_closed = false;
};

struct RealSet {
  std::vector<Piece> pieces;  // sorted and merged where endpoints have numeric values
};

// Reads "x < 3", "1 ≤ x < 2", "(-∞, 3) ∪ {5}", "{x | …}", "x ≠ 2", "ℝ", "x < 1 or x > 4"; nullopt for anything else.
// `round_tuple`: whether (a, b) may be an interval.
std::optional<RealSet> ToRealSet(Ref node, bool round_tuple, Arena& arena, StepBudget& budget);

// True for what can only be a set: inequalities, unions, half-open brackets, set-builders.
bool IsClearlySet(Ref node);

Verdict SameSet(const RealSet& a, const RealSet& b, StepBudget& budget);

}  // namespace rlar::math
