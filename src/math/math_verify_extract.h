// Where Math-Verify 0.9.0 looks for an answer: the places its expressions match, in the order in which it tries them.
//
// Its 27 regular expressions come to a few scans here; the search is linear in the text for a bounded number of answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rlar::math {

// One attempt: what stands in up to six environments joined by "and", "or" or commas, or a plain expression.
struct MathVerifyMatch {
  struct Piece {
    std::string_view text;
    bool percent = false;
    bool bare_box = false;  // "\boxed{…" without an environment: reaches to the text's last brace
  };
  std::size_t begin = 0, end = 0;
  bool latex = false;
  bool number = false;  // plain: one number, with its separators
  std::vector<Piece> pieces;
};

struct MathVerifyTargets {
  bool latex = true, expr = true;
};

// Matches of one priority after the other, calling `f(match)` until it returns true. False where it never does.
template <class F>
bool ForEachMathVerifyMatch(std::string_view text, const MathVerifyTargets& targets, F f);

// Matches of priority 0, 50, 100, 200 or 300, best first.
std::vector<MathVerifyMatch> MathVerifyMatches(std::string_view text, const MathVerifyTargets& targets, int priority);

// The content of the boxes in `text`: of all, or of the last ones that belong together; `text` itself where there is none.
std::string MathVerifyBoxes(std::string_view text, bool all);
// Without the unit at the end, and with the usual corrections of malformed commands.
std::string MathVerifyNormalize(std::string_view text);

template <class F>
bool ForEachMathVerifyMatch(std::string_view text, const MathVerifyTargets& targets, F f) {
  for (const int priority : {0, 50, 100, 200, 300}) {
    for (const MathVerifyMatch& match : MathVerifyMatches(text, targets, priority)) {
      if (f(match)) return true;
    }
  }
  return false;
}

}  // namespace rlar::math
