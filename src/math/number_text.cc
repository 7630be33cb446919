#include "math/number_text.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "math/unicode.h"

namespace rlar::math {
namespace {

// A blank that LaTeX or typography puts between groups of digits.
constexpr char kThinSpace = '\x01';

// Rewrites LaTeX spellings into plain ones. False where a command is none that a plain number uses.
bool Simplify(std::string_view in, std::string& out) {
  struct Rule {
    std::string_view from, to;
  };
  static constexpr Rule kRules[] = {{"\\$", "$"},        {"\\%", "%"},        {"\\,", "\x01"},    {"\\;", " "},          {"\\:", " "},     {"\\!", ""},
                                    {"\\ ", " "},        {"\\(", ""},         {"\\)", ""},        {"\\[", ""},           {"\\]", ""},      {"\\left", ""},
                                    {"\\right", ""},     {"\\times", "*"},    {"\\cdot", "*"},    {"\\quad", " "},       {"\\qquad", " "}, {"\\dfrac", "\x02"},
                                    {"\\tfrac", "\x02"}, {"\\cfrac", "\x02"}, {"\\frac", "\x02"}, {"\\textbf", " "},     {"\\text", " "},  {"\\mathrm", " "},
                                    {"\\mbox", " "},     {"\\mathbf", ""},    {"\\rm", " "},      {"\\displaystyle", ""}};
  for (std::size_t i = 0; i < in.size();) {
    if (in[i] == '\\') {
      const Rule* hit = nullptr;
      for (const Rule& rule : kRules) {
        if (in.substr(i).starts_with(rule.from) && (hit == nullptr || rule.from.size() > hit->from.size())) hit = &rule;
      }
      if (hit == nullptr) return false;
      i += hit->from.size();
      if (IsAsciiAlpha(hit->from.back()) && i < in.size() && IsAsciiAlpha(in[i])) return false;
      out += hit->to;
    } else if (in[i] == '$' && !(i + 1 < in.size() && (IsAsciiDigit(in[i + 1]) || in[i + 1] == ' ') && in.find('$', i + 1) == in.npos)) {
      // A pair of dollar signs delimits; a lone one is money.
      if (in.find('$') == in.rfind('$')) out += '$';
      ++i;
    } else {
      out += in[i++];
    }
  }
  return true;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<NumberText> Read() {
    Blanks();
    Currency();
    const bool negative = Sign() || SignWord();
    Currency();
    auto value = Magnitude();
    if (!value) return std::nullopt;
    if (negative) *value = -*value;
    out_.value = std::move(*value);
    if (!Exponent()) return std::nullopt;
    Blanks();
    if (Take("%")) out_.percent = true;
    if (!Tail()) return std::nullopt;
    return std::move(out_);
  }

 private:
  char Peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool Take(std::string_view mark) {
    if (!text_.substr(at_).starts_with(mark)) return false;
    at_ += mark.size();
    return true;
  }
  void Blanks() {
    while (Peek() == ' ' || Peek() == '\n' || Peek() == '\t' || Peek() == kThinSpace || Peek() == '{' || Peek() == '}' || Peek() == '~') ++at_;
  }
  void Currency() {
    for (const std::string_view sign : {"$", "€", "£", "¥", "₹", "₽"}) {
      if (!out_.unit.empty() || !Take(sign)) continue;
      out_.unit = sign;
      out_.known_unit = ParseUnit(sign);
      Blanks();
    }
  }
  bool Sign() {
    bool negative = false;
    if (Peek() == '-' || Peek() == '+') {
      negative = Peek() == '-';
      ++at_;
      Blanks();
    }
    return negative;
  }

  bool SignWord() {
    for (const std::string_view word : {"minus ", "negative "}) {
      if (!StartsWithIgnoreCase(text_.substr(at_), word)) continue;
      at_ += word.size();
      Blanks();
      return true;
    }
    return false;
  }

  std::string_view Digits() {
    const std::size_t start = at_;
    while (IsAsciiDigit(Peek())) ++at_;
    return text_.substr(start, at_ - start);
  }

  // Digits with separators; what each separator means is settled once the whole number is seen.
  std::optional<Rational> Decimal() {
    std::string digits(Digits());
    struct Mark {
      char sign;
      std::size_t before;
    };
    std::vector<Mark> marks;
    if (digits.empty() && !((Peek() == '.' || Peek() == ',') && IsAsciiDigit(Peek(1)))) return std::nullopt;
    for (;;) {
      char sign = Peek();
      std::size_t width = 1;
      if (sign == '{' && Peek(1) == ',' && Peek(2) == '}') {
        sign = ',';
        width = 3;
      }
      while (sign == ',' && (Peek(width) == kThinSpace || Peek(width) == '\x03')) ++width;
      if (sign != ',' && sign != '.' && sign != ' ' && sign != kThinSpace && sign != '\'' && sign != '_') break;
      if (!IsAsciiDigit(Peek(width))) break;
      std::size_t run = width;
      while (IsAsciiDigit(Peek(run))) ++run;
      const bool blank = sign == ' ' || sign == kThinSpace || sign == '\'' || sign == '_';
      if (blank && (run - width != 3 || (sign == ' ' && (Peek(run) == '/' || Peek(run) == '.')))) break;
      marks.push_back({blank ? ' ' : sign, digits.size()});
      at_ += width;
      digits += Digits();
      if (marks.size() > kMaxDigits) return std::nullopt;
    }
    // A point before nothing but the end or a blank closes the sentence.
    if (Peek() == '.' && marks.empty() && !IsAsciiDigit(Peek(1))) {
      if (at_ + 1 == text_.size() || Peek(1) == ' ' || Peek(1) == '}') ++at_;
    }
    std::size_t point = digits.size();
    if (!Point(
            marks.empty() ? '\0' : marks.back().sign,
            [&] {
              std::vector<std::pair<char, std::size_t>> plain;
              for (const Mark& mark : marks) plain.emplace_back(mark.sign, mark.before);
              return plain;
            }(),
            digits.size(), point)) {
      return std::nullopt;
    }
    out_.decimals = static_cast<int>(digits.size() - point);
    return Rational::FromDecimal(digits, -static_cast<std::int64_t>(digits.size() - point));
  }

  // Where the decimal point is, given the separators. False where they fit no notation.
  static bool Point(char last, const std::vector<std::pair<char, std::size_t>>& marks, std::size_t size, std::size_t& point) {
    if (marks.empty()) return true;
    const auto group_after = [&](std::size_t i) { return (i + 1 < marks.size() ? marks[i + 1].second : size) - marks[i].second; };
    bool same = true;
    for (const auto& mark : marks) same &= mark.first == last;
    if (!same) {
      // The last separator is the point when it occurs once: 1,234.5  1.234,5  1 234.5
      if (std::count_if(marks.begin(), marks.end(), [&](const auto& mark) { return mark.first == last; }) != 1 || last == ' ') return false;
      for (std::size_t i = 0; i + 1 < marks.size(); ++i) {
        if (marks[i].first != marks[0].first || group_after(i) != 3) return false;
      }
      point = marks.back().second;
      return marks[0].second >= 1 && marks[0].second <= 3;
    }
    bool groups = marks[0].second >= 1 && marks[0].second <= 3;
    for (std::size_t i = 0; i < marks.size(); ++i) groups &= group_after(i) == 3;
    if (last == '.') {
      if (marks.size() > 1) return groups;
      point = marks[0].second;
      return true;
    }
    if (last == ' ' || groups) return groups;
    // One comma that cannot group is a decimal comma: 2,74
    if (marks.size() != 1) return false;
    point = marks[0].second;
    return true;
  }

  std::optional<Rational> Magnitude() {
    if (Take("\x02")) return Fraction();
    auto value = Decimal();
    if (!value) return std::nullopt;
    const std::size_t mark = at_;
    while (Peek() == ' ' || Peek() == kThinSpace) ++at_;
    if (Peek() == '\x02' && value->is_integer()) {
      ++at_;
      auto part = Fraction();
      if (!part) return std::nullopt;
      return *value + *part;
    }
    if (IsAsciiDigit(Peek()) && at_ > mark && value->is_integer()) {
      // "1 1/2"
      auto part = Ratio();
      if (part && part->sign() >= 0 && *part < Rational(1)) return *value + *part;
      return std::nullopt;
    }
    if (Peek() == '/') {
      ++at_;
      Blanks();
      const int decimals = out_.decimals;
      if (!IsAsciiDigit(Peek())) {
        at_ = mark;  // "5/kg" is a unit
        return value;
      }
      auto below = Decimal();
      if (!below || below->is_zero()) return std::nullopt;
      out_.decimals = decimals == 0 ? 0 : decimals;
      return *value / *below;
    }
    at_ = mark;
    return value;
  }

  std::optional<Rational> Ratio() {
    const std::string_view above = Digits();
    Blanks();
    if (!Take("/")) return std::nullopt;
    Blanks();
    const std::string_view below = Digits();
    if (above.empty() || below.empty()) return std::nullopt;
    auto top = Rational::FromDecimal(above, 0);
    auto bottom = Rational::FromDecimal(below, 0);
    if (!top || !bottom || bottom->is_zero()) return std::nullopt;
    return *top / *bottom;
  }

  std::optional<Rational> Argument() {
    while (Peek() == ' ') ++at_;
    if (Take("{")) {
      Blanks();
      const bool negative = Sign();
      auto value = Decimal();
      while (Peek() == ' ') ++at_;
      if (!value || !Take("}")) return std::nullopt;
      return negative ? -*value : *value;
    }
    if (!IsAsciiDigit(Peek())) return std::nullopt;
    return Rational(text_[at_++] - '0');
  }

  std::optional<Rational> Fraction() {
    auto above = Argument();
    if (!above) return std::nullopt;
    auto below = Argument();
    if (!below || below->is_zero()) return std::nullopt;
    out_.decimals = 0;
    return *above / *below;
  }

  // e3, ×10^3, *10^{-3}. False where one is begun and not finished, or is too large.
  bool Exponent() {
    const std::size_t mark = at_;
    if ((Peek() == 'e' || Peek() == 'E') && (IsAsciiDigit(Peek(1)) || ((Peek(1) == '-' || Peek(1) == '+') && IsAsciiDigit(Peek(2))))) {
      ++at_;
      return Scale();
    }
    Blanks();
    if (Take("*") || Take("×") || (Peek() == 'x' && (Peek(1) == ' ' || Peek(1) == '1') && Take("x"))) {
      Blanks();
      if (Take("10^")) {
        Blanks();
        if (Take("(")) Blanks();
        return Scale() && (Take(")") || true);
      }
      return false;
    }
    at_ = mark;
    return true;
  }

  bool Scale() {
    const bool negative = Sign();
    const std::string_view digits = Digits();
    if (digits.empty() || digits.size() > 5) return false;
    std::int64_t exponent = 0;
    for (const char c : digits) exponent = exponent * 10 + (c - '0');
    if (exponent > static_cast<std::int64_t>(kMaxDigits)) return false;
    out_.value = out_.value * Rational::Pow10(negative ? -exponent : exponent);
    out_.decimals = 0;
    return true;
  }

  // What follows: a unit or a few words, no second number, no choice.
  bool Tail() {
    std::string_view rest = Trim(text_.substr(at_));
    std::string words;
    for (const char c : rest) {
      if (c == '{' || c == '}' || c == kThinSpace || c == '\x03') {
        words += ' ';
      } else {
        words += c;
      }
    }
    rest = Trim(words);
    while (!rest.empty() && (rest.back() == '.' || rest.back() == '!' || rest.back() == ',')) rest.remove_suffix(1);
    rest = Trim(rest);
    if (rest.empty()) return true;
    if (rest.size() > 80) return false;
    const auto unit = ParseUnit(rest);
    if (!unit) {
      for (const char c : rest) {
        if (IsAsciiDigit(c) || c == '=' || c == '<' || c == '>' || c == '\x02' || c == ';' || c == ',' || c == '+' || c == '*' || c == '?' || c == '(')
          return false;
      }
      if (rest.front() == '-' || rest.front() == '/' || rest.front() == '^' || rest.front() == '!' || rest.front() == ':') return false;
      if (SplitWords(rest).size() > 3) return false;
      for (const std::string_view word : SplitWords(rest)) {
        const std::string lower = AsciiLower(word);
        if (lower == "or" || lower == "and" || lower == "not" || lower == "pi" || lower == "i" || lower == "x" || lower == "either") return false;
      }
    }
    const std::string lower = AsciiLower(rest);
    if (lower == "percent" || lower == "pct" || lower == "percentage" || lower == "per cent") {
      out_.percent = true;
      return true;
    }
    if (lower == "st" || lower == "nd" || lower == "rd" || lower == "th") return true;
    if (!out_.unit.empty() && unit && unit->currency == (out_.known_unit ? out_.known_unit->currency : "")) return true;
    if (out_.unit.empty()) {
      out_.unit = std::string(rest);
      out_.known_unit = unit;
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  NumberText out_;
};

}  // namespace

bool HasHiddenCharacters(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) >= 0x20 && static_cast<unsigned char>(text[i]) < 0x7F) {
      ++i;
      continue;
    }
    if (IsHidden(NextCodePoint(text, i))) return true;
  }
  return false;
}

