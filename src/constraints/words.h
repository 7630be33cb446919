// How the official checkers of IFBench and IF-RLVR cut a text into sentences and words, and what their Python text
// methods do. Everything takes valid UTF-8; views returned point into the argument.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rlar {

// The 32 punctuation marks of ASCII (Python's string.punctuation), and these with the blank.
inline constexpr std::string_view kPunctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
inline constexpr std::string_view kPunctuationAndBlank = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ";

bool IsAsciiPunctuation(char c);
std::string WithoutPunctuation(std::string_view text);
// str.strip(marks), lstrip and rstrip for ASCII marks.
std::string_view StripMarks(std::string_view text, std::string_view marks);
std::string_view StripMarksLeft(std::string_view text, std::string_view marks);
std::string_view StripMarksRight(std::string_view text, std::string_view marks);

// Sentences by IFEval's rules: ends are ".", "?" and "!" but not in titles, initials, acronyms, numbers and addresses;
// line breaks are blanks. Sentences are stripped; one inside may be empty. Linear.
std::vector<std::string> RuleSentences(std::string_view text);

// Number of runs of word characters (`\w+`).
std::size_t CountWordRuns(std::string_view text);
// Calls f(run) for each.
template <class F>
void ForEachWordRun(std::string_view text, F f);

// Occurrences of `part` that do not overlap. Precondition: `part` is not empty.
std::size_t CountSubstring(std::string_view text, std::string_view part);
// Occurrences of `word` between non-word characters, whatever the case. Precondition: `lower_word` is lower-case and
// not empty.
std::size_t CountWholeWord(std::string_view text, std::string_view lower_word);

// str.isdigit() of a whole word: not empty and only digits.
bool IsDigits(std::string_view word);
// The first character of a word; 0 for an empty one.
char32_t FirstChar(std::string_view word);
// The words between blanks without the marks (of any script) at both ends; what is nothing but marks is left out.
std::vector<std::string_view> BareWords(std::string_view text);
// Punctuation or symbol of any script.
bool IsMark(char32_t c);

}  // namespace rlar

#include "text/unicode.h"

namespace rlar {
template <class F>
void ForEachWordRun(std::string_view text, F f) {
  std::size_t begin = std::string_view::npos;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t at = i;
    if (IsWordChar(NextCodePoint(text, i))) {
      if (begin == text.npos) begin = at;
    } else if (begin != text.npos) {
      f(text.substr(begin, at - begin));
      begin = text.npos;
    }
  }
  if (begin != text.npos) f(text.substr(begin));
}
}  // namespace rlar
