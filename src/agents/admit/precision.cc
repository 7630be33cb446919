#include "agents/admit/precision.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <vector>

#include "base/text.h"

namespace rlar {
namespace {

constexpr int kMostSignificant = 15, kMostDecimals = 12;  // of a double

std::optional<double> Plain(std::string_view text) {
  text = Trim(text);
  if (text.empty() || text.size() > 40 || text.find_first_not_of("0123456789.eE+-") != text.npos || text.find_first_of("0123456789") == text.npos)
    return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::string Written(double value, const Precision& precision) {
  char text[400];
  if (precision.significant) {
    std::snprintf(text, sizeof text, "%.*e", precision.digits - 1, value);
  } else {
    std::snprintf(text, sizeof text, "%.*f", precision.digits, value);
  }
  return text;
}

std::optional<int> CountOf(std::string_view word) {
  constexpr std::array<std::string_view, 9> kWords{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine"};
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (word == kWords[i]) return static_cast<int>(i + 1);
  }
  int count = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), count);
  if (error != std::errc() || end != word.data() + word.size() || count < 0 || count > kMostSignificant) return std::nullopt;
  return count;
}

std::string_view Bare(std::string_view word) {
  while (!word.empty() && !IsAsciiAlpha(word.back()) && !IsAsciiDigit(word.back())) word.remove_suffix(1);
  while (!word.empty() && !IsAsciiAlpha(word.front()) && !IsAsciiDigit(word.front())) word.remove_prefix(1);
  return word;
}

// What the three words that begin here ask for.
std::optional<Precision> ReadHere(std::string_view first, std::string_view second, std::string_view third) {
  const auto count = CountOf(first);
  const bool unit = third.starts_with("figure") || third.starts_with("digit") || third.starts_with("place");
  if (count && *count > 0 && second == "significant" && unit) return Precision{true, *count};
  if (count && *count <= kMostDecimals && (second == "decimals" || (second == "decimal" && unit))) return Precision{false, *count};
  if (first != "nearest") return std::nullopt;
  constexpr std::array<std::pair<std::string_view, int>, 5> kPlaces{{{"integer", 0}, {"whole", 0}, {"tenth", 1}, {"hundredth", 2}, {"thousandth", 3}}};
  for (const auto& [place, digits] : kPlaces) {
    if (second == place) return Precision{false, digits};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Precision> PrecisionAsked(std::string_view prompt) {
  const std::string lower = AsciiLower(prompt);
  std::vector<std::string_view> words;
  for (const std::string_view word : SplitWords(lower)) words.push_back(Bare(word));
  std::optional<Precision> asked;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const auto here = ReadHere(words[i], words[i + 1], i + 2 < words.size() ? words[i + 2] : "");
    if (!here) continue;
    if (asked && (asked->significant != here->significant || asked->digits != here->digits)) return std::nullopt;
    asked = here;
  }
  return asked;
}

std::string RoundedTo(std::string_view text, const Precision& precision) {
  const auto value = Plain(text);
  if (!value) return "";
  const std::string rounded = Written(*value, precision);
  return Plain(rounded) == value ? "" : rounded;
}

bool SameRounded(std::string_view a, std::string_view b, const Precision& precision) {
  const auto x = Plain(a), y = Plain(b);
  return x && y && Written(*x, precision) == Written(*y, precision);
}

}  // namespace rlar
