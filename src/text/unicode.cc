#include "text/unicode.h"

#include <unicode/locid.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace rlar {

bool IsAlnum(char32_t c) {
  if (c < 0x80) return IsAsciiAlpha(static_cast<char>(c)) || IsAsciiDigit(static_cast<char>(c));
  // Python: a letter (L*), or a character with a decimal, digit or numeric value.
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_L_MASK | U_GC_N_MASK)) != 0;
}

bool IsInvisible(char32_t c) {
  if (c < 0x80) return false;
  return c == 0xAD || c == 0x34F || c == 0x61C || c == 0x180E || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
         c == 0xFEFF || (c >= 0xE0000 && c <= 0xE007F);
}

std::string_view StripLeft(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    std::size_t next = i;
    if (!IsSpace(NextCodePoint(text, next))) break;
    i = next;
  }
  return text.substr(i);
}

std::string_view StripRight(std::string_view text) {
  while (!text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && (text[start] & 0xC0) == 0x80) --start;
    std::size_t at = start;
    if (!IsSpace(NextCodePoint(text, at))) break;
    text = text.substr(0, start);
  }
  return text;
}

std::string_view Strip(std::string_view text) { return StripLeft(StripRight(text)); }

std::vector<std::string_view> SplitBlanks(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t start = std::string_view::npos;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t at = i;
    if (IsSpace(NextCodePoint(text, i))) {
      if (start != text.npos) words.push_back(text.substr(start, at - start));
      start = text.npos;
    } else if (start == text.npos) {
      start = at;
    }
  }
  if (start != text.npos) words.push_back(text.substr(start));
  return words;
}

std::vector<std::string_view> SplitOn(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + separator.size());
  }
}

namespace {

bool HasOnlyCase(std::string_view text, bool upper) {
  bool found = false;
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<UChar32>(NextCodePoint(text, i));
    if (c < 0x80) {
      const bool is_upper = c >= 'A' && c <= 'Z', is_lower = c >= 'a' && c <= 'z';
      if (upper ? is_lower : is_upper) return false;
      found |= is_upper || is_lower;
      continue;
    }
    const bool is_upper = u_hasBinaryProperty(c, UCHAR_UPPERCASE), is_lower = u_hasBinaryProperty(c, UCHAR_LOWERCASE);
    if ((upper ? is_lower : is_upper) || u_charType(c) == U_TITLECASE_LETTER) return false;
    found |= upper ? is_upper : is_lower;
  }
  return found;
}

}  // namespace

bool IsUpper(std::string_view text) { return HasOnlyCase(text, true); }
bool IsLower(std::string_view text) { return HasOnlyCase(text, false); }

std::u32string Decode(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) out += NextCodePoint(text, i);
  return out;
}

std::string UnicodeUpper(std::string_view text) {
  icu::UnicodeString wide = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
  wide.toUpper(icu::Locale::getRoot());
  std::string out;
  wide.toUTF8String(out);
  return out;
}

}  // namespace rlar
