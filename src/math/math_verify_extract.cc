#include "math/math_verify_extract.h"

#include <re2/re2.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "base/text.h"
#include "math/rational.h"
#include "text/unicode.h"

namespace rlar::math {
namespace {

using Piece = MathVerifyMatch::Piece;
constexpr std::size_t kNone = std::string_view::npos;

bool SpaceAt(std::string_view text, std::size_t i) { return i < text.size() && IsAsciiSpace(text[i]); }

std::size_t SkipSpace(std::string_view text, std::size_t i) {
  while (SpaceAt(text, i)) ++i;
  return i;
}

bool WordAt(std::string_view text, std::size_t i, std::string_view word) { return text.substr(std::min(i, text.size()), word.size()) == word; }

// The next place of a pattern, remembered while the search only goes forward.
class Next {
 public:
  Next(std::string_view text, std::string_view what) : text_(text), what_(what) {}
  std::size_t From(std::size_t i) {
    if (i < low_ || (at_ != kNone && i > at_) || !known_) {
      at_ = text_.find(what_, i);
      known_ = true;
    }
    low_ = i;
    return at_;
  }

 private:
  std::string_view text_, what_;
  std::size_t low_ = 0, at_ = 0;
  bool known_ = false;
};

// Environments that mathematics stands in, and chains of them.
class Environments {
 public:
  explicit Environments(std::string_view text)
      : text_(text), dollars_(text, "$$"), dollar_(text, "$"), bracket_(text, "\\]"), parenthesis_(text, "\\)"), line_(text, "\n") {}

  struct Env {
    Piece piece;
    std::size_t end = 0;
  };

  // `boxed`: only one with a box inside.
  std::optional<Env> At(std::size_t i, bool boxed) {
    auto env = Plain(i, boxed);
    if (!env) return env;
    if (boxed && !HasBox(env->piece.text)) return std::nullopt;
    env->end = SkipSpace(text_, env->end);
    for (const std::string_view percent : {"\\%", "%", "percent", "Percent", "pct", "Pct"}) {
      if (!WordAt(text_, env->end, percent)) continue;
      env->piece.percent = true;
      env->end += percent.size();
      break;
    }
    return env;
  }

  std::optional<MathVerifyMatch> Chain(std::size_t i, bool boxed) {
    const auto first = At(i, boxed);
    if (!first) return std::nullopt;
    MathVerifyMatch match{.begin = i, .end = first->end, .latex = true, .pieces = {first->piece}};
    for (int k = 0; k < 5; ++k) {
      std::size_t at = SkipSpace(text_, match.end);
      if (boxed) match.end = at;
      std::string_view joint;
      for (const std::string_view one : {",and", "and", ",or", "or", ","}) {
        if (joint.empty() && WordAt(text_, at, one)) joint = one;
      }
      if (joint.empty()) break;
      at += joint.size();
      // A bracket's environment begins with a blank.
      auto next = At(SkipSpace(text_, at), boxed);
      if (!next && SkipSpace(text_, at) > at) next = At(SkipSpace(text_, at) - 1, boxed);
      if (!next) break;
      match.pieces.push_back(next->piece);
      match.end = next->end;
    }
    return match;
  }

  // Where a chain may begin.
  std::size_t NextStart(std::size_t i) const {
    while (i < text_.size() && text_[i] != '$' && text_[i] != '\\' && text_[i] != '-' && !(SpaceAt(text_, i) && WordAt(text_, i + 1, "["))) ++i;
    return i;
  }

 private:
  static bool HasBox(std::string_view content) {
    const std::size_t box = content.find("\\boxed{");
    return box != kNone && content.find('}', box + 8) != kNone;
  }
  bool Escaped(std::size_t i) const { return i > 0 && text_[i - 1] == '\\'; }

  std::optional<Env> Made(std::size_t begin, std::size_t close, std::size_t size) const {
    if (close == kNone || close <= begin || Escaped(close)) return std::nullopt;
    return Env{{text_.substr(begin, close - begin)}, close + size};
  }

