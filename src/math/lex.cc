#include "math/lex.h"

#include <algorithm>

#include "base/text.h"
#include "math/commands.h"
#include "math/unicode.h"
#include "math/units.h"
#include "math/words.h"

namespace rlar::math {
namespace {

constexpr std::size_t kMaxText = 24'000;

bool In(const auto& list, std::string_view name) { return std::find(std::begin(list), std::end(list), name) != std::end(list); }
const Command* FindCommand(std::string_view name) {
  const Command* hit = std::find_if(std::begin(kCommands), std::end(kCommands), [&](const Command& c) { return c.name == name; });
  return hit == std::end(kCommands) ? nullptr : hit;
}
}  // namespace

bool IsKnownCommand(std::string_view name) {
  return FindCommand(name) != nullptr || In(kLayout, name) || In(kTextual, name) || IsFunctionName(name) || IsGreekName(name) || name == "begin" ||
         name == "end" || name == "mathbb";
}

namespace {

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) { odd_dollars_ = std::count(text.begin(), text.end(), '$') % 2 == 1; }

  Lexed Run() {
    Lexed out;
    if (text_.size() > kMaxText) out.ok = false;
    while (out.ok && at_ < text_.size()) {
      if (!Next()) out.ok = false;
    }
    Emit(Tok::kEnd);
    out.tokens = std::move(tokens_);
    return out;
  }

 private:
  char Peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  Token& Emit(Tok kind, std::string_view text = {}) {
    Token token;
    token.kind = kind;
    token.text = text;
    token.spaced = spaced_;
    token.in_text = !text_ends_.empty();
    tokens_.push_back(std::move(token));
    spaced_ = false;
    return tokens_.back();
  }
  void EmitBracket(Tok kind, char sign) {
    depth_ += kind == Tok::kOpen ? 1 : (depth_ > 0 ? -1 : 0);
    Emit(kind).sign = sign;
  }
  void EmitRel(Rel rel, std::size_t width) {
    Emit(Tok::kRel).rel = rel;
    at_ += width;
  }
  Tok Last() const { return tokens_.empty() ? Tok::kEnd : tokens_.back().kind; }

  bool Next() {
    const char c = Peek();
    if (IsAsciiSpace(c) || c == '~' || c == '\x01') {
      spaced_ = true;
      ++at_;
      return true;
    }
    if (IsAsciiDigit(c) || (c == '.' && IsAsciiDigit(Peek(1)))) return Number();
    if (IsAsciiAlpha(c)) return Run_();
    if (c == '\\') return Backslash();
    if (static_cast<unsigned char>(c) >= 0x80) return NonAscii();
    return Sign(c);
  }

  bool Sign(char c) {
    switch (c) {
      case '+':
        if (Peek(1) == '-') return Take(2, Tok::kPlusMinus);
        if (Peek(1) == '/' && Peek(2) == '-') return Take(3, Tok::kPlusMinus);
        return Take(1, Tok::kPlus);
      case '-': return Take(1, Tok::kMinus);
      case '*': return Peek(1) == '*' ? Take(2, Tok::kCaret) : Take(1, Tok::kTimes);
      case '/': return Take(1, Tok::kSlash);
      case '^': return Take(1, Tok::kCaret);
      case '_': return Take(1, Tok::kUnderscore);
      case '!':
        if (Peek(1) == '=') return EmitRel(Rel::kNe, 2), true;
        return Take(1, Tok::kBang);
      case '\'': return Take(1, Tok::kPrime);
      case '%': return Take(1, Tok::kPercent);
      case ',': return Take(1, Tok::kComma);
      case ';': return Take(1, Tok::kSemicolon);
      case ':':
        if (Peek(1) == '=') return EmitRel(Rel::kEq, 2), true;
        return Take(1, Tok::kColon);
      case '|': return Take(Peek(1) == '|' ? 2 : 1, Tok::kBar);
      case '&': return Take(1, Tok::kAmp);
      case '(':
      case '[': return EmitBracket(Tok::kOpen, c), ++at_, true;
      case ')': return EmitBracket(Tok::kClose, '('), ++at_, true;
      case ']': return EmitBracket(Tok::kClose, '['), ++at_, true;
      case '{': return Group(), true;
      case '}': return EndGroup(), true;
      case '=': return EmitRel(Rel::kEq, Peek(1) == '=' ? 2 : 1), true;
      case '<':
        if (Peek(1) == '=') return EmitRel(Rel::kLe, 2), true;
        if (Peek(1) == '>') return EmitRel(Rel::kNe, 2), true;
        return EmitRel(Rel::kLt, 1), true;
      case '>': return EmitRel(Peek(1) == '=' ? Rel::kGe : Rel::kGt, Peek(1) == '=' ? 2 : 1), true;
      case '$':
        if (odd_dollars_ && (IsAsciiDigit(Peek(1)) || Peek(1) == '.')) Emit(Tok::kWord, "$");
        ++at_;
        spaced_ = true;
        return true;
      case '.': {
        // A full stop; "..." is an ellipsis.
        if (Peek(1) == '.' && Peek(2) == '.') return Take(3, Tok::kLetter, "…");
        ++at_;
        return true;
      }
      case '"':
      case '?':
      case '`':
      case '#':
      case '@': ++at_; return true;
      default: return static_cast<unsigned char>(c) >= 0x20 ? (++at_, true) : false;
    }
  }
  bool Take(std::size_t width, Tok kind, std::string_view text = {}) {
    Emit(kind, text);
    at_ += width;
    return true;
  }

