// Phrases that announce an answer ("the answer is", "答案是"), and words that join or deny, in about twenty languages.
#pragma once

#include <cstddef>
#include <string_view>

namespace rlar {

struct PhraseMatch {
  bool found = false;
  std::size_t begin = 0;  // where the announcing phrase starts
  std::size_t end = 0;    // where the announced text starts
};

// The last announcement in `text` that is followed by something other than white space.
PhraseMatch FindAnswerPhrase(std::string_view text);

// True if `text` ends with a word of denial ("not", "isn't", "不是", "nicht" …), blanks aside.
bool EndsWithNegation(std::string_view text);
// True if `text` begins with one.
bool StartsWithNegation(std::string_view text);
// True if `word` (ASCII lower case, or as written in other scripts) means "or".
bool IsOr(std::string_view word);
bool IsAnd(std::string_view word);

}  // namespace rlar
