// From text to tree. One recursive descent with a depth limit; no guessing: what is not mathematics fails to parse.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "math/tree.h"

namespace rlar::math {

struct Parsed {
  Ref root = nullptr;     // nullptr: not readable as mathematics
  std::string key;        // the tokens' spelling, also where root is nullptr
  bool oversize = false;  // refused for its size
  bool bad_text = false;  // hidden characters
};

// Reads an answer: an expression, equation, inequality, interval, tuple, set, matrix, list, words … Wrappers (`$`, `\boxed`) are
// seen through. The tree lives in `arena`.
Parsed Parse(std::string_view text, Arena& arena);

}  // namespace rlar::math
