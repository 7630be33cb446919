// Which option of a multiple-choice question a response picks.
//
// An announced choice ("the answer is (C)", \boxed{C}, "B。") comes before a letter that merely stands somewhere; a choice of
// two, a denial or a list of all options picks nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rlar {

struct Option {
  std::string label;  // "A", as asked for
  std::string text;   // may be empty where only the letters are known
};

struct Choice {
  enum class Outcome { kPicked, kNothing, kSeveral, kDenied, kUnknownLabel };
  Outcome outcome = Outcome::kNothing;
  std::size_t index = 0;      // kPicked: of the option
  std::string_view evidence;  // the text that decided, a view into the response
  std::string_view method;    // "boxed", "phrase", "whole", "letter", "option_text", …
};

// Precondition: options are not empty. Linear in the response (times the number of options).
Choice FindChoice(std::string_view response, const std::vector<Option>& options);

// The position that a label letter has in its script (A→0, Б→1, ب→1, ক→0 …); -1 for what is no label.
int LabelIndex(char32_t letter);

// Comparison form of an option's text: lower case, white space joined, trailing punctuation and mathematics' dollars dropped.
std::string OptionKey(std::string_view text);

}  // namespace rlar