  // A LaTeX group; inside text it only nests.
  void Group() {
    // "{,}" is a separator of thousands and handled with the number before it.
    Emit(Tok::kOpen).sign = 'g';
    groups_.push_back(false);
    ++at_;
  }
  void EndGroup() {
    ++at_;
    if (!groups_.empty()) {
      const bool textual = groups_.back();
      groups_.pop_back();
      if (textual) {
        text_ends_.pop_back();
        spaced_ = true;
        return;
      }
    }
    Emit(Tok::kClose).sign = 'g';
  }

  bool Number() {
    std::string digits;
    int decimals = -1;
    const auto take_digits = [&] {
      while (IsAsciiDigit(Peek())) digits += text_[at_++];
    };
    take_digits();
    while (!digits.empty() && digits.size() <= kMaxDigits) {
      std::size_t width = SeparatorWidth();
      if (width == 0) break;
      at_ += width;
      take_digits();
    }
    if (Peek() == '.' && IsAsciiDigit(Peek(1))) {
      ++at_;
      decimals = 0;
      digits += '.';
      while (IsAsciiDigit(Peek())) {
        digits += text_[at_++];
        ++decimals;
      }
    } else if (Peek() == '.' && (Peek(1) == '\0' || Peek(1) == ' ' || Peek(1) == '$' || Peek(1) == '\\')) {
      // "5." or "0.\overline{3}": the point stays with the number where digits follow in some form.
      if (text_.substr(at_ + 1).starts_with("\\overline") || text_.substr(at_ + 1).starts_with("\\dot")) {
        digits += '.';
        decimals = 0;
      }
      ++at_;
    }
    Token& token = Emit(Tok::kNumber);
    token.decimals = decimals;
    if ((Peek() == 'e' || Peek() == 'E') && (IsAsciiDigit(Peek(1)) || ((Peek(1) == '-' || Peek(1) == '+') && IsAsciiDigit(Peek(2))))) {
      digits += 'e';
      ++at_;
      if (!IsAsciiDigit(Peek())) digits += text_[at_++];
      take_digits();
    }
    token.text = std::move(digits);
    return true;
  }

  // Width of a separator of thousands at the current place, 0 for none: exactly three digits must follow.
  std::size_t SeparatorWidth() const {
    const std::string_view rest = text_.substr(at_);
    std::size_t width = 0;
    if (rest.starts_with("{,}"))
      width = 3;
    else if (rest.starts_with(",\\!") || rest.starts_with("\\!,"))
      width = 3;
    else if (rest.starts_with("\\,") || rest.starts_with("\\ ") || rest.starts_with("\\;"))
      width = 2;
    else if (rest.starts_with("\x01"))
      width = 1;
    else if (depth_ == 0 && (rest.starts_with(",") || rest.starts_with(" ")))
      width = 1;
    if (width == 0) return 0;
    const bool spaced_mark = width == 3 && rest[0] == ',';
    while (spaced_mark && width < rest.size() && rest[width] == ' ') ++width;
    std::size_t run = width;
    while (run < rest.size() && IsAsciiDigit(rest[run])) ++run;
    if (run - width != 3) return 0;
    if (rest[0] == ' ' && run < rest.size() && (rest[run] == '/' || rest[run] == '.')) return 0;
    // What leads must be a group of at most three digits, or grouped already.
    std::size_t back = at_;
    while (back > 0 && IsAsciiDigit(text_[back - 1])) --back;
    return at_ - back <= 3 ? width : 0;
  }

