#include "text/spans.h"

#include <algorithm>

#include "base/text.h"
#include "text/phrases.h"

namespace rlar {
namespace {

// Length of a box command at `at` (the backslash), else 0.
std::size_t BoxCommand(std::string_view text, std::size_t at) {
  for (const std::string_view name : {std::string_view("\\boxed"), std::string_view("\\fbox"), std::string_view("\x08oxed")}) {
    if (text.substr(at).starts_with(name)) return name.size();
  }
  return 0;
}

bool IsLetterCodePoint(char32_t cp) {
  if (cp < 0x80) return IsAsciiAlpha(static_cast<char>(cp)) || cp == '_';
  // Signs and punctuation blocks are no letters; everything else beyond Latin-1 signs counts as one.
  if (cp < 0xC0 || cp == 0xD7 || cp == 0xF7) return false;
  if (cp >= 0x2000 && cp < 0x2C00) return false;
  if (cp >= 0x3000 && cp < 0x3040) return false;
  return !(cp >= 0xFF00 && cp < 0xFF21);
}

// Scripts that write without blanks: their letters may touch a number.
bool TouchesNumbers(char32_t cp) { return cp >= 0x0E00 && !(cp >= 0x1E00 && cp < 0x2000); }

}  // namespace

int DigitValue(char32_t cp) {
  if (cp >= '0' && cp <= '9') return static_cast<int>(cp - '0');
  if (cp < 0x660) return -1;
  for (const char32_t zero : {0x660u, 0x6F0u, 0x7C0u, 0x966u, 0x9E6u, 0xA66u, 0xAE6u, 0xB66u, 0xBE6u, 0xC66u, 0xCE6u, 0xD66u, 0xE50u, 0xED0u, 0xF20u, 0x1040u,
                              0x17E0u, 0x1810u, 0xFF10u}) {
    if (cp >= zero && cp < zero + 10) return static_cast<int>(cp - zero);
  }
  return -1;
}

std::vector<Span> FindBoxes(std::string_view text) {
  struct Open {
    std::size_t box = std::string_view::npos;  // where the box command starts, npos for a plain brace
    std::size_t inner = 0;
  };
  std::vector<Open> stack;
  std::vector<Span> boxes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' || c == '\x08') {
      const std::size_t length = BoxCommand(text, i);
      if (length == 0) {
        // An escaped brace opens nothing; "\\boxed" (an escaped escape) still is a box.
        if (i + 1 < text.size() && (text[i + 1] == '{' || text[i + 1] == '}')) ++i;
        continue;
      }
      std::size_t at = i + length;
      while (at < text.size() && IsAsciiSpace(text[at])) ++at;
      if (at < text.size() && text[at] == '{') {
        stack.push_back({i, at + 1});
        i = at;
      } else if (at > i + length || (at < text.size() && IsAsciiDigit(text[at]))) {
        std::size_t end = at;
        while (end < text.size() && !IsAsciiSpace(text[end]) && text[end] != '$' && text[end] != ',' && text[end] != '}') ++end;
        while (end > at && text[end - 1] == '.') --end;
        if (end > at) boxes.push_back({i, end, at, end});
        i = std::max(i, end - 1);
      }
    } else if (c == '{') {
      stack.push_back({});
    } else if (c == '}' && !stack.empty()) {
      const Open open = stack.back();
      stack.pop_back();
      if (open.box == std::string_view::npos) continue;
      // What closed before inside this one is part of it.
      while (!boxes.empty() && boxes.back().begin > open.box) boxes.pop_back();
      boxes.push_back({open.box, i + 1, open.inner, i});
    }
  }
  return boxes;
}

