// What a decimal stands for where rounding is allowed.
#pragma once

#include "math/scalar.h"

namespace rlar::math {

// The literal number that a value is, behind a sign or percent sign; nullptr where it is none.
Ref LiteralOf(Ref node);
// A literal with a point or an exponent.
bool IsFloat(Ref node);
// Whether a literal of so many significant digits at least may stand for what rounds to it.
bool MayRound(Ref node, int least_digits);
// Whether `value` rounds (or is cut) to `rounded`, whose literal is given.
bool RoundsTo(Ref rounded, Ref value, const Node& literal, StepBudget& budget);
// Whether both are the same rounded to so many decimals.
bool SameWhenRounded(Ref x, Ref y, int decimals, Arena& arena, StepBudget& budget);
// |x - y| <= tolerance, or <= tolerance * |x| where |x| > 1.
bool IsTolerated(Ref x, Ref y, const Rational& tolerance, StepBudget& budget);

}  // namespace rlar::math
