#include "math/string_graders.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "base/text.h"
#include "math/parse.h"
#include "math/scalar.h"
#include "text/unicode.h"

namespace rlar::math {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

using Pairs = std::initializer_list<std::pair<std::string_view, std::string_view>>;
void ReplaceEach(std::string& text, const Pairs& pairs) {
  for (const auto& [from, to] : pairs) text = ReplaceAll(std::move(text), from, to);
}

// The end of the group that opens at the first brace from `i` on, behind its last brace; kNone where it is not closed.
std::size_t GroupEnd(std::string_view text, std::size_t i) {
  int depth = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '{') ++depth;
    if (text[i] == '}' && --depth == 0) return i + 1;
  }
  return kNone;
}

// Each `command` gets braces around the one character behind it. nullopt where nothing stands there.
std::optional<std::string> BraceRoots(const std::string& text) {
  const auto parts = SplitOn(text, "\\sqrt");
  std::string out(parts[0]);
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
    if (part->empty()) return std::nullopt;
    std::size_t first = 0;
    NextCodePoint(*part, first);
    out += "\\sqrt";
    if ((*part)[0] == '{')
      out.append(*part);
    else
      out.append("{").append(part->substr(0, first)).append("}").append(part->substr(first));
  }
  return out;
}

// \frac12 and \frac1{72} as \frac{1}{2} and \frac{1}{72}.
std::optional<std::string> BraceFractions(const std::string& text) {
  const auto parts = SplitOn(text, "\\frac");
  std::string out(parts[0]);
  for (auto part = parts.begin() + 1; part != parts.end(); ++part) {
    if (part->empty()) return std::nullopt;
    out += "\\frac";
    if ((*part)[0] == '{') {
      out.append(*part);
      continue;
    }
    std::size_t a = 0;
    NextCodePoint(*part, a);
    if (a == part->size()) return text;
    std::size_t b = a;
    NextCodePoint(*part, b);
    out.append("{").append(part->substr(0, a)).append("}");
    if ((*part)[a] == '{')
      out.append(part->substr(a));
    else
      out.append("{").append(part->substr(a, b - a)).append("}").append(part->substr(b));
  }
  return out;
}

std::string IntegersOver(const std::string& text) {
  static const re2::RE2 pattern(R"((-?(?:0|[1-9]\d*))/(-?(?:0|[1-9]\d*)))");
  std::string a, b;
  if (!re2::RE2::FullMatch(text, pattern, &a, &b) || a == "-0" || b == "-0") return text;
  return "\\frac{" + a + "}{" + b + "}";
}

// Hendrycks' form of an answer; nullopt where his code raises an error.
std::optional<std::string> HendrycksForm(std::string_view raw) {
  std::string text(raw);
  ReplaceEach(text, {{"\n", ""},
                     {"\\!", ""},
                     {"\\\\", "\\"},
                     {"tfrac", "frac"},
                     {"dfrac", "frac"},
                     {"\\left", ""},
                     {"\\right", ""},
                     {"^{\\circ}", ""},
                     {"^\\circ", ""},
                     {"\\$", ""}});
  if (const auto parts = SplitOn(text, "\\text{ "); parts.size() > 1) {
    if (parts.size() > 2) return std::nullopt;
    text = std::string(parts[0]);
  }
  ReplaceEach(text, {{"\\\\%", ""}, {"\\%", ""}, {" .", " 0."}, {"{.", "{0."}});
  if (text.empty()) return text;
  if (text[0] == '.') text.insert(0, "0");
  if (const auto sides = Split(text, '='); sides.size() == 2 && CodePointCount(sides[0]) <= 2) text = std::string(sides[1]);
  auto roots = BraceRoots(text);
  if (!roots) return std::nullopt;
  std::erase(*roots, ' ');
  auto fractions = BraceFractions(*roots);
  if (!fractions) return std::nullopt;
  return IntegersOver(*fractions == "0.5" ? "\\frac{1}{2}" : *fractions);
}

// The inside of a text that is nothing but \text{…}.
std::string_view InsideText(std::string_view text) {
  const bool whole = text.starts_with("\\text{") && text.ends_with("}") && text.size() > 7 && text.find('\n') == kNone;
  return whole ? text.substr(6, text.size() - 7) : text;
}

// ---- PRM800K ----

