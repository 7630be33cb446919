// Syllables of English words as the Python package syllapy counts them: its list of known words, else groups of vowels.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "rlar/result.h"

namespace rlar {

class SyllableCounter {
 public:
  // With the list of known words of the language data, read once; the error where it is not there.
  static const Result<SyllableCounter>& Get();
  // `known` has lines "word,count".
  explicit SyllableCounter(std::string_view known);
  // 0 for what is empty but for marks, or holds a digit.
  int Count(std::string_view word) const;

 private:
  std::unordered_map<std::string, int> known_;
};

}  // namespace rlar
