// Text as answers to questions are compared: words without case, accents, articles and possessives; numbers, number words, ordinals
// and month names in one form; characters of scripts that do not write blanks as words of their own.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rlar {

struct QaWord {
  std::string text;        // normal form
  std::string stem;        // Porter stem of a Latin word, else the text
  bool number = false;     // `text` is a decimal number
  bool capital = false;    // written with a capital
  bool ideograph = false;  // one character of a script without blanks
  bool clause = false;     // begins the text, or follows a mark
  bool sentence = false;   // begins the text, or follows a full stop or a line end
  char before = 0;         // the last ASCII mark between this word and the one before it, ' ' if there is none, 0 at the start
  std::size_t begin = 0;   // byte offset in QaText::text
};

struct QaText {
  std::string text;  // composed, accents and apostrophes removed, case as written
  std::vector<QaWord> words;
  std::string joined;         // all words without blanks
  bool hidden_marks = false;  // a character that shows nothing stands inside a Latin word or number
};

QaText ReadQaText(std::string_view text);

// Words that carry no answer: "of", "in", "was" …
bool IsQaStopWord(std::string_view word);
// How alike two words are: 1 for equal stems, .9 for one slip in a longer word, .8 for a long common beginning where the wanted word is no
// name, else 0. Words of other than ASCII letters are alike only if equal.
double WordLikeness(const QaWord& wanted, const QaWord& said);

}  // namespace rlar