  std::optional<Env> Plain(std::size_t i, bool boxed) {
    if (i >= text_.size()) return std::nullopt;
    const char c = text_[i];
    if (c == '$' && !Escaped(i) && WordAt(text_, i, "$$")) {
      if (auto env = Made(i + 2, dollars_.From(i + 2), 2)) return env;
    }
    if (c == '\\' && !Escaped(i)) {
      if (WordAt(text_, i, "\\[")) return Made(i + 2, bracket_.From(i + 2), 2);
      if (WordAt(text_, i, "\\(")) {
        const std::size_t close = parenthesis_.From(i + 2);
        return line_.From(i + 2) < close ? std::nullopt : Made(i + 2, close, 2);
      }
    }
    if (c == '$' && !Escaped(i) && !(i > 0 && IsAsciiDigit(text_[i - 1]))) return InlineDollar(i);
    if (SpaceAt(text_, i) && WordAt(text_, i + 1, "[")) return InlineBracket(i);
    return boxed ? std::nullopt : Fraction(i);
  }

  std::optional<Env> InlineDollar(std::size_t i) {
    std::size_t close = dollar_.From(i + 1);
    while (close != kNone && close > i + 1 && Escaped(close)) close = dollar_.From(close + 1);
    if (close == kNone || close == i + 1 || line_.From(i + 1) < close) return std::nullopt;
    return Env{{text_.substr(i + 1, close - i - 1)}, close + 1};
  }

  std::optional<Env> InlineBracket(std::size_t i) const {
    const std::size_t close = text_.find_first_of("\n[]", i + 2);
    if (close == kNone || text_[close] != ']' || close == i + 2 || !SpaceAt(text_, close + 1)) return std::nullopt;
    return Env{{text_.substr(i + 2, close - i - 2)}, close + 2};
  }

  std::optional<Env> Fraction(std::size_t i) const {
    static const re2::RE2 pattern(R"(-?\\frac\{-?\d+(?:[.,]\d+)?\}\{-?\d+(?:[.,]\d+)?\})");
    re2::StringPiece found;
    const std::size_t end = std::min(text_.size(), i + 200);
    if (!pattern.Match({text_.data(), end}, i, end, re2::RE2::ANCHOR_START, &found, 1)) return std::nullopt;
    return Env{{text_.substr(i, found.size())}, i + found.size()};
  }

  std::string_view text_;
  Next dollars_, dollar_, bracket_, parenthesis_, line_;
};

// Places of `word` in lower-case ASCII, whatever its case in the text.
std::vector<std::size_t> Places(std::string_view lower, std::string_view word) {
  std::vector<std::size_t> places;
  for (std::size_t at = lower.find(word); at != kNone; at = lower.find(word, at + 1)) places.push_back(at);
  return places;
}

using TryAt = std::function<std::optional<MathVerifyMatch>(std::size_t)>;

// Searches as finditer: from each anchor, what `follow` finds behind it; a match hides the anchors inside it.
void FromAnchors(const std::vector<std::size_t>& anchors, const TryAt& follow, std::vector<MathVerifyMatch>& out) {
  std::size_t done = 0;
  for (const std::size_t anchor : anchors) {
    if (anchor < done) continue;
    auto match = follow(anchor);
    if (!match) continue;
    match->begin = anchor;
    done = std::max(match->end, anchor + 1);
    out.push_back(std::move(*match));
  }
}

class Matcher {
 public:
  Matcher(std::string_view text, const MathVerifyTargets& targets) : text_(text), targets_(targets), lower_(AsciiLower(text)), envs_(text) {}

  std::vector<MathVerifyMatch> Find(int priority) {
    if (targets_.latex) Latex(priority);
    if (targets_.expr) Expressions(priority);
    std::stable_sort(found_.begin(), found_.end(),
                     [](const MathVerifyMatch& a, const MathVerifyMatch& b) { return a.end != b.end ? a.end > b.end : a.begin < b.begin; });
    return std::move(found_);
  }

