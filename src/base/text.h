// Small text helpers: UTF-8 and ASCII. They take views and never keep them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rlar {

bool IsValidUtf8(std::string_view text);
// Every byte that is no part of valid UTF-8 becomes U+FFFD.
std::string ReplaceBadUtf8(std::string_view text);
// Number of code points. Precondition: valid UTF-8.
std::size_t CodePointCount(std::string_view text);
// Decodes the code point at `pos` and moves `pos` past it. Preconditions: valid UTF-8, pos < text.size().
inline char32_t NextCodePoint(std::string_view text, std::size_t& pos);
// The same where the byte at `pos` is no ASCII.
char32_t NextWideCodePoint(std::string_view text, std::size_t& pos);
void AppendUtf8(std::string& out, char32_t code_point);
// Byte offset of every code point plus text.size() is not kept: this turns one byte offset into a code-point offset.
std::size_t CodePointOffset(std::string_view text, std::size_t byte_offset);

inline bool IsAsciiSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
inline bool IsAsciiDigit(char c) { return c >= '0' && c <= '9'; }
inline bool IsAsciiAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline char ToAsciiLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Without ASCII white space at both ends.
std::string_view Trim(std::string_view text);
std::string AsciiLower(std::string_view text);
// Full Unicode lower-casing and case folding (ICU, root locale).
std::string UnicodeLower(std::string_view text);
std::vector<std::string_view> Split(std::string_view text, char separator);
// Runs of non-white-space (ASCII).
std::vector<std::string_view> SplitWords(std::string_view text);
bool StartsWithIgnoreCase(std::string_view text, std::string_view ascii_prefix);
std::string ReplaceAll(std::string text, std::string_view from, std::string_view to);

// At most `bytes` of it, cut between code points, and "…" where something was cut.
std::string Shorten(std::string_view text, std::size_t bytes);
// "93.1 %" of a share in [0, 1].
std::string Percent(double share);
// "37 of 50".
std::string CountOf(std::size_t part, std::size_t whole);
// Lower-case ASCII letters and digits; every other byte becomes '_'.
std::string Identifier(std::string_view text);

// The candidate nearest to `name` by edit distance, if it is near enough to be a likely slip; empty else.
std::string_view NearestName(std::string_view name, const std::vector<std::string_view>& candidates);

inline char32_t NextCodePoint(std::string_view text, std::size_t& pos) {
  const auto lead = static_cast<unsigned char>(text[pos]);
  if (lead >= 0x80) return NextWideCodePoint(text, pos);
  ++pos;
  return lead;
}

}  // namespace rlar