  // A run of ASCII letters.
  bool Run_() {
    std::size_t end = at_;
    while (end < text_.size() && (IsAsciiAlpha(text_[end]) || (text_[end] == '\'' && !text_ends_.empty()))) ++end;
    // Letters beyond ASCII continue a word.
    bool foreign = false;
    while (end < text_.size() && static_cast<unsigned char>(text_[end]) >= 0x80 && end > at_ + 1) {
      foreign = true;
      ++end;
      while (end < text_.size() && (IsAsciiAlpha(text_[end]) || static_cast<unsigned char>(text_[end]) >= 0x80)) ++end;
    }
    const std::string_view run = text_.substr(at_, end - at_);
    const bool after_number = Last() == Tok::kNumber;
    if (foreign) {
      Emit(Tok::kWord, UnicodeLower(run));
    } else if (run.size() == 1) {
      Single(run, after_number);
    } else if (!ConstantName(run).empty()) {
      Emit(Tok::kConstant, ConstantName(run));
    } else if (IsFunctionName(run) && !(text_ends_.size() && run == "min" && after_number)) {
      Emit(Tok::kFunction, run);
    } else if (IsGreekName(run) && text_ends_.empty()) {
      Emit(Tok::kLetter, run);
    } else if (!text_ends_.empty() || LooksLikeWord(run) || (after_number && ParseUnit(run))) {
      Word(run);
    } else {
      Letters(run);
    }
    at_ = end;
    return true;
  }

  void Word(std::string_view run) {
    const std::string lower = AsciiLower(run);
    if (IsSign(lower)) {
      Emit(Tok::kMinus);
    } else if (lower == "percent" || lower == "pct" || lower == "percentage") {
      Emit(Tok::kPercent);
    } else if (lower == "infinity") {
      Emit(Tok::kConstant, "inf");
    } else if ((lower == "degrees" || lower == "degree") && (Last() == Tok::kNumber || Last() == Tok::kClose)) {
      Emit(Tok::kDegree);
    } else {
      // Units keep their case: mW is not MW.
      const bool unit = (Last() == Tok::kNumber || Last() == Tok::kWord) && ParseUnit(run).has_value();
      Emit(Tok::kWord, unit ? std::string(run) : lower);
    }
  }

  // "minus 5" and "negative 5": a word for the sign of what follows.
  bool IsSign(std::string_view word) const {
    if (word != "minus" && (word != "negative" || Last() == Tok::kNumber)) return false;
    std::size_t next = at_ + word.size();
    while (next < text_.size() && text_[next] == ' ') ++next;
    return next < text_.size() && (IsAsciiDigit(text_[next]) || std::string_view("\\$.(").find(text_[next]) != std::string_view::npos);
  }

  void Single(std::string_view run, bool after_number) {
    if (!text_ends_.empty()) {
      // "5 \text{ m}" is a unit; "\text{e}" and "\mathrm{e}" are the letter.
      if (after_number && ParseUnit(run)) {
        Emit(Tok::kWord, run);
        return;
      }
      if (run == "a" && spaced_ && Peek(1) == ' ') {
        Emit(Tok::kWord, run);
        return;
      }
    }
    if (run == "e" || run == "i") {
      Emit(Tok::kConstant, run);
    } else {
      Emit(Tok::kLetter, run);
    }
  }

  // "sinx", "xy", "pir": the longest known name at each place, else one letter.
  void Letters(std::string_view run) {
    for (std::size_t i = 0; i < run.size();) {
      std::size_t hit = 0;
      for (std::size_t length = std::min<std::size_t>(run.size() - i, 7); length >= 2 && hit == 0; --length) {
        const std::string_view piece = run.substr(i, length);
        if (IsFunctionName(piece) || piece == "pi") hit = length;
      }
      if (hit == 0) {
        Single(run.substr(i, 1), false);
        ++i;
      } else {
        const std::string_view piece = run.substr(i, hit);
        Emit(piece == "pi" ? Tok::kConstant : Tok::kFunction, piece);
        i += hit;
      }
    }
  }

