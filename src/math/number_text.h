// One number as people write it: 1,234.5  1 234,5  −3  3/4  1 1/2  2.5e3  3 × 10^8  45 %  $12.50  12.5 dollars  \frac{3}{4}  ٤٢
//
// This is the fast path for answers that are plain numbers; everything else is an expression (math/parse.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "math/rational.h"
#include "math/units.h"

namespace rlar::math {

struct NumberText {
  Rational value;    // as written: 45 for "45 %"
  int decimals = 0;  // digits after the point
  bool percent = false;
  std::string unit;  // words after the number (or the currency sign before it), trimmed; may name no known unit
  std::optional<Unit> known_unit;
};

// nullopt where `text` is not exactly one number with at most a few words of unit around it: lists, choices, denials, two
// numbers, hidden characters and numbers beyond kMaxDigits are all refused. Precondition: valid UTF-8.
std::optional<NumberText> ParseNumberText(std::string_view text);

// True if `text` holds characters that cannot be seen (zero width, bidi controls, other controls).
bool HasHiddenCharacters(std::string_view text);

}  // namespace rlar::math