std::vector<Span> FindMath(std::string_view text) {
  std::vector<Span> spans;
  std::size_t dollar = std::string_view::npos;  // an open single $
  std::size_t doubled = std::string_view::npos, paren = std::string_view::npos, bracket = std::string_view::npos;
  const auto close = [&](std::size_t& open, std::size_t i, std::size_t width) {
    spans.push_back({open, i + width, open + width, i});
    open = dollar = doubled = paren = bracket = std::string_view::npos;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      const char next = text[i + 1];
      if (next == '(') paren = i;
      if (next == '[') bracket = i;
      if (next == ')' && paren != std::string_view::npos) close(paren, i, 2);
      if (next == ']' && bracket != std::string_view::npos) close(bracket, i, 2);
      ++i;
    } else if (text[i] == '$') {
      if (i + 1 < text.size() && text[i + 1] == '$') {
        if (doubled != std::string_view::npos) {
          close(doubled, i, 2);
        } else {
          doubled = i;
          dollar = std::string_view::npos;
        }
        ++i;
      } else if (doubled != std::string_view::npos) {
        continue;
      } else if (dollar == std::string_view::npos) {
        dollar = i;
      } else if (const std::string_view inside = text.substr(dollar + 1, std::min<std::size_t>(i - dollar - 1, 400));
                 inside.find('\\') == inside.npos && CountProseWords(inside) > 3) {
        dollar = i;  // "costs $5 and then some more, $7": the first was money
      } else {
        close(dollar, i, 1);
      }
    } else if (text[i] == '\n' && i + 1 < text.size() && text[i + 1] == '\n') {
      dollar = std::string_view::npos;
    }
  }
  return spans;
}

Span FindLastBold(std::string_view text) {
  for (std::size_t end = text.rfind("**"); end != text.npos && end >= 3;) {
    const std::size_t begin = text.rfind("**", end - 2);
    if (begin == text.npos) return {};
    const std::string_view inner = text.substr(begin + 2, end - begin - 2);
    if (!inner.empty() && inner.find('\n') == inner.npos) return {begin, end + 2, begin + 2, end};
    end = begin;
  }
  return {};
}

namespace {

struct Scan {
  std::string_view text;
  std::size_t at = 0;
  char32_t previous = 0;  // the code point before `at`
};

// Reads one number that starts with a digit (or a point before a digit) at `at`; returns its end.
std::size_t NumberEnd(std::string_view text, std::size_t at) {
  const auto digit_at = [&](std::size_t i) {
    if (i >= text.size()) return false;
    return DigitValue(NextCodePoint(text, i)) >= 0;
  };
  const auto skip_digits = [&](std::size_t i) {
    while (i < text.size()) {
      std::size_t next = i;
      if (DigitValue(NextCodePoint(text, next)) < 0) break;
      i = next;
    }
    return i;
  };
  std::size_t end = skip_digits(at);
  for (;;) {
    if (end >= text.size()) return end;
    const std::string_view rest = text.substr(end);
    std::size_t width = 0;
    for (const std::string_view separator :
         {std::string_view(","), std::string_view("."), std::string_view("{,}"), std::string_view("\\,"), std::string_view(",\\!"),
          std::string_view("\xE2\x80\xAF"), std::string_view("\xC2\xA0"), std::string_view("/"), std::string_view("٫"), std::string_view("٬")}) {
      if (rest.starts_with(separator)) width = std::max(width, separator.size());
    }
    if (width == 0) break;
    std::size_t after = end + width;
    while (width > 1 && after < text.size() && text[after] == ' ') ++after;
    if (!digit_at(after)) break;
    const std::size_t next = skip_digits(after);
    // Groups after a wide separator have three digits.
    if (width > 1 && rest[0] != ',' && rest[0] != '{' && next - after != 3 && !rest.starts_with("٫") && !rest.starts_with("٬")) break;
    end = next;
  }
  // "7 425 000": groups of exactly three behind single blanks.
  while (end + 3 < text.size() && text[end] == ' ' && IsAsciiDigit(text[end + 1]) && skip_digits(end + 1) == end + 4 &&
         !(end + 4 < text.size() && (text[end + 4] == '/' || text[end + 4] == '.'))) {
    end += 4;
  }
  if (end < text.size() && (text[end] == 'e' || text[end] == 'E')) {
    std::size_t exponent = end + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    if (digit_at(exponent)) end = skip_digits(exponent);
  }
  std::size_t percent = end;
  while (percent < text.size() && text[percent] == ' ') ++percent;
  if (text.substr(percent).starts_with("%")) return percent + 1;
  if (text.substr(percent).starts_with("\\%")) return percent + 2;
  return end;
}

// Moves back over sign and currency in front of a number.
std::size_t NumberBegin(std::string_view text, std::size_t at) {
  std::size_t begin = at;
  const auto take = [&](std::string_view mark) {
    if (!text.substr(0, begin).ends_with(mark)) return false;
    begin -= mark.size();
    return true;
  };
  const auto currency = [&] { return take("\\$") || take("$") || take("€") || take("£") || take("¥") || take("₹"); };
  currency();
  const std::size_t before_sign = begin;
  if (take("-") || take("+") || take("−")) {
    // A minus between two operands is an operation, not a sign.
    std::size_t k = begin;
    while (k > 0 && text[k - 1] == ' ') --k;
    const bool operand = k > 0 && (IsAsciiDigit(text[k - 1]) || IsAsciiAlpha(text[k - 1]) || text[k - 1] == ')' || text[k - 1] == '}');
    if (operand && (begin == k || text.substr(before_sign).starts_with(" "))) begin = before_sign;
    if (operand && begin == k) return before_sign;
    currency();
    return begin;
  }
  return SignWordBegin(text, begin);
}

template <class Visit>
void EachNumber(std::string_view text, Visit visit) {
  char32_t previous = ' ';
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t next = at;
    const char32_t cp = NextCodePoint(text, next);
    const bool point = cp == '.' && next < text.size() && IsAsciiDigit(text[next]) && !IsLetterCodePoint(previous);
    if (DigitValue(cp) < 0 && !point) {
      previous = cp;
      at = next;
      continue;
    }
    const std::size_t end = std::max(NumberEnd(text, point ? next : at), next);
    const bool glued = (IsLetterCodePoint(previous) && !TouchesNumbers(previous));
    if (!glued && !visit(NumberSpan{NumberBegin(text, at), end})) return;
    previous = '0';
    at = end;
  }
}

}  // namespace

