#include "base/text.h"

#include <unicode/locid.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <numeric>

namespace rlar {

namespace {

// Bytes of the code point that begins `text`, 0 where it is no valid one. Precondition: not empty.
std::size_t ValidLength(std::string_view text) {
  const auto* s = reinterpret_cast<const unsigned char*>(text.data());
  if (s[0] < 0x80) return 1;
  std::size_t extra = 0;
  unsigned low = 0x80, high = 0xBF;  // range of the second byte
  if (s[0] >= 0xC2 && s[0] <= 0xDF) {
    extra = 1;
  } else if (s[0] >= 0xE0 && s[0] <= 0xEF) {
    extra = 2;
    if (s[0] == 0xE0) low = 0xA0;
    if (s[0] == 0xED) high = 0x9F;
  } else if (s[0] >= 0xF0 && s[0] <= 0xF4) {
    extra = 3;
    if (s[0] == 0xF0) low = 0x90;
    if (s[0] == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() <= extra || s[1] < low || s[1] > high) return 0;
  for (std::size_t k = 2; k <= extra; ++k) {
    if ((s[k] & 0xC0) != 0x80) return 0;
  }
  return extra + 1;
}

}  // namespace

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = ValidLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string ReplaceBadUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = ValidLength(text);
    out.append(length > 0 ? text.substr(0, length) : std::string_view("\xEF\xBF\xBD"));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::size_t CodePointCount(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

char32_t NextWideCodePoint(std::string_view text, std::size_t& pos) {
  const auto at = [&](std::size_t i) -> char32_t { return i < text.size() ? static_cast<unsigned char>(text[i]) & 0x3Fu : 0; };
  const auto lead = static_cast<unsigned char>(text[pos]);
  if (lead < 0x80) return text[pos++];
  if (lead < 0xE0) {
    const char32_t cp = (lead & 0x1Fu) << 6 | at(pos + 1);
    pos += 2;
    return cp;
  }
  if (lead < 0xF0) {
    const char32_t cp = (lead & 0x0Fu) << 12 | at(pos + 1) << 6 | at(pos + 2);
    pos += 3;
    return cp;
  }
  const char32_t cp = (lead & 0x07u) << 18 | at(pos + 1) << 12 | at(pos + 2) << 6 | at(pos + 3);
  pos += 4;
  return cp;
}

void AppendUtf8(std::string& out, char32_t cp) {
  if (cp < 0x80) {
    out += static_cast<char>(cp);
  } else if (cp < 0x800) {
    out += static_cast<char>(0xC0 | cp >> 6);
    out += static_cast<char>(0x80 | (cp & 0x3F));
  } else if (cp < 0x10000) {
    out += static_cast<char>(0xE0 | cp >> 12);
    out += static_cast<char>(0x80 | (cp >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (cp & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | cp >> 18);
    out += static_cast<char>(0x80 | (cp >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (cp >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (cp & 0x3F));
  }
}

std::size_t CodePointOffset(std::string_view text, std::size_t byte_offset) { return CodePointCount(text.substr(0, byte_offset)); }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsAsciiSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsAsciiSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::string AsciiLower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), ToAsciiLower);
  return out;
}

std::string UnicodeLower(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return AsciiLower(text);
  }
  icu::UnicodeString wide = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
  wide.toLower(icu::Locale::getRoot());
  std::string out;
  wide.toUTF8String(out);
  return out;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == text.npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> SplitWords(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t i = 0;
  while (i < text.size()) {
    while (i < text.size() && IsAsciiSpace(text[i])) ++i;
    const std::size_t start = i;
    while (i < text.size() && !IsAsciiSpace(text[i])) ++i;
    if (i > start) words.push_back(text.substr(start, i - start));
  }
  return words;
}

bool StartsWithIgnoreCase(std::string_view text, std::string_view ascii_prefix) {
  return text.size() >= ascii_prefix.size() &&
         std::equal(ascii_prefix.begin(), ascii_prefix.end(), text.begin(), [](char a, char b) { return ToAsciiLower(a) == ToAsciiLower(b); });
}

std::string ReplaceAll(std::string text, std::string_view from, std::string_view to) {
  std::size_t at = text.find(from);
  if (at == text.npos) return text;
  std::string out;
  std::size_t start = 0;
  for (; at != text.npos; at = text.find(from, start)) {
    out.append(text, start, at - start).append(to);
    start = at + from.size();
  }
  return out.append(text, start);
}

namespace {

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substitute, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string_view NearestName(std::string_view name, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t best_distance = SIZE_MAX;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = EditDistance(name, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  const std::size_t allowed = std::max<std::size_t>(2, name.size() / 2);
  return best_distance <= allowed ? best : std::string_view{};
}

std::string Shorten(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 0 && (text[bytes] & 0xC0) == 0x80) --bytes;
  return std::string(text.substr(0, bytes)) + "…";
}

std::string Percent(double share) {
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "%.1f %%", 100 * share);
  return buffer;
}

std::string CountOf(std::size_t part, std::size_t whole) { return std::to_string(part) + " of " + std::to_string(whole); }

std::string Identifier(std::string_view text) {
  std::string name = AsciiLower(text);
  for (char& c : name) c = IsAsciiAlpha(c) || IsAsciiDigit(c) ? c : '_';
  return name;
}

}  // namespace rlar