std::string MathdForm(std::string_view raw) {
  const std::string_view text = Strip(raw), inside = Strip(InsideText(text));
  return HendrycksForm(inside).value_or(std::string(inside));
}

// "1,234" without its commas, as long as three digits follow each.
std::string WithoutCommas(std::string text) {
  for (std::size_t i = 1; i + 3 < text.size(); ++i) {
    const auto digit = [&](std::size_t k) { return k < text.size() && IsAsciiDigit(text[k]); };
    if (text[i] == ',' && digit(i - 1) && digit(i + 1) && digit(i + 2) && digit(i + 3) && !digit(i + 4)) text.erase(i, 1), i = 0;
  }
  return text;
}

std::optional<double> FloatOf(std::string_view text) {
  static const re2::RE2 pattern(R"(\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?\s*)");
  if (!re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern)) return std::nullopt;
  return std::strtod(std::string(text).c_str(), nullptr);
}

// The integer that a text is to seven decimals.
std::optional<std::string> IntegerOf(std::string_view text) {
  const auto value = FloatOf(text);
  if (!value || std::abs(*value) > 1e15 || std::abs(*value - std::round(*value)) > 1e-7) return std::nullopt;
  return std::to_string(static_cast<long long>(std::llround(*value)));
}

// LaTeX as plain text, the way it is shown.
std::string Shown(std::string text) {
  ReplaceEach(text, {{"\\tfrac", "\\frac"}, {"\\dfrac", "\\frac"}, {"\\frac", " \\frac"}});
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      if (text[i] != '$') out += text[i];
      ++i;
      continue;
    }
    std::size_t end = i + 1;
    while (end < text.size() && IsAsciiAlpha(text[end])) ++end;
    const std::string name = text.substr(i + 1, end - i - 1);
    i = std::max(end, i + 2);
    if (name.empty()) {
      const char c = i - 1 < text.size() ? text[i - 1] : ' ';
      out += c == '{' || c == '}' || c == '%' || c == '$' || c == '&' || c == '#' ? std::string(1, c) : c == ',' || c == ';' || c == ' ' ? " " : "";
    } else if (name == "frac") {
      const std::size_t a = text.find('{', i) == i ? GroupEnd(text, i) : kNone;
      const std::size_t b = a != kNone && a < text.size() && text[a] == '{' ? GroupEnd(text, a) : kNone;
      if (b == kNone) return text;
      out += Shown(text.substr(i + 1, a - i - 2)) + "/" + Shown(text.substr(a + 1, b - a - 2));
      i = b;
    } else if (name == "sqrt") {
      const std::size_t group = i < text.size() && text[i] == '{' ? GroupEnd(text, i) : kNone;
      if (group == kNone) return text;
      out += "sqrt(" + Shown(text.substr(i + 1, group - i - 2)) + ")";
      i = group;
    } else {
      static constexpr std::pair<std::string_view, std::string_view> kShown[] = {
          {"cdot", "*"},  {"times", "*"}, {"pi", "pi"}, {"infty", "inf"}, {"cup", "U"}, {"left", ""}, {"right", ""}, {"text", ""},  {"mathrm", ""},
          {"mathbf", ""}, {"mbox", ""},   {"le", "≤"},  {"leq", "≤"},     {"ge", "≥"},  {"geq", "≥"}, {"pm", "±"},   {"circ", "∘"}, {"quad", " "}};
      const auto shown = std::find_if(std::begin(kShown), std::end(kShown), [&](const auto& one) { return one.first == name; });
      out += shown != std::end(kShown) ? std::string(shown->second) : name;
    }
  }
  return std::string(Strip(out));
}