std::size_t SignWordBegin(std::string_view text, std::size_t at) {
  for (const std::string_view word : {"minus ", "negative "}) {
    if (at < word.size() || !StartsWithIgnoreCase(text.substr(at - word.size()), word)) continue;
    const std::size_t begin = at - word.size();
    if (begin > 0 && (IsAsciiAlpha(text[begin - 1]) || IsAsciiDigit(text[begin - 1]))) return at;
    std::size_t k = begin;
    while (k > 0 && text[k - 1] == ' ') --k;
    const bool name = k > 0 && IsAsciiAlpha(text[k - 1]) && (k == 1 || !IsAsciiAlpha(text[k - 2]));
    const bool operand = k > 0 && (IsAsciiDigit(text[k - 1]) || name || text[k - 1] == ')' || text[k - 1] == '}');
    return operand ? at : begin;
  }
  return at;
}

NumberSpan FindLastNumber(std::string_view text) {
  NumberSpan last;
  EachNumber(text, [&](NumberSpan span) {
    last = span;
    return true;
  });
  return last;
}

NumberSpan FindFirstNumber(std::string_view text) {
  NumberSpan first;
  EachNumber(text, [&](NumberSpan span) {
    first = span;
    return false;
  });
  return first;
}

std::size_t CountProseWords(std::string_view text) {
  std::size_t words = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '\\') {
      const std::size_t name = ++i;
      while (i < text.size() && IsAsciiAlpha(text[i])) ++i;
      const std::string_view command = text.substr(name, i - name);
      // An environment's name is no prose.
      if ((command == "begin" || command == "end") && i < text.size() && text[i] == '{') i = std::min(text.find('}', i), text.size());
      continue;
    }
    const std::size_t start = i;
    while (i < text.size() && (IsAsciiAlpha(text[i]) || static_cast<unsigned char>(text[i]) >= 0x80)) ++i;
    if (i == start) {
      ++i;
      continue;
    }
    const std::string_view word = text.substr(start, i - start);
    if (word.size() < 2 || IsOr(word) || IsAnd(word)) continue;
    // Signs beyond ASCII ("∪", "−") are no words.
    std::size_t at = 0;
    bool letters = false;
    while (at < word.size()) letters |= IsLetterCodePoint(NextCodePoint(word, at));
    words += letters;
  }
  return words;
}

}  // namespace rlar
