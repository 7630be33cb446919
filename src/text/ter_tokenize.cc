// Tercom's normalisation. The reference implementation is a chain of substitutions that insert blanks; each step here is one of them.
#include "base/text.h"
#include "text/ter.h"
#include "text/unicode.h"

namespace rlar {
namespace {

bool IsAlone(char32_t c) {
  return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
}
bool IsDigit(char32_t c) { return c >= '0' && c <= '9'; }
bool IsMark(char32_t c) { return c == '.' || c == ','; }

bool IsAsianPunct(char32_t c) {
  return c == 0x3001 || c == 0x3002 || (c >= 0x3008 && c <= 0x3011) || (c >= 0x3014 && c <= 0x301F) || (c >= 0xFF61 && c <= 0xFF65) || c == 0x30FB;
}
bool IsFullWidthPunct(char32_t c) {
  return c == 0xFF0E || c == 0xFF0C || c == 0xFF1F || c == 0xFF1A || c == 0xFF1B || c == 0xFF01 || c == 0xFF02 || c == 0xFF08 || c == 0xFF09;
}
// Ideographs and the like, with the ranges as the reference has them.
bool IsAsianAlone(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x31C0 && c <= 0x31EF) || (c >= 0x2E80 && c <= 0x2EFF) ||
         (c >= 0x3300 && c <= 0x33FF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE4F) || (c >= 0x3200 && c <= 0x3F22) || IsAsianPunct(c) ||
         IsFullWidthPunct(c);
}

template <class IsOne>
std::u32string Isolate(const std::u32string& text, IsOne is_one) {
  std::u32string out;
  out.reserve(text.size() + 16);
  for (const char32_t c : text) {
    if (is_one(c))
      (out += ' ') += c, out += ' ';
    else
      out += c;
  }
  return out;
}

// Blanks around or behind pairs of neighbours, from left to right; a pair uses up both.
template <class IsPair, class Write>
std::u32string RewritePairs(const std::u32string& text, IsPair is_pair, Write write) {
  std::u32string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 < text.size() && is_pair(text[i], text[i + 1])) {
      write(out, text[i], text[i + 1]);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string Normalize(std::string text, bool asian) {
  text = ReplaceAll(std::move(text), "\n-", "");
  text = ReplaceAll(std::move(text), "\n", " ");
  for (const auto& [entity, character] : {std::pair{"&quot;", "\""}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}}) {
    text = ReplaceAll(std::move(text), entity, character);
  }
  std::u32string wide = Isolate(Decode(" " + text + " "), IsAlone);
  std::u32string possessive;
  for (std::size_t i = 0; i < wide.size(); ++i) {
    if (wide.compare(i, 3, U"'s ") == 0) {
      possessive += U" 's ";
      i += 2;
    } else {
      possessive += wide[i];
    }
  }
  wide = RewritePairs(
      possessive, [](char32_t a, char32_t b) { return !IsDigit(a) && IsMark(b); },
      [](std::u32string& out, char32_t a, char32_t b) { (((out += a) += ' ') += b) += ' '; });
  wide = RewritePairs(
      wide, [](char32_t a, char32_t b) { return IsMark(a) && !IsDigit(b); },
      [](std::u32string& out, char32_t a, char32_t b) { (((out += ' ') += a) += ' ') += b; });
  wide = RewritePairs(
      wide, [](char32_t a, char32_t b) { return IsDigit(a) && b == '-'; },
      [](std::u32string& out, char32_t a, char32_t b) { (((out += a) += ' ') += b) += ' '; });
  if (asian) wide = Isolate(wide, IsAsianAlone);
  std::string out;
  for (const char32_t c : wide) AppendUtf8(out, c);
  return out;
}

std::string WithoutPunct(std::string_view text, bool asian) {
  std::string out;
  ForEachCodePoint(text, [&](char32_t c, std::size_t at, std::size_t size) {
    const bool western = c < 0x80 && std::string_view(".,?:;!\"()").find(static_cast<char>(c)) != std::string_view::npos;
    if (!western && !(asian && (IsAsianPunct(c) || IsFullWidthPunct(c)))) out += text.substr(at, size);
  });
  return out;
}

}  // namespace

std::vector<std::string_view> TokenizeForTer(std::string_view text, const TerOptions& options, std::string& scratch) {
  text = StripRight(text);
  scratch = options.case_sensitive ? std::string(text) : UnicodeLower(text);
  if (options.normalized) scratch = Normalize(std::move(scratch), options.asian_support);
  if (options.no_punct) scratch = WithoutPunct(scratch, options.asian_support);
  return SplitBlanks(scratch);
}

}  // namespace rlar