std::string Prm800kForm(std::string_view raw) {
  std::string text(InsideText(raw));
  ReplaceEach(text, {{"\\%", "%"},
                     {"\\$", "$"},
                     {"$", ""},
                     {"%", ""},
                     {" or ", " , "},
                     {" and ", " , "},
                     {"million", "*10^6"},
                     {"billion", "*10^9"},
                     {"trillion", "*10^12"}});
  static const re2::RE2 units(R"((?:degree|centimeter|cm|meter|mile|second|minute|hour|day|week|month|year|foot|feet|inch|yard)(?:es)?s? *(?:\^[0-9]+)?)");
  static const re2::RE2 circle(R"(\^ *\\circ)"), thousands(R"(,\\! *)"), minus("- *"), mixed("([0-9]) +([0-9])");
  re2::RE2::GlobalReplace(&text, units, "");
  re2::RE2::GlobalReplace(&text, circle, "");
  if (text.size() > 1 && text.front() == '{' && text.back() == '}') text = text.substr(1, text.size() - 2);
  re2::RE2::GlobalReplace(&text, thousands, "");
  text = IntegerOf(text).value_or(text);
  if (text.find('\\') != text.npos) text = Shown(text);
  re2::RE2::GlobalReplace(&text, minus, "-");
  re2::RE2::GlobalReplace(&text, mixed, R"(\1+\2)");
  ReplaceEach(text, {{" ", ""}, {"{", ""}, {"}", ""}});
  text = UnicodeLower(text);
  const std::string plain = WithoutCommas(text);
  return IntegerOf(plain).value_or(text);
}

std::vector<std::string> TupleElements(const std::string& form) {
  const std::string text = WithoutCommas(form);
  const auto bracket = [](char c) { return c == '(' || c == ')' || c == '[' || c == ']'; };
  if (text.size() > 2 && bracket(text.front()) && bracket(text.back()) && std::none_of(text.begin() + 1, text.end() - 1, bracket)) {
    std::vector<std::string> elements;
    for (const std::string_view one : Split(std::string_view(text).substr(1, text.size() - 2), ',')) elements.emplace_back(Strip(one));
    return elements;
  }
  return text.empty() ? std::vector<std::string>() : std::vector<std::string>{text};
}

bool IsHarmless(std::string text) {
  static const re2::RE2 powers(R"(\^[0-9]+\^|\^[0-9][0-9]+)");
  if (text.find("^{") != text.npos || text.find("^(") != text.npos || re2::RE2::PartialMatch(text, powers)) return false;
  ReplaceEach(text, {{"sqrt", ""}, {"frac", ""}});
  std::u32string letters;
  for (const char32_t c : Decode(text)) {
    if (IsAlnum(c) && !(c >= '0' && c <= '9') && letters.find(c) == letters.npos) letters += c;
  }
  return letters.size() <= 2;
}

bool SameValue(const std::string& a, const std::string& b, StepBudget& budget) {
  if (!IsHarmless("(" + a + ")-(" + b + ")")) return false;
  Arena arena;
  const Parsed x = Parse(a, arena), y = Parse(b, arena);
  if (x.root == nullptr || y.root == nullptr) return false;
  for (Ref root : {x.root, y.root}) {
    for (const Kind kind : {Kind::kRelation, Kind::kList, Kind::kTuple, Kind::kSet, Kind::kText, Kind::kMatrix, Kind::kUnion, Kind::kRatio}) {
      if (Contains(root, kind)) return false;
    }
  }
  return SameScalar(x.root, y.root, budget) == Verdict::kSame;
}

// ---- DAPO ----

std::string_view LastChars(std::string_view text, std::size_t count) {
  std::size_t at = text.size();
  for (; count > 0 && at > 0; --count) {
    for (--at; at > 0 && (text[at] & 0xC0) == 0x80;) --at;
  }
  return text.substr(at);
}