 private:
  // A chain at `i`, or one blank before it.
  std::optional<MathVerifyMatch> ChainBehind(std::size_t from) {
    const std::size_t at = SkipSpace(text_, from);
    auto chain = envs_.Chain(at, false);
    return chain || at == from ? chain : envs_.Chain(at - 1, false);
  }

  void Latex(int priority) {
    if (priority == 0) {
      FromAnchors(
          Places(lower_, "final answer is"),
          [&](std::size_t at) {
            at += 15;
            auto chain = ChainBehind(at + WordAt(text_, at, ":"));
            if (chain && !Hopes(chain->end)) chain.reset();
            return chain;
          },
          found_);
    } else if (priority == 50) {
      FromAnchors(Places(lower_, "final answer"), [&](std::size_t at) { return BehindIs(at + 12); }, found_);
      Chains(true);
      const std::size_t box = text_.find("\\boxed{"), last = text_.rfind('}');
      if (box != kNone && last != kNone && last > box + 7) {
        found_.push_back({.begin = box, .end = last + 1, .latex = true, .pieces = {{.text = text_.substr(box, last + 1 - box), .bare_box = true}}});
      }
    } else if (priority < 300) {
      FromAnchors(Places(lower_, priority == 100 ? "answer:" : "answer"), [&](std::size_t at) { return Near(at + (priority == 100 ? 7 : 6)); }, found_);
    } else {
      Chains(false);
    }
  }

  // "\.?\s?I hope"
  bool Hopes(std::size_t i) const {
    i += WordAt(text_, i, ".");
    // The environment has taken the blanks that follow it; one is given back.
    if (WordAt(text_, i, "I hope")) return true;
    return SpaceAt(text_, i) && WordAt(text_, i + 1, "I hope");
  }

  // ".{0,100}?\s+is:?\s*" and a chain.
  std::optional<MathVerifyMatch> BehindIs(std::size_t i) {
    for (int k = 0; k <= 100 && i < text_.size(); ++k, NextCodePoint(text_, i)) {
      if (!SpaceAt(text_, i)) continue;
      const std::size_t is = SkipSpace(text_, i);
      if (!WordAt(text_, is, "is")) continue;
      if (auto chain = ChainBehind(is + 2 + WordAt(text_, is + 2, ":"))) return chain;
    }
    return std::nullopt;
  }

  std::optional<MathVerifyMatch> Near(std::size_t i) {
    for (int k = 0; k <= 50 && i < text_.size(); ++k, NextCodePoint(text_, i)) {
      if (auto chain = envs_.Chain(i, false)) return chain;
    }
    return std::nullopt;
  }

  void Chains(bool boxed) {
    for (std::size_t i = envs_.NextStart(0); i < text_.size(); i = envs_.NextStart(i)) {
      auto chain = envs_.Chain(i, boxed);
      i = chain ? chain->end : i + 1;
      if (chain) found_.push_back(std::move(*chain));
    }
  }

  void Expressions(int priority);

