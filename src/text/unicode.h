// Text as Python's str methods see it, which is how the reference implementations of the text metrics and the instruction checkers
// define words, blanks and case. Every view is valid UTF-8; nothing is kept.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rlar {

// str.isspace() of one code point: Unicode white space and the ASCII separators 0x1C–0x1F.
inline bool IsSpace(char32_t c);
// Whether `\w` of Python's re matches: letters, numbers of any script, underscore.
inline bool IsWordChar(char32_t c);
// Letters or numbers, as str.isalnum().
bool IsAlnum(char32_t c);
// Characters that show nothing: zero-width spaces and joiners, byte order marks, bidirectional controls.
bool IsInvisible(char32_t c);

// str.strip(), str.lstrip(), str.rstrip().
std::string_view StripLeft(std::string_view text);
std::string_view StripRight(std::string_view text);
std::string_view Strip(std::string_view text);
// str.split(): runs of non-blanks.
std::vector<std::string_view> SplitBlanks(std::string_view text);
// str.split(separator). Precondition: separator is not empty.
std::vector<std::string_view> SplitOn(std::string_view text, std::string_view separator);
// str.isupper(), str.islower(): at least one cased character and none of the other case.
bool IsUpper(std::string_view text);
bool IsLower(std::string_view text);
// Code points of `text`.
std::u32string Decode(std::string_view text);
// Calls f(code point, byte offset, byte length) for each code point.
template <class F>
void ForEachCodePoint(std::string_view text, F f);

// Upper-case mapping (full, root locale); lower-casing is UnicodeLower of base/text.h.
std::string UnicodeUpper(std::string_view text);

}  // namespace rlar

#include "base/text.h"

namespace rlar {
inline bool IsSpace(char32_t c) {
  if (c < 0x80) return c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F);
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

inline bool IsWordChar(char32_t c) {
  if (c >= 0x80) return IsAlnum(c);
  return IsAsciiAlpha(static_cast<char>(c)) || IsAsciiDigit(static_cast<char>(c)) || c == '_';
}

template <class F>
void ForEachCodePoint(std::string_view text, F f) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t start = i;
    const char32_t c = NextCodePoint(text, i);
    f(c, start, i - start);
  }
}
}  // namespace rlar
