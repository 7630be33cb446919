#include "jsonschema/formats.h"

#include <algorithm>

#include "base/text.h"
#include "jsonschema/regex.h"
#include "jsonschema/uri.h"

namespace rlar::jsonschema {
namespace {

bool IsHexDigit(char c) { return IsAsciiDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Two digits at `at`, or -1.
int TwoDigits(std::string_view text, std::size_t at) {
  if (at + 2 > text.size() || !IsAsciiDigit(text[at]) || !IsAsciiDigit(text[at + 1])) return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

bool IsDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int century = TwoDigits(text, 0), rest = TwoDigits(text, 2), month = TwoDigits(text, 5), day = TwoDigits(text, 8);
  if (century < 0 || rest < 0 || month < 1 || month > 12 || day < 1) return false;
  const int year = century * 100 + rest;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return day <= kDays[month - 1] + (month == 2 && leap);
}

// A leap second is one at 23:59 UTC only.
bool IsTime(std::string_view text) {
  if (text.size() < 9 || text[2] != ':' || text[5] != ':') return false;
  const int hour = TwoDigits(text, 0), minute = TwoDigits(text, 3), second = TwoDigits(text, 6);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false;
  std::size_t at = 8;
  if (text[at] == '.') {
    const std::size_t start = ++at;
    while (at < text.size() && IsAsciiDigit(text[at])) ++at;
    if (at == start) return false;
  }
  int offset = 0;
  if (at < text.size() && (text[at] == 'Z' || text[at] == 'z')) {
    ++at;
  } else {
    if (at + 6 != text.size() || (text[at] != '+' && text[at] != '-') || text[at + 3] != ':') return false;
    const int hours = TwoDigits(text, at + 1), minutes = TwoDigits(text, at + 4);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false;
    offset = (hours * 60 + minutes) * (text[at] == '+' ? -1 : 1);
    at += 6;
  }
  if (at != text.size()) return false;
  return second < 60 || ((hour * 60 + minute + offset) % 1440 + 1440) % 1440 == 1439;
}

bool IsDateTime(std::string_view text) {
  return text.size() > 11 && (text[10] == 'T' || text[10] == 't') && IsDate(text.substr(0, 10)) && IsTime(text.substr(11));
}

// P3Y6M4DT12H30M5S or P4W; units in order, none skipped between two that are there.
bool IsDuration(std::string_view text) {
  if (!text.starts_with('P') || text.size() < 3) return false;
  text.remove_prefix(1);
  std::string_view units = "YMD";
  bool any = false, time = false;
  std::size_t next = 0;
  while (!text.empty()) {
    if (text[0] == 'T') {
      if (time || text.size() == 1) return false;
      time = true;
      units = "HMS";
      next = 0;
      any = false;
      text.remove_prefix(1);
      continue;
    }
    std::size_t digits = 0;
    while (digits < text.size() && IsAsciiDigit(text[digits])) ++digits;
    if (digits == 0 || digits == text.size()) return false;
    const char unit = text[digits];
    text.remove_prefix(digits + 1);
    if (unit == 'W') return text.empty() && !any && !time;
    const std::size_t at = units.find(unit);
    if (at == units.npos || (any ? at != next : at < next)) return false;
    next = at + 1;
    any = true;
  }
  return true;
}

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < 36; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !IsHexDigit(text[i])) return false;
  }
  return true;
}

bool IsJsonPointer(std::string_view text) {
  if (text.empty()) return true;
  if (text[0] != '/') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '~' && (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1'))) return false;
  }
  return true;
}

bool IsRelativeJsonPointer(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && IsAsciiDigit(text[digits])) ++digits;
  if (digits == 0 || (digits > 1 && text[0] == '0')) return false;
  const std::string_view rest = text.substr(digits);
  return rest == "#" || IsJsonPointer(rest);
}

bool IsRegex(std::string_view text) { return Regex::Make(text).has_value(); }

struct Format {
  std::string_view name;
  FormatCheck check;
};
constexpr Format kFormats[] = {
    {"date", IsDate},
    {"date-time", IsDateTime},
    {"duration", IsDuration},
    {"email", IsEmail},
    {"hostname", IsHostname},
    {"idn-email", IsIdnEmail},
    {"idn-hostname", IsIdnHostname},
    {"ipv4", IsIpv4},
    {"ipv6", IsIpv6},
    {"iri", IsIri},
    {"iri-reference", IsIriReference},
    {"json-pointer", IsJsonPointer},
    {"regex", IsRegex},
    {"relative-json-pointer", IsRelativeJsonPointer},
    {"time", IsTime},
    {"uri", IsUri},
    {"uri-reference", IsUriReference},
    {"uri-template", IsUriTemplate},
    {"uuid", IsUuid},
};

}  // namespace

FormatCheck FindFormat(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFormats), std::end(kFormats), [&](const Format& format) { return format.name == name; });
  return found == std::end(kFormats) ? nullptr : found->check;
}

}  // namespace rlar::jsonschema
