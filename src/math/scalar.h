// Equality of two scalar expressions.
#pragma once

#include "math/ball.h"
#include "math/tree.h"
#include "rlar/verifier.h"

namespace rlar::math {

enum class Verdict { kSame, kDifferent, kUnknown };

// Rational numbers are compared exactly. Everything else is evaluated in complex balls at points drawn from the symbols' names:
// balls that do not meet prove a difference; `same` is said after agreement to hundreds of bits at several points.
// A point counts where both sides are real there; a point where only one is (log x² and 2 log x below 0) does not.
Verdict SameScalar(Ref a, Ref b, StepBudget& budget);

// Whether every constant part has a value, of a size that its precision can be had for.
bool HasModestValue(Ref node, StepBudget& budget);

// |a − b| <= bound, for expressions without symbols. kUnknown where a value cannot be had.
Verdict Within(Ref a, Ref b, const Rational& bound, StepBudget& budget);

// Sign of a symbol-free expression: −1, 0, 1, or 2 where unknown.
int SignOf(Ref node, StepBudget& budget);
// An approximation for ordering; false where there is none.
bool Approximate(Ref node, StepBudget& budget, double& out);

// Whether a and b are proportional with a constant factor (for equations); `positive` asks for a factor above zero.
Verdict Proportional(Ref a, Ref b, bool positive, StepBudget& budget);

// `node` with every symbol `from` replaced by `to`.
Ref Substitute(Ref node, std::string_view from, Ref to, Arena& arena);

}  // namespace rlar::math
