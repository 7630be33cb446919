#include "constraints/syllables.h"

#include <algorithm>

#include "base/text.h"
#include "constraints/words.h"
#include "text/language_data.h"
#include "text/spans.h"
#include "text/unicode.h"

namespace rlar {
namespace {

bool IsVowel(char32_t c) { return c < 0x80 && std::string_view("aeiouy").find(static_cast<char>(c)) != std::string_view::npos; }

int CountByVowels(const std::u32string& word) {
  int count = IsVowel(word[0]);
  for (std::size_t i = 1; i < word.size(); ++i) count += IsVowel(word[i]) && !IsVowel(word[i - 1]);
  const std::size_t size = word.size();
  if (word.back() == U'e') --count;
  if (size > 2 && word[size - 2] == U'l' && word[size - 1] == U'e' && !IsVowel(word[size - 3])) ++count;
  return count == 0 ? 1 : count;
}

}  // namespace

const Result<SyllableCounter>& SyllableCounter::Get() {
  static const auto counter = []() -> Result<SyllableCounter> {
    const auto known = ReadLanguageData("syllapy/data.csv");
    if (!known) return known.error();
    return SyllableCounter(*known);
  }();
  return counter;
}

SyllableCounter::SyllableCounter(std::string_view known) {
  for (const std::string_view line : Split(known, '\n')) {
    const std::string_view entry = Trim(line);
    const std::size_t comma = entry.rfind(',');
    if (comma == entry.npos || comma + 2 != entry.size()) continue;
    known_[std::string(entry.substr(0, comma))] = entry[comma + 1] - '0';
  }
}

int SyllableCounter::Count(std::string_view raw) const {
  const std::string lower = UnicodeLower(Strip(raw));
  const std::string_view word = StripMarks(lower, kPunctuation);
  if (word.empty()) return 0;
  const std::u32string chars = Decode(word);
  if (std::any_of(chars.begin(), chars.end(), [](char32_t c) { return DigitValue(c) >= 0; })) return 0;
  if (const auto found = known_.find(std::string(word)); found != known_.end()) return found->second;
  // A compound: its parts, if each has a syllable.
  if (const std::size_t hyphen = word.find('-'); hyphen != word.npos) {
    const int first = Count(word.substr(0, hyphen)), rest = Count(word.substr(hyphen + 1));
    return first == 0 || rest == 0 ? 0 : first + rest;
  }
  return CountByVowels(chars);
}

}  // namespace rlar