  std::string_view text_;
  MathVerifyTargets targets_;
  std::string lower_;
  Environments envs_;
  std::vector<MathVerifyMatch> found_;
};

// Groups of an expression: itself; of a number: itself and its percent sign.
const std::string kNumberPart = R"((-?[1-9]\d{0,2}(?:[ ,]\d{3})+(?:\.\d+)?|-?\d+[.,]\d+|\.\d+|-?\d+)(\s*(?:%|[Pp]ercent|\s*[Pp]ercentage|\s*[Pp]ct))?)";
const std::string kExprChars = R"(+\-*×/^()÷)";
const std::string kExprPart = R"((-?\(?-?\d[\d.\s)" + kExprChars + R"(]*[)" + kExprChars + R"(][\d.\s)" + kExprChars + R"(]+\)?))";
const std::string kPrefix = R"((?:\A|\s|=)(?:\*\*)?)";
const std::string kExpression = kPrefix + kExprPart + R"((?:\*\*)?(?:[.,:\s)$]|\z))";
const std::string kNumber = kPrefix + "[$\\x{a3}\\x{a5}\\x{e3f}\\x{20a0}-\\x{20bf}]?" + kNumberPart;
const std::string kEither = "(?:" + kExpression + "|" + kNumber + ")";
const std::string kNoEquals = R"((?:\s*(?:[^\s=]|\z)))";

struct Form {
  re2::RE2 pattern;
  int expression = 0, number = 0, percent = 0;  // groups; 0: it has none
  bool looks_behind = false;                    // what is matched behind the value is not part of the match
};

void FindExpressions(std::string_view text, const Form& form, std::vector<MathVerifyMatch>& out) {
  re2::StringPiece groups[4];
  for (std::size_t from = 0; from <= text.size();) {
    if (!form.pattern.Match({text.data(), text.size()}, from, text.size(), re2::RE2::UNANCHORED, groups, 4)) return;
    const auto end_of = [&](const re2::StringPiece& group) { return static_cast<std::size_t>(group.data() + group.size() - text.data()); };
    const bool number = form.number > 0 && groups[form.number].data() != nullptr;
    const bool percent = number && groups[form.percent].data() != nullptr;
    const re2::StringPiece& value = groups[number ? form.number : form.expression];
    MathVerifyMatch match{.begin = end_of(groups[0]) - groups[0].size(), .end = end_of(groups[0])};
    if (form.looks_behind) match.end = end_of(percent ? groups[form.percent] : value);
    match.number = number;
    match.pieces.push_back({.text = {value.data(), value.size()}, .percent = percent});
    from = std::max(match.end, match.begin + 1);
    out.push_back(std::move(match));
  }
}

// A run of digits and separators that is longer than any number that is computed.
bool HasEndlessNumber(std::string_view text) {
  std::size_t run = 0;
  for (const char c : text) {
    run = IsAsciiDigit(c) || c == ',' || c == '.' || c == ' ' ? run + 1 : 0;
    if (run > kMaxDigits) return true;
  }
  return false;
}

void Matcher::Expressions(int priority) {
  if (HasEndlessNumber(text_)) return;
  static const Form hope{.pattern{R"((?i:final answer is):?\s*)" + kEither + R"(\.?\s?I hope)"}, .expression = 1, .number = 2, .percent = 3};
  static const Form is{.pattern{R"((?i:final answer.{0,100}?)\s+is:?)" + kEither}, .expression = 1, .number = 2, .percent = 3};
  static const Form colon{
      .pattern{R"((?i:answer):(?:.{0,100}=\s*|.{0,50}?))" + kEither + kNoEquals}, .expression = 1, .number = 2, .percent = 3, .looks_behind = true};
  static const Form answer{
      .pattern{R"((?i:answer)(?:.{0,100}=\s*|.{0,50}?))" + kEither + kNoEquals}, .expression = 1, .number = 2, .percent = 3, .looks_behind = true};
  static const Form expression{.pattern{kExpression}, .expression = 1};
  static const Form number{.pattern{kNumber}, .number = 1, .percent = 2};
  if (priority == 0) FindExpressions(text_, hope, found_);
  if (priority == 50) FindExpressions(text_, is, found_);
  if (priority == 100) FindExpressions(text_, colon, found_);
  if (priority == 200) FindExpressions(text_, answer, found_);
  if (priority != 300) return;
  FindExpressions(text_, expression, found_);
  FindExpressions(text_, number, found_);
}

}  // namespace

std::vector<MathVerifyMatch> MathVerifyMatches(std::string_view text, const MathVerifyTargets& targets, int priority) {
  return Matcher(text, targets).Find(priority);
}

}  // namespace rlar::math
