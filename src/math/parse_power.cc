// Powers, subscripts and the marks behind a term.
#include "math/parser.h"

namespace rlar::math {

Ref Parser::Power(Stop stop) {
  Guard guard(*this);
  if (failed_) return nullptr;
  Ref base = Primary(stop);
  if (base == nullptr) return Fail();
  return Postfix(base);
}

Ref Parser::Postfix(Ref base) {
  for (;;) {
    switch (Peek().kind) {
      case Tok::kBang:
        Advance();
        base = arena_.Of(Kind::kFactorial, {base});
        break;
      case Tok::kPercent:
        Advance();
        base = arena_.Of(Kind::kPercent, {base});
        break;
      case Tok::kDegree:
        Advance();
        base = arena_.Of(Kind::kDegree, {base});
        break;
      case Tok::kCirc:
        if (base->kind != Kind::kNumber) return base;
        Advance();
        base = arena_.Of(Kind::kDegree, {base});
        break;
      case Tok::kPrime:
        if (!AttachPrime(base)) return Fail();
        break;
      case Tok::kUnderscore:
        base = Subscript(base);
        if (base == nullptr) return Fail();
        break;
      case Tok::kCaret:
        base = Superscript(base);
        if (base == nullptr) return Fail();
        break;
      default: return base;
    }
  }
}

// 60°42' and f'(x).
bool Parser::AttachPrime(Ref& base) {
  int primes = 0;
  while (Peek().kind == Tok::kPrime) {
    Advance();
    ++primes;
  }
  if (base->kind == Kind::kNumber) {
    base = arena_.Of(Kind::kDegree, {arena_.Of(Kind::kDiv, {base, arena_.Number(primes == 1 ? 60 : 3'600)})});
    return true;
  }
  Node& node = arena_.Make(base->kind == Kind::kSymbol ? Kind::kSymbol : Kind::kFunction);
  if (base->kind != Kind::kSymbol) {
    node.name = "prime";
    node.kids = {base};
  } else {
    node.name = base->name + std::string(static_cast<std::size_t>(primes), '\'');
  }
  base = &node;
  return true;
}

Ref Parser::Subscript(Ref base) {
  Advance();
  // \mathbb{Q}_{>0}
  if (Peek().kind == Tok::kOpen && Peek().sign == 'g' && at_ + 3 < tokens_.size() && tokens_[at_ + 1].kind == Tok::kRel &&
      tokens_[at_ + 2].kind == Tok::kNumber && tokens_[at_ + 3].kind == Tok::kClose && base->kind == Kind::kSymbol) {
    const bool closed = tokens_[at_ + 1].rel == Rel::kGe || tokens_[at_ + 1].rel == Rel::kLe;
    const bool above = tokens_[at_ + 1].rel == Rel::kGt || tokens_[at_ + 1].rel == Rel::kGe;
    std::string name = base->name;
    name.append(above ? "_>" : "_<").append(closed ? "=" : "").append(tokens_[at_ + 2].text);
    at_ += 4;
    return arena_.Named(Kind::kSymbol, name);
  }
  Ref index = Argument(false);
  if (index == nullptr) return Fail();
  if (base->kind == Kind::kNumber && base->value.is_integer() && index->kind == Kind::kNumber) {
    Node& node = arena_.Make(Kind::kBased);
    node.name = base->name.empty() ? base->value.ToString() : base->name;
    node.kids = {index};
    return &node;
  }
  if (base->kind == Kind::kSymbol || base->kind == Kind::kConstant) return arena_.Named(Kind::kSymbol, base->name + "_" + Print(index));
  return arena_.Function("sub", {base, index});
}

Ref Parser::Superscript(Ref base) {
  Advance();
  const Token& token = Peek();
  if (token.kind == Tok::kEnd || token.kind == Tok::kClose) return arena_.Of(Kind::kDegree, {base});  // "90^" lost its ring
  if (token.kind == Tok::kCirc || token.kind == Tok::kDegree) {
    Advance();
    return arena_.Of(Kind::kDegree, {base});
  }
  if (token.kind == Tok::kOpen && token.sign == 'g' && at_ + 2 < tokens_.size() && tokens_[at_ + 2].kind == Tok::kClose) {
    const Token& inside = tokens_[at_ + 1];
    const bool ring =
        inside.kind == Tok::kCirc || inside.kind == Tok::kDegree || (inside.kind == Tok::kLetter && inside.text == "o" && base->kind == Kind::kNumber);
    const bool ordinal = inside.kind == Tok::kWord && IsOneOf(inside.text, {"th", "st", "nd", "rd"});
    const bool mark = inside.kind == Tok::kPlus || inside.kind == Tok::kMinus || inside.kind == Tok::kTimes || inside.kind == Tok::kPrime;
    if (ring || ordinal || mark) {
      at_ += 3;
      if (ring) return arena_.Of(Kind::kDegree, {base});
      if (ordinal) return base;
      return Mark(base, inside.kind);
    }
  }
  if ((token.kind == Tok::kPlus || token.kind == Tok::kTimes || token.kind == Tok::kMinus) && at_ + 1 < tokens_.size() &&
      (tokens_[at_ + 1].kind == Tok::kEnd || tokens_[at_ + 1].kind == Tok::kClose || tokens_[at_ + 1].kind == Tok::kComma)) {
    const Tok kind = token.kind;
    Advance();
    return Mark(base, kind);
  }
  Ref exponent = Argument(true);
  if (exponent == nullptr) return Fail();
  // a^b^c is a^(b^c).
  if (Peek().kind == Tok::kCaret) {
    exponent = Superscript(exponent);
    if (exponent == nullptr) return Fail();
  }
  if (Peek().kind == Tok::kBang && base->kind == Kind::kNumber) return arena_.Of(Kind::kPow, {base, exponent});
  return arena_.Of(Kind::kPow, {base, exponent});
}

Ref Parser::Mark(Ref base, Tok kind) {
  const char* mark = kind == Tok::kPlus ? "^+" : kind == Tok::kMinus ? "^-" : kind == Tok::kPrime ? "'" : "^*";
  if (base->kind == Kind::kSymbol) return arena_.Named(Kind::kSymbol, base->name + mark);
  return base->kind == Kind::kConstant ? base : arena_.Function(mark, {base});
}

// What ^, _ or \frac takes: a group, or one token. Plain text's "2^10" takes the whole number; \frac takes one digit.
Ref Parser::Argument(bool signs) {
  Guard guard(*this);
  if (failed_) return nullptr;
  if (signs && (Peek().kind == Tok::kMinus || Peek().kind == Tok::kPlus)) {
    const bool minus = Peek().kind == Tok::kMinus;
    Advance();
    Ref inner = Argument(false);
    return inner == nullptr ? Fail() : minus ? Negate(inner) : inner;
  }
  if (Peek().kind == Tok::kWord) {
    Ref word = arena_.Named(Kind::kSymbol, Peek().text);
    Advance();
    return word;
  }
  if (Peek().kind == Tok::kFunction && at_ + 1 < tokens_.size() && tokens_[at_ + 1].kind == Tok::kClose) {
    Ref name = arena_.Named(Kind::kSymbol, Peek().text);  // m_{max}
    Advance();
    return name;
  }
  return Primary(Stop::kEnd);
}

Ref Parser::FractionArgument() {
  if (Peek().kind == Tok::kNumber && Peek().text.size() > 1 && Peek().decimals < 0) {
    Token& token = tokens_[at_];
    Ref digit = arena_.Number(token.text[0] - '0');
    token.text.erase(0, 1);
    return digit;
  }
  return Argument(false);
}

}  // namespace rlar::math