namespace {

// "x = 41, x": two statements, of which nobody says which one counts.
bool HoldsStatements(std::string_view head) {
  if (head.find('=') == head.npos) return false;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const bool grouping = i > 0 && i + 1 < head.size() && IsAsciiDigit(head[i - 1]) && IsAsciiDigit(head[i + 1]);
    if (head[i] == ';' || (head[i] == ',' && !grouping)) return true;
  }
  return head.find(" or ") != head.npos || head.find(" and ") != head.npos;
}

}  // namespace

std::optional<NumberText> ParseNumberText(std::string_view text) {
  text = Trim(text);
  if (text.empty() || text.size() > kMaxDigits + 4'000) return std::nullopt;
  std::string folded, plain;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    if (HasHiddenCharacters(text)) return std::nullopt;
    FoldNumberSigns(text, folded);
    text = folded;
  }
  if (text.find('\\') != text.npos || text.find('$') != text.npos) {
    if (!Simplify(text, plain)) return std::nullopt;
    text = plain;
  }
  // "35 + 70 = 105", "x = 42": the last side is the answer.
  if (const std::size_t equals = text.rfind('='); equals != text.npos) {
    if (HoldsStatements(text.substr(0, equals))) return std::nullopt;
    text = Trim(text.substr(equals + 1));
  }
  if (text.size() > 2 && text.front() == '(' && text.back() == ')') text = text.substr(1, text.size() - 2);
  return Reader(text).Read();
}

}  // namespace rlar::math