  bool NonAscii() {
    const std::size_t start = at_;
    const char32_t cp = NextCodePoint(text_, at_);
    if (IsHidden(cp)) return false;
    while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) >= 0x80) {
      std::size_t next = at_;
      if (IsHidden(NextCodePoint(text_, next))) return false;
      at_ = next;
    }
    while (at_ < text_.size() && (IsAsciiAlpha(text_[at_]) || static_cast<unsigned char>(text_[at_]) >= 0x80)) ++at_;
    Emit(Tok::kWord, UnicodeLower(text_.substr(start, at_ - start)));
    return true;
  }

  bool Backslash() {
    const char next = Peek(1);
    if (next == '\\') {
      std::size_t end = at_ + 2;
      while (end < text_.size() && IsAsciiAlpha(text_[end])) ++end;
      const std::string_view name = text_.substr(at_ + 2, end - at_ - 2);
      // "\\frac" is an escaped escape, unless rows are being written.
      if (environments_ == 0 && IsKnownCommand(name)) {
        ++at_;
        return Backslash();
      }
      at_ += 2;
      if (Peek() == '[') {  // "\\[2pt]"
        const std::size_t close = text_.find(']', at_);
        if (close != text_.npos && close - at_ < 8) at_ = close + 1;
      }
      Emit(Tok::kRow);
      return true;
    }
    if (!IsAsciiAlpha(next)) return Escaped(next);
    std::size_t end = at_ + 1;
    while (end < text_.size() && IsAsciiAlpha(text_[end])) ++end;
    std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    // "\cdotx", "\pir": a known command glued to letters.
    if (!IsKnownCommand(name)) {
      for (std::size_t length = name.size() - 1; length >= 2; --length) {
        if (!IsKnownCommand(name.substr(0, length))) continue;
        end = at_ + 1 + length;
        name = name.substr(0, length);
        break;
      }
    }
    at_ = end;
    return Named(name);
  }

  bool Escaped(char next) {
    at_ += 2;
    switch (next) {
      case '{': EmitBracket(Tok::kOpen, '{'); return true;
      case '}': EmitBracket(Tok::kClose, '{'); return true;
      case '|': Emit(Tok::kBar); return true;
      case '%': Emit(Tok::kPercent); return true;
      case '$': Emit(Tok::kWord, "$"); return true;
      case '#':
      case '&':
      case '_': return true;
      case '(':
      case ')':
      case '[':
      case ']': spaced_ = true; return true;
      case '\0': --at_; return true;
      default:
        if (static_cast<unsigned char>(next) >= 0x80) --at_;
        spaced_ = true;  // \, \; \! \: "\ "
        return true;
    }
  }

  bool Named(std::string_view name) {
    if (In(kTextual, name)) return OpenText(), true;
    if (name == "begin" || name == "end") return Environment(name == "begin");
    if (name == "mathbb" || name == "mathcal" || name == "mathfrak" || name == "mathscr") return Blackboard(name);
    if (name == "left" || name == "right" || name == "middle") {
      while (Peek() == ' ') ++at_;
      if (Peek() == '.' && !IsAsciiDigit(Peek(1))) ++at_;
      return true;
    }
    if (In(kLayout, name)) return spaced_ = true, true;
    if (const Command* command = FindCommand(name)) {
      if (command->kind == Tok::kOpen || command->kind == Tok::kClose) {
        EmitBracket(command->kind, command->sign);
      } else {
        Token& token = Emit(command->kind, command->text);
        token.rel = command->rel;
      }
      return true;
    }
    if (IsFunctionName(name) && name != "Gamma") return Emit(Tok::kFunction, name), true;
    Emit(Tok::kLetter, name == "varepsilon" ? "epsilon" : name == "varphi" ? "phi" : name == "vartheta" ? "theta" : name);
    return true;
  }

  void OpenText() {
    while (Peek() == ' ') ++at_;
    if (Peek() == '*') ++at_;
    if (Peek() != '{') return;
    ++at_;
    groups_.push_back(true);
    text_ends_.push_back(0);
    spaced_ = true;
  }

  bool Environment(bool begins) {
    const std::size_t close = text_.find('}', at_);
    if (Peek() != '{' || close == text_.npos || close - at_ > 20) return false;
    std::string_view name = text_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    if (name.ends_with("*")) name.remove_suffix(1);
    const bool table = name.ends_with("matrix") || name == "array" || name == "cases";
    if (!table) return spaced_ = true, true;
    environments_ += begins ? 1 : environments_ > 0 ? -1 : 0;
    depth_ += begins ? 1 : depth_ > 0 ? -1 : 0;
    Emit(begins ? Tok::kBegin : Tok::kFinish, name);
    if (begins && name == "array" && Peek() == '{') {
      const std::size_t columns = text_.find('}', at_);
      if (columns != text_.npos) at_ = columns + 1;
    }
    return true;
  }

  bool Blackboard(std::string_view name) {
    while (Peek() == ' ') ++at_;
    const bool braced = Peek() == '{';
    if (braced) ++at_;
    std::string letter(1, Peek());
    if (!IsAsciiAlpha(letter[0])) return false;
    ++at_;
    while (braced && Peek() != '}' && Peek() != '\0') letter += text_[at_++];
    if (braced && Peek() == '}') ++at_;
    Emit(Tok::kLetter, name == "mathbb" ? "\\mathbb{" + letter + "}" : letter);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int environments_ = 0;
  bool spaced_ = false;
  bool odd_dollars_ = false;
  std::vector<bool> groups_;     // open braces: true for those of \text
  std::vector<char> text_ends_;  // one per open \text
  std::vector<Token> tokens_;
};

}  // namespace

Lexed Lex(std::string_view latex) { return Lexer(latex).Run(); }

std::string TokenKey(const std::vector<Token>& tokens) {
  std::string key;
  for (const Token& token : tokens) {
    key += static_cast<char>('A' + static_cast<int>(token.kind));
    if (token.sign != 0) key += token.sign;
    if (token.kind == Tok::kRel) key += static_cast<char>('0' + static_cast<int>(token.rel));
    key += token.text;
    key += ' ';
  }
  return key;
}

}  // namespace rlar::math
