// Spans that answers stand in: boxes, delimited mathematics, emphasis, numbers. One forward pass each, views into the text.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace rlar {

struct Span {
  std::size_t begin = 0, end = 0;              // with delimiters
  std::size_t inner_begin = 0, inner_end = 0;  // without
  std::string_view Inner(std::string_view text) const { return text.substr(inner_begin, inner_end - inner_begin); }
  std::string_view Outer(std::string_view text) const { return text.substr(begin, end - begin); }
};

// Closed \boxed{…}, \fbox{…} and \boxed 5 in order of their start; boxes inside boxes are left out.
std::vector<Span> FindBoxes(std::string_view text);
// $…$, $$…$$, \(…\), \[…\] in order. A dollar sign that is money opens nothing.
std::vector<Span> FindMath(std::string_view text);
// The last **…** or __…__ on one line; an empty span where there is none.
Span FindLastBold(std::string_view text);

// A number as it is written in prose: sign, currency, separators, fraction, exponent and percent belong to it.
struct NumberSpan {
  std::size_t begin = 0, end = 0;
  bool found() const { return end > begin; }
};
// The last number in `text` that is not glued to a word ("A2" is a name); any script's digits.
NumberSpan FindLastNumber(std::string_view text);
NumberSpan FindFirstNumber(std::string_view text);

// Where the word for a sign begins that stands right before `at`, or `at`: "minus 5", "negative 5", but not "8 minus 5" nor "x minus 5".
std::size_t SignWordBegin(std::string_view text, std::size_t at);

// The value 0-9 of a decimal digit of any script in the basic plane, or -1.
int DigitValue(char32_t code_point);

// Number of words (two letters or more) outside commands and mathematics; words that join ("and", "or") are not counted.
std::size_t CountProseWords(std::string_view text);

}  // namespace rlar
