// Calendar dates among the words of a text, and whether one says what another asks for.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "text/qa_text.h"

namespace rlar {

struct QaDate {
  int year = 0, month = 0, day = 0;  // 0: not said
  bool ambiguous = false;            // 3/4/2001: day and month may be the other way round
  std::size_t begin = 0, end = 0;    // words
};

// "July 4, 1776", "4 July", "the 4th of July 1776", "1776-07-04", "7/4/1776", "2008年8月8日", and lone years 1000–2100.
std::vector<QaDate> FindQaDates(std::span<const QaWord> words);

// The date where `words` are nothing but one, weekdays and prepositions aside.
std::optional<QaDate> OnlyQaDate(std::span<const QaWord> words);

// Whether `said` answers where `wanted` is asked for: no part contradicts, and the coarsest wanted part is said. A year alone answers for a
// whole date; a day without its year does, where month and day agree.
bool DateAnswers(const QaDate& wanted, const QaDate& said);

}  // namespace rlar