std::string DapoForm(std::string_view raw) {
  const std::size_t equals = raw.rfind('=');
  std::string text(equals == kNone ? raw : raw.substr(equals + 1));
  ReplaceEach(text, {{"an ", ""},
                     {"a ", ""},
                     {".$", "$"},
                     {"\\$", ""},
                     {"\\ ", ""},
                     {" ", ""},
                     {"mbox", "text"},
                     {",\\text{and}", ","},
                     {"\\text{and}", ","},
                     {"\\text{m}", "\\text{}"}});
  for (const std::string_view word :
       {"square",    "ways",        "integers",   "dollars",    "mph",        "inches",   "hours",           "km",        "units",
        "\\ldots",   "sue",         "points",     "feet",       "minutes",    "digits",   "cents",           "degrees",   "cm",
        "gm",        "pounds",      "meters",     "meals",      "edges",      "students", "childrentickets", "multiples", "\\text{s}",
        "\\text{.}", "\\text{\ns}", "\\text{}^2", "\\text{}^3", "\\text{\n}", "\\text{}", "\\mathrm{th}",    "^\\circ",   "^{\\circ}",
        "\\;",       ",\\!",        "{,}",        "\"",         "\\dots"}) {
    text = ReplaceAll(std::move(text), word, "");
  }
  static const re2::RE2 dollars(R"((.*?)(\$)(.*?)(\$)(.*))"), plain(R"((\\text\{)(.*?)(\}))"), bold(R"((\\textbf\{)(.*?)(\}))");
  static const re2::RE2 line(R"((\\overline\{)(.*?)(\}))"), box(R"((\\boxed\{)(.*)(\}))"), fraction("(frac)([^{])(.)"), root("(sqrt)([^{])");
  re2::RE2::GlobalReplace(&text, dollars, R"($\3$)");
  for (const re2::RE2* one : {&plain, &bold, &line, &box}) re2::RE2::GlobalReplace(&text, *one, R"(\2)");
  re2::RE2::GlobalReplace(&text, fraction, R"(frac{\2}{\3})");
  re2::RE2::GlobalReplace(&text, root, R"(sqrt{\2})");
  std::erase(text, '$');
  std::string digits = text;
  std::erase(digits, ',');
  if (!digits.empty() && std::all_of(digits.begin(), digits.end(), IsAsciiDigit)) text = digits;
  return std::string(Strip(text));
}

std::optional<std::string_view> DapoBox(std::string_view text) {
  const std::size_t at = text.rfind("\\boxed{");
  const std::size_t end = at == kNone ? kNone : GroupEnd(text, at);
  if (end == kNone) return std::nullopt;
  return text.substr(at + 7, end - at - 8);
}

}  // namespace

std::optional<std::string> HendrycksBox(std::string_view text) {
  if (text.find("\\boxed ") != kNone) {
    const std::string_view behind = text.substr(text.rfind("\\boxed ") + 7);
    return std::string(behind.substr(0, behind.find('$')));
  }
  std::size_t at = text.rfind("\\boxed");
  if (at == kNone) return std::nullopt;  // of an \fbox the original cannot take the box off
  const std::size_t end = GroupEnd(text, at);
  if (end == kNone || text.substr(at, 7) != "\\boxed{") return std::nullopt;
  return std::string(text.substr(at + 7, end - at - 8));
}

bool HendrycksEqual(std::string_view a, std::string_view b) {
  const auto x = HendrycksForm(a), y = HendrycksForm(b);
  return x && y ? *x == *y : a == b;
}

bool Prm800kEqual(std::string_view given, std::string_view truth, StepBudget& budget) {
  if (MathdForm(given) == MathdForm(truth)) return true;
  const std::string x = Prm800kForm(truth), y = Prm800kForm(given);
  if (x == y) return true;
  if (y.empty()) return false;
  const auto wanted = TupleElements(x), said = TupleElements(y);
  if (wanted.size() != said.size() || (wanted.size() > 1 && (x.front() != y.front() || x.back() != y.back()))) return false;
  static const re2::RE2 fraction(R"(^-?[0-9]+.?/0*[1-9][0-9]*.?$)");
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string& a = wanted[i];
    const std::string& b = said[i];
    // Fractions must be reduced alike, and an integer must be written as one.
    if (re2::RE2::PartialMatch(a, fraction) && re2::RE2::PartialMatch(b, fraction)) {
      if (a != b) return false;
    } else if (IntegerOf(WithoutCommas(a)).has_value() != IntegerOf(WithoutCommas(b)).has_value() || !SameValue(a, b, budget)) {
      return false;
    }
  }
  return !wanted.empty();
}

bool DapoCorrect(std::string_view response, std::string_view truth, const DapoOptions& options) {
  const std::string_view tail = LastChars(response, 300);
  if (!options.strict_box) {
    static const re2::RE2 answer(R"((?i)Answer\s*:\s*([^\n]+))");
    re2::StringPiece rest(tail.data(), tail.size()), found, last;
    while (re2::RE2::FindAndConsume(&rest, answer, &found)) last = found;
    if (last.data() != nullptr) {
      const std::string said = DapoForm({last.data(), last.size()});
      if (said != "[INVALID]") return said == DapoForm(truth);
    }
  }
  const auto box = DapoBox(LastChars(tail, 100));
  if (box) return *box == truth;
  return !options.strict_box && DapoForm(truth) == "[INVALID]";
}

}  // namespace rlar::math
