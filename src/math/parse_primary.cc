#include <algorithm>

#include "math/parser.h"

namespace rlar::math {

Ref Parser::Primary(Stop stop) {
  Guard guard(*this);
  if (failed_) return nullptr;
  const Token token = Peek();
  switch (token.kind) {
    case Tok::kNumber: return Number();
    case Tok::kLetter: Advance(); return arena_.Named(Kind::kSymbol, token.text);
    case Tok::kConstant: Advance(); return arena_.Named(Kind::kConstant, token.text);
    case Tok::kWord: return Words(stop);
    case Tok::kFunction: return Function(stop);
    case Tok::kFrac: {
      Advance();
      Ref above = FractionArgument();
      Ref below = above == nullptr ? nullptr : FractionArgument();
      return below == nullptr ? Fail() : arena_.Of(Kind::kDiv, {above, below});
    }
    case Tok::kBinom: {
      Advance();
      Ref above = FractionArgument();
      Ref below = above == nullptr ? nullptr : FractionArgument();
      return below == nullptr ? Fail() : arena_.Function("binom", {above, below});
    }
    case Tok::kSqrt: return Root();
    case Tok::kOpen: return token.sign == '{' ? Braces() : Bracket();
    case Tok::kBar: return Bars();
    case Tok::kBegin: return Matrix();
    case Tok::kAccent: return Accent();
    case Tok::kBig: return Big(stop);
    case Tok::kEmptySet: Advance(); return &arena_.Make(Kind::kSet);
    case Tok::kMod: {
      Advance();
      Ref modulus = Primary(stop);
      return modulus == nullptr ? Fail() : arena_.Function("mod", {modulus});
    }
    case Tok::kPlusMinus:  // "(±1, 2)" reaches here through an argument
    default: return Fail();
  }
}

Ref Parser::Number() {
  const Token token = Peek();
  Advance();
  std::string digits;
  std::int64_t exponent = 0;
  const std::size_t e = token.text.find('e');
  for (const char c : token.text.substr(0, e)) {
    if (c != '.') digits += c;
  }
  if (e != std::string::npos) {
    const std::string text = token.text.substr(e + 1);
    if (text.size() > 7) {
      oversize_ = true;
      return Fail();
    }
    exponent = std::stoll(text);
  }
  auto value = Rational::FromDecimal(digits.empty() ? "0" : digits, exponent - std::max(token.decimals, 0));
  if (!value) {
    oversize_ = true;
    return Fail();
  }
  // 0.1\overline{6}
  if (Peek().kind == Tok::kAccent && Peek().text == "bar" && !Peek().spaced && token.decimals >= 0 && at_ + 3 < tokens_.size() &&
      tokens_[at_ + 2].kind == Tok::kNumber && tokens_[at_ + 3].kind == Tok::kClose) {
    const std::string& period = tokens_[at_ + 2].text;
    if (period.size() <= 200 && period.find_first_not_of("0123456789") == std::string::npos) {
      const auto repeated = Rational::FromDecimal(period, -token.decimals);
      *value = *value + *repeated / (Rational::Pow10(static_cast<std::int64_t>(period.size())) - Rational(1));
      at_ += 4;
      return arena_.Number(*value);
    }
  }
  Node& node = arena_.Make(Kind::kNumber);
  node.value = std::move(*value);
  node.decimals = e == std::string::npos ? token.decimals : -1;
  node.name = token.text;  // as written: 007 and 1.10 keep their form
  return &node;
}

Ref Parser::Words(Stop stop) {
  std::string text;
  while (Peek().kind == Tok::kWord && (text.empty() || StartsFactor(stop))) {
    if (!text.empty()) text += ' ';
    text += Peek().text;
    Advance();
  }
  return arena_.Named(Kind::kText, text);
}

bool Parser::Close(char sign) {
  if (Peek().kind != Tok::kClose) return false;
  // (a, b] closes with another bracket than it opened with; a LaTeX group may not.
  if ((sign == 'g') != (Peek().sign == 'g')) return false;
  Advance();
  return true;
}

Ref Parser::Bracket() {
  const char open = Peek().sign;
  Advance();
  const int bars = bars_;
  bars_ = 0;
  if (open == 'g' && Peek().kind == Tok::kClose) {  // "{}"
    Advance();
    bars_ = bars;
    return arena_.Number(1);
  }
  Ref inner = List(Stop::kEnd);
  bars_ = bars;
  if (inner == nullptr) return Fail();
  const char close = Peek().sign;
  if (!Close(open)) return Fail();
  if (open == 'f' || open == 'c') return arena_.Function(open == 'f' ? "floor" : "ceil", {inner});
  if (open == 'g') return inner;
  const bool list = inner->kind == Kind::kList && (inner->name == "," || inner->name == ";");
  if (!list && (open == '(' || open == '[') && close == open) return inner;
  Node& node = arena_.Make(Kind::kTuple);
  node.open = open;
  node.close = close == '(' ? ')' : close == '[' ? ']' : '>';
  node.bound = inner->bound;
  if (list) {
    node.kids = inner->kids;
  } else {
    node.kids = {inner};
  }
  return &node;
}

Ref Parser::Braces() {
  Advance();
  if (Peek().kind == Tok::kClose) {
    Advance();
    return &arena_.Make(Kind::kSet);
  }
  const int bars = bars_;
  bars_ = 0;
  Ref inner = List(Stop::kBar);
  bars_ = bars;
  if (inner == nullptr) return Fail();
  if (Peek().kind == Tok::kBar || Peek().kind == Tok::kMid) {
    Advance();
    Ref condition = List(Stop::kEnd);
    if (condition == nullptr || !Close('{')) return Fail();
    return arena_.Of(Kind::kSetBuilder, {inner, condition});
  }
  if (!Close('{')) return Fail();
  // {x : x > 1}
  if (inner->kind == Kind::kRatio && inner->kids.size() == 2) return arena_.Of(Kind::kSetBuilder, inner->kids);
  if (inner->kind == Kind::kRelation && inner->kids[0]->kind == Kind::kRatio && inner->kids[0]->kids.size() == 2) {
    Ref ratio = inner->kids[0];
    Node& condition = arena_.Make(Kind::kRelation);
    condition = *inner;
    condition.kids[0] = ratio->kids[1];
    return arena_.Of(Kind::kSetBuilder, {ratio->kids[0], &condition});
  }
  Node& node = arena_.Make(Kind::kSet);
  if (inner->kind == Kind::kList) {
    node.kids = inner->kids;
  } else {
    node.kids = {inner};
  }
  return &node;
}

Ref Parser::Bars() {
  Advance();
  ++bars_;
  Ref inner = Sum(Stop::kBar);
  --bars_;
  if (inner == nullptr || Peek().kind != Tok::kBar) return Fail();
  Advance();
  return arena_.Function("abs", {inner});
}

Ref Parser::Root() {
  Advance();
  Ref index = nullptr;
  if (Peek().kind == Tok::kOpen && Peek().sign == '[') {
    Advance();
    index = Sum(Stop::kEnd);
    if (index == nullptr || !Close('[')) return Fail();
  }
  Ref inner = Argument(false);
  if (inner == nullptr) return Fail();
  if (index == nullptr) return arena_.Function("sqrt", {inner});
  return arena_.Function("root", {inner, index});
}

namespace {

// What sin^{-1} means; empty for functions whose -1 is a power.
std::string_view InverseName(std::string_view name) {
  static constexpr std::string_view kInverses[] = {"arcsin", "arccos", "arctan", "arccot", "arcsec", "arccsc"};
  for (const std::string_view inverse : kInverses) {
    if (inverse.substr(3) == name) return inverse;
  }
  return {};
}

std::string CanonicalName(std::string_view name) {
  struct Alias {
    std::string_view from, to;
  };
  static constexpr Alias kAliases[] = {{"asin", "arcsin"},   {"acos", "arccos"},   {"atan", "arctan"}, {"arctg", "arctan"},  {"tg", "tan"},
                                       {"ctg", "cot"},       {"arcctg", "arccot"}, {"cosec", "csc"},   {"asinh", "arcsinh"}, {"acosh", "arccosh"},
                                       {"atanh", "arctanh"}, {"sign", "sgn"},      {"ln", "log"},      {"lg", "log"}};
  for (const Alias& alias : kAliases) {
    if (alias.from == name) return std::string(alias.to);
  }
  return std::string(name);
}

}  // namespace

Ref Parser::Function(Stop stop) {
  std::string name = CanonicalName(Peek().text);
  const bool decimal = Peek().text == "lg";
  Advance();
  // A function's bare name, as in a label "max = 3".
  Ref base = nullptr, power = nullptr;
  for (;;) {
    if (Peek().kind == Tok::kUnderscore && base == nullptr) {
      Advance();
      base = Argument(false);
      if (base == nullptr) return Fail();
    } else if (Peek().kind == Tok::kCaret && power == nullptr) {
      Advance();
      power = Argument(true);
      if (power == nullptr) return Fail();
    } else {
      break;
    }
  }
  if (Peek().kind == Tok::kRel || Peek().kind == Tok::kColon || Peek().kind == Tok::kEnd || Peek().kind == Tok::kClose || Peek().kind == Tok::kComma) {
    if (power != nullptr || base != nullptr) return Fail();
    return arena_.Named(Kind::kText, name);
  }
  std::vector<Ref> arguments;
  const bool parenthesis = Peek().kind == Tok::kOpen && Peek().sign != '{';
  if (parenthesis || (Peek().kind == Tok::kOpen && (name == "min" || name == "max"))) {
    Ref inner = Peek().sign == '{' ? Braces() : Bracket();
    if (inner == nullptr) return Fail();
    const bool several = inner->kind == Kind::kTuple || inner->kind == Kind::kSet || inner->kind == Kind::kList;
    if (several)
      arguments = inner->kids;
    else
      arguments = {inner};
  } else {
    Ref inner = name == "sqrt" ? Argument(false) : BareArgument(stop);
    if (inner == nullptr) return Fail();
    arguments = {inner};
  }
  // sin(x)^2 squares the sine.
  if (decimal) base = arena_.Number(10);
  if (name == "log" && arguments.size() == 2 && base == nullptr) {  // log(8, 2)
    base = arguments[1];
    arguments.pop_back();
  }
  if (name == "factorial" && arguments.size() == 1) return arena_.Of(Kind::kFactorial, arguments);
  if (name == "cbrt" && arguments.size() == 1) return arena_.Function("root", {arguments[0], arena_.Number(3)});
  if (name == "exp" && arguments.size() == 1 && power == nullptr) return arena_.Of(Kind::kPow, {arena_.Named(Kind::kConstant, "e"), arguments[0]});
  if (power != nullptr && power->kind == Kind::kNumber && power->value == Rational(-1) && !InverseName(name).empty()) {
    name = InverseName(name);
    power = nullptr;
  }
  if (base != nullptr) {
    if (name == "log")
      arguments.push_back(base);
    else
      name.append("_").append(Print(base));
  }
  Ref call = arena_.Function(name, std::move(arguments));
  return power == nullptr ? call : arena_.Of(Kind::kPow, {call, power});
}

// sin 2x, ln \frac{a}{b} c: factors up to the next operator or function.
Ref Parser::BareArgument(Stop stop) {
  Guard guard(*this);
  if (failed_) return nullptr;
  if (Peek().kind == Tok::kMinus) {
    Advance();
    Ref inner = BareArgument(stop);
    return inner == nullptr ? Fail() : Negate(inner);
  }
  Ref left = Power(stop);
  if (left == nullptr) return Fail();
  while (StartsFactor(stop) && Peek().kind != Tok::kFunction && Peek().kind != Tok::kWord && Peek().kind != Tok::kBig &&
         !(Peek().kind == Tok::kOpen && Peek().sign != 'g') && Peek().kind != Tok::kBar) {
    Ref right = Power(stop);
    if (right == nullptr) return Fail();
    left = Append(Kind::kMul, left, right);
  }
  if (Peek().kind == Tok::kSlash && at_ + 1 < tokens_.size() &&
      (tokens_[at_ + 1].kind == Tok::kNumber || tokens_[at_ + 1].kind == Tok::kConstant || tokens_[at_ + 1].kind == Tok::kLetter)) {
    Advance();  // sin x/2, \cos \pi/3
    Ref below = Power(stop);
    if (below == nullptr) return Fail();
    return arena_.Of(Kind::kDiv, {left, below});
  }
  return left;
}

Ref Parser::Matrix() {
  const std::string name = Peek().text;
  Advance();
  std::vector<Ref> cells;
  int rows = 0, columns = -1, in_row = 0;
  const int bars = bars_;
  bars_ = 0;
  while (Peek().kind != Tok::kFinish) {
    if (Peek().kind == Tok::kEnd || failed_) return Fail();
    if (Peek().kind == Tok::kRow) {
      Advance();
      if (in_row == 0) continue;
      if (columns >= 0 && in_row != columns && name != "cases") return Fail();
      columns = in_row;
      in_row = 0;
      ++rows;
      continue;
    }
    if (Peek().kind == Tok::kAmp) {
      Advance();
      continue;
    }
    Ref cell = List(Stop::kCell);
    if (cell == nullptr) return Fail();
    cells.push_back(cell);
    ++in_row;
  }
  bars_ = bars;
  Advance();
  if (in_row > 0) {
    if (columns >= 0 && in_row != columns && name != "cases") return Fail();
    ++rows;
  }
  if (cells.empty()) return Fail();
  Node& node = arena_.Make(Kind::kMatrix);
  node.name = std::string_view(name == "cases" ? "cases" : name == "vmatrix" ? "det" : "");
  node.rows = rows;
  node.kids = std::move(cells);
  return &node;
}

Ref Parser::Accent() {
  const std::string name = Peek().text;
  Advance();
  Ref inner = Argument(false);
  if (inner == nullptr) return Fail();
  if (name.empty()) return inner;
  if (name == "overset") return FractionArgument();
  std::string full = name;
  full.append("(").append(Print(inner)).append(")");
  return arena_.Named(Kind::kSymbol, full);
}

// \sum_{k=1}^{n} …: kept as it is written, compared by its parts.
Ref Parser::Big(Stop stop) {
  const std::string name = Peek().text;
  Advance();
  std::vector<Ref> parts;
  while (Peek().kind == Tok::kUnderscore || Peek().kind == Tok::kCaret) {
    Advance();
    if (Peek().kind == Tok::kOpen && Peek().sign == 'g') {
      Ref inner = Bracket();
      if (inner == nullptr) return Fail();
      parts.push_back(inner);
    } else {
      Ref inner = Argument(true);
      if (inner == nullptr) return Fail();
      parts.push_back(inner);
    }
  }
  Ref body = Product(stop);
  if (body == nullptr) return Fail();
  parts.push_back(body);
  return arena_.Function(name, std::move(parts));
}

}  // namespace rlar::math
