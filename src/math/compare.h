// Equality of two answers: what forms may differ without the answer being another one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "math/parse.h"
#include "math/scalar.h"

namespace rlar::math {

struct CompareOptions {
  bool percent_equal = false;         // 28 % = 28 (28 % = 0.28 always holds)
  bool round_to_reference = false;    // a decimal reference stands for what rounds (or is cut) to it
  bool symmetric = true;              // … and so does a decimal answer of three or more digits
  std::optional<int> float_rounding;  // a decimal equals what agrees with it when both are rounded to so many decimals
  bool any_names = false;             // variables are matched by their place
  bool math_verify = false;           // names and units must agree, and constants to 15 decimals only
  std::optional<Rational> tolerance;  // |difference| <= t or <= t · |reference|
};

// An answer read once; views nothing, owns its tree.
struct Answer {
  Arena arena;
  Parsed parsed;
  std::string words;   // lower-case words and digits, for answers in words
  bool prose = false;  // mostly words: no numbers are guessed out of it
};
void ReadAnswer(std::string_view text, Answer& out);

// `reference` is not changed and may be shared; everything built on the way lives in `scratch`.
Verdict SameAnswer(const Answer& reference, const Answer& answer, const CompareOptions& options, Arena& scratch, StepBudget& budget);

// The same for two trees.
Verdict SameTree(Ref reference, Ref answer, const CompareOptions& options, Arena& scratch, StepBudget& budget);

}  // namespace rlar::math
