// Verdicts as Math-Verify 0.9.0 gives them, to reproduce runs that were scored with it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "math/compare.h"
#include "math/math_verify_extract.h"

namespace rlar::math {

struct MathVerifyOptions {
  MathVerifyTargets targets;
  int float_rounding = 6;      // decimals that a float is compared to
  int numeric_precision = 15;  // digits that constants are compared to
  bool strict = true;          // false: variables are matched by their place, sets with tuples
  bool allow_set_relation_comp = false;
};

// What it extracts from a text: an expression that parses, and the text of the first place it looked at.
struct MathVerifyAnswer {
  std::unique_ptr<Answer> expression;  // nullptr: none
  std::string text;
  bool is_set = false;  // of several environments
};
MathVerifyAnswer ReadMathVerify(std::string_view text, const MathVerifyTargets& targets);

Verdict MathVerifySame(const MathVerifyAnswer& gold, const MathVerifyAnswer& pred, const MathVerifyOptions& options, StepBudget& budget);

}  // namespace rlar::math
