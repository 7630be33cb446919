#include "math/parse.h"

#include <algorithm>

#include "base/text.h"
#include "math/parser.h"
#include "math/unicode.h"

namespace rlar::math {

Parsed Parse(std::string_view text, Arena& arena) {
  Parsed out;
  if (text.size() > kMaxDigits + 4'000) {
    out.oversize = true;
    return out;
  }
  std::string latex;
  latex.reserve(text.size() + 16);
  ToLatex(text, latex);
  Lexed lexed = Lex(latex);
  if (!lexed.ok) {
    out.bad_text = true;
    return out;
  }
  out.key = TokenKey(lexed.tokens);
  Parser parser(std::move(lexed.tokens), arena);
  out.root = parser.Run();
  out.oversize = parser.oversize();
  return out;
}

// ---- lists, clauses and relations ----

Ref Parser::Run() {
  Ref root = List(Stop::kEnd);
  if (root == nullptr || failed_ || Peek().kind != Tok::kEnd) return nullptr;
  // Chains like a/b/c/… nest without recursion here, but not for those who walk the tree.
  std::vector<std::pair<Ref, int>> stack{{root, 1}};
  while (!stack.empty()) {
    const auto [node, depth] = stack.back();
    stack.pop_back();
    if (depth > kMaxDepth) {
      oversize_ = true;
      return nullptr;
    }
    for (Ref kid : node->kids) stack.emplace_back(kid, depth + 1);
  }
  return root;
}

bool Parser::AtStop(Stop stop) const {
  switch (Peek().kind) {
    case Tok::kEnd: return true;
    case Tok::kClose: return true;
    case Tok::kBar: return stop == Stop::kBar;
    case Tok::kMid: return stop == Stop::kBar;
    case Tok::kAmp:
    case Tok::kRow:
    case Tok::kFinish: return stop == Stop::kCell;
    default: return false;
  }
}

// 0 where no separator stands here; 'a' for "and", 'o' for "or".
char Parser::Separator(Stop stop) const {
  const Token& token = Peek();
  if (token.kind == Tok::kComma) return ',';
  if (token.kind == Tok::kSemicolon) return ';';
  if (token.kind == Tok::kRow && stop != Stop::kCell) return ';';
  if (token.kind == Tok::kWord && (token.text == "and" || token.text == "or")) return token.text == "and" ? 'a' : 'o';
  return 0;
}

Ref Parser::List(Stop stop) {
  Guard guard(*this);
  if (failed_) return nullptr;
  std::vector<Ref> items;
  char name = 0;
  bool bound = false;
  while (!AtStop(stop)) {
    if (const char separator = Separator(stop); separator != 0) {
      // "or" beats "and" beats marks: "1, 2, or 3".
      if (!items.empty() && (name == 0 || separator == 'o' || (separator == 'a' && name != 'o'))) name = separator;
      Advance();
      continue;
    }
    if (Peek().kind == Tok::kAmp || Peek().kind == Tok::kImplies) {
      // Of a chain of conclusions the last one is the answer.
      if (Peek().kind == Tok::kImplies) items.clear();
      Advance();
      continue;
    }
    if (TrailingCondition()) {
      const bool rest = IsOneOf(Peek().text, {"where", "given", "such", "since", "because", "which"});
      if (rest && items.empty()) return Fail();
      Advance();
      if (rest) {
        SkipToStop(stop);
      } else if (!AtStop(stop) && Clause(stop) == nullptr) {
        return Fail();
      }
      bound = true;
      continue;
    }
    const std::size_t before = at_;
    Ref item = Clause(stop);
    if (item == nullptr || at_ == before) return Fail();
    items.push_back(item);
    if (!AtStop(stop) && Separator(stop) == 0 && !TrailingCondition() && Peek().kind != Tok::kAmp && Peek().kind != Tok::kImplies) {
      // Two clauses without a separator: only blanks that LaTeX writes between equations.
      if (item->kind != Kind::kRelation || !Peek().spaced) return Fail();
      if (name == 0) name = ',';
    }
  }
  if (items.empty()) return Fail();
  Ref out = items[0];
  if (items.size() > 1) {
    Node& list = arena_.Make(Kind::kList);
    list.name = name == 'a' ? "and" : name == 'o' ? "or" : std::string(1, name == 0 ? ',' : name);
    list.kids = std::move(items);
    out = &list;
  }
  if (bound) {
    Node& copy = arena_.Make(out->kind);
    copy = *out;
    copy.bound = true;
    out = &copy;
  }
  return out;
}

// "for all …", "where …": what follows limits the answer and is no part of it.
bool Parser::TrailingCondition() const {
  const Token& token = Peek();
  if (token.kind == Tok::kForall) return at_ > 0 && Peek().spaced && tokens_[at_ - 1].kind != Tok::kOpen && at_ > 1;
  if (token.kind != Tok::kWord || at_ == 0) return false;
  if (IsOneOf(token.text, {"where", "given", "since", "because"})) return true;
  if (token.text == "for") return true;
  return token.text == "such" && at_ + 1 < tokens_.size() && tokens_[at_ + 1].text == "that";
}

void Parser::SkipToStop(Stop stop) {
  int depth = 0;
  while (Peek().kind != Tok::kEnd) {
    if (depth == 0 && AtStop(stop)) return;
    if (Peek().kind == Tok::kOpen) ++depth;
    if (Peek().kind == Tok::kClose) --depth;
    Advance();
  }
}

Ref Parser::Clause(Stop stop) {
  Guard guard(*this);
  if (failed_) return nullptr;
  if (Peek().kind == Tok::kForall) {
    Advance();
    Ref inner = Clause(stop);
    return inner == nullptr ? nullptr : arena_.Function("forall", {inner});
  }
  std::vector<Ref> operands;
  std::vector<Rel> rels;
  std::string signs;  // of relations that have no place of their own in Rel
  Ref first = SetExpression(stop);
  if (first == nullptr) return Fail();
  // "Paolo: 18" is a label, "3 : 4" a ratio.
  if (Peek().kind == Tok::kColon) {
    if (Contains(first, Kind::kText)) {
      Advance();
      Ref value = Clause(stop);
      if (value == nullptr) return Fail();
      return Relation({first, value}, {Rel::kEq});
    }
    first = Ratio(first, stop);
    if (first == nullptr) return Fail();
  }
  operands.push_back(first);
  for (;;) {
    Rel rel = Rel::kEq;
    if (Peek().kind == Tok::kRel) {
      rel = Peek().rel;
      if (rel == Rel::kOther) signs += Peek().text;
    } else if (Peek().kind == Tok::kWord && IsOneOf(Peek().text, {"is", "equals", "are"}) && !operands.empty()) {
      rel = Rel::kEq;
    } else {
      break;
    }
    Advance();
    if (AtStop(stop)) break;  // "x =" and nothing behind it
    Ref next = SetExpression(stop);
    if (next == nullptr) return Fail();
    if (Peek().kind == Tok::kColon) next = Ratio(next, stop);
    if (next == nullptr) return Fail();
    operands.push_back(next);
    rels.push_back(rel);
  }
  if (operands.size() == 1) return operands[0];
  Ref relation = Relation(std::move(operands), std::move(rels));
  const_cast<Node*>(relation)->name = std::move(signs);
  return relation;
}

Ref Parser::Relation(std::vector<Ref> operands, std::vector<Rel> rels) {
  Node& node = arena_.Make(Kind::kRelation);
  node.kids = std::move(operands);
  node.rels = std::move(rels);
  return &node;
}

Ref Parser::Ratio(Ref first, Stop stop) {
  std::vector<Ref> parts{first};
  while (Peek().kind == Tok::kColon) {
    Advance();
    Ref next = SetExpression(stop);
    if (next == nullptr) return Fail();
    parts.push_back(next);
  }
  return arena_.Of(Kind::kRatio, std::move(parts));
}

Ref Parser::SetExpression(Stop stop) {
  Ref left = Sum(stop);
  while (left != nullptr && (Peek().kind == Tok::kCup || Peek().kind == Tok::kCap || Peek().kind == Tok::kSetMinus)) {
    const Kind kind = Peek().kind == Tok::kCup ? Kind::kUnion : Peek().kind == Tok::kCap ? Kind::kIntersection : Kind::kDifference;
    Advance();
    Ref right = Sum(stop);
    if (right == nullptr) return Fail();
    left = arena_.Of(kind, {left, right});
  }
  return left;
}

// ---- sums, products, powers ----

Ref Parser::Sum(Stop stop) {
  Guard guard(*this);
  if (failed_) return nullptr;
  Ref left = nullptr;
  for (;;) {
    const Tok kind = Peek().kind;
    if (kind == Tok::kPlus || kind == Tok::kMinus) {
      Advance();
      Ref term = Product(stop);
      if (term == nullptr) return Fail();
      if (kind == Tok::kMinus) term = Negate(term);
      left = left == nullptr ? term : Append(Kind::kAdd, left, term);
    } else if (kind == Tok::kPlusMinus || kind == Tok::kMinusPlus) {
      Advance();
      Ref term = Product(stop);
      if (term == nullptr) return Fail();
      Node& node = arena_.Make(Kind::kPlusMinus);
      node.kids = {left == nullptr ? arena_.Number(0) : left, term};
      node.name = kind == Tok::kMinusPlus ? "-" : "+";
      left = &node;
    } else if (left == nullptr) {
      left = Product(stop);
      if (left == nullptr) return Fail();
    } else {
      return left;
    }
  }
}

Ref Parser::Negate(Ref term) {
  if (term->kind == Kind::kNumber) {
    Node& node = arena_.Make(Kind::kNumber);
    node = *term;
    node.value = -node.value;
    return &node;
  }
  return arena_.Of(Kind::kNeg, {term});
}

Ref Parser::Append(Kind kind, Ref left, Ref right) {
  if (left->kind == kind) {
    // The left node is ours alone while it is being built.
    const_cast<Node*>(left)->kids.push_back(right);
    return left;
  }
  return arena_.Of(kind, {left, right});
}

bool Parser::StartsFactor(Stop stop) const {
  const Token& token = Peek();
  switch (token.kind) {
    case Tok::kNumber:
    case Tok::kLetter:
    case Tok::kConstant:
    case Tok::kFunction:
    case Tok::kFrac:
    case Tok::kSqrt:
    case Tok::kBinom:
    case Tok::kBegin:
    case Tok::kAccent:
    case Tok::kEmptySet:
    case Tok::kBig:
    case Tok::kMod: return true;
    case Tok::kOpen: return true;
    case Tok::kBar: return stop != Stop::kBar && bars_ == 0;
    case Tok::kWord: return Separator(stop) == 0 && !TrailingCondition() && !IsOneOf(token.text, {"is", "equals", "are"});
    default: return false;
  }
}

Ref Parser::Product(Stop stop) {
  Guard guard(*this);
  if (failed_) return nullptr;
  Ref left = Unary(stop);
  if (left == nullptr) return Fail();
  bool implicit_ok = true;
  for (;;) {
    const Tok kind = Peek().kind;
    if (kind == Tok::kTimes || kind == Tok::kSlash) {
      Advance();
      Ref right = Unary(stop);
      if (right == nullptr) return Fail();
      left = kind == Tok::kTimes ? Append(Kind::kMul, left, right) : arena_.Of(Kind::kDiv, {left, right});
      implicit_ok = true;
    } else if (implicit_ok && StartsFactor(stop)) {
      Ref mixed = Mixed(left);
      if (mixed != nullptr) {
        left = mixed;
        continue;
      }
      // "3 4" is no product.
      if (Peek().kind == Tok::kNumber && left->kind == Kind::kNumber && !(Peek().spaced && false)) return Fail();
      const bool call = Peek().kind == Tok::kOpen && Peek().sign == '(' && !Peek().spaced && at_ > 0 && tokens_[at_ - 1].kind != Tok::kClose;
      Ref right = Power(stop);
      if (right == nullptr) return Fail();
      left = Juxtapose(left, right, call);
    } else {
      return left;
    }
  }
}

// f(x) keeps its look, so that a label can be told from a product; 60°42' is a sum.
Ref Parser::Juxtapose(Ref left, Ref right, bool call) {
  if (left->kind == Kind::kDegree && right->kind == Kind::kDegree) return arena_.Of(Kind::kAdd, {left, right});
  if (call && left->kind == Kind::kSymbol && right->kind != Kind::kPow) {
    if (right->kind == Kind::kTuple && right->open == '(' && right->close == ')') {
      std::vector<Ref> kids{left};
      kids.insert(kids.end(), right->kids.begin(), right->kids.end());
      return arena_.Function("call", std::move(kids));
    }
    return arena_.Function("call", {left, right});
  }
  return Append(Kind::kMul, left, right);
}

// "1 1/2" and "1\frac{1}{2}": nullptr where no mixed number stands here.
Ref Parser::Mixed(Ref left) {
  if (left->kind != Kind::kNumber || !left->value.is_integer() || left->decimals >= 0 || at_ == 0) return nullptr;
  if (tokens_[at_ - 1].kind != Tok::kNumber) return nullptr;
  Rational above, below;
  std::size_t end = 0;
  const auto whole = [&](std::size_t i) -> std::optional<Rational> {
    if (i >= tokens_.size() || tokens_[i].kind != Tok::kNumber || tokens_[i].decimals >= 0) return std::nullopt;
    return Rational::FromDecimal(tokens_[i].text, 0);
  };
  const auto is_group = [&](std::size_t i, Tok kind) { return i < tokens_.size() && tokens_[i].kind == kind && tokens_[i].sign == 'g'; };
  if (Peek().kind == Tok::kFrac) {
    if (is_group(at_ + 1, Tok::kOpen) && is_group(at_ + 3, Tok::kClose) && is_group(at_ + 4, Tok::kOpen) && is_group(at_ + 6, Tok::kClose)) {
      const auto a = whole(at_ + 2), b = whole(at_ + 5);
      if (!a || !b) return nullptr;
      above = *a;
      below = *b;
      end = at_ + 7;
    } else if (at_ + 1 < tokens_.size() && tokens_[at_ + 1].kind == Tok::kNumber && tokens_[at_ + 1].text.size() == 2) {
      above = Rational(tokens_[at_ + 1].text[0] - '0');
      below = Rational(tokens_[at_ + 1].text[1] - '0');
      end = at_ + 2;
    } else {
      return nullptr;
    }
  } else if (Peek().kind == Tok::kNumber && at_ + 2 < tokens_.size() && tokens_[at_ + 1].kind == Tok::kSlash) {
    const auto a = whole(at_), b = whole(at_ + 2);
    if (!a || !b) return nullptr;
    above = *a;
    below = *b;
    end = at_ + 3;
  } else {
    return nullptr;
  }
  if (below.is_zero() || below <= above || above.is_zero()) return nullptr;
  at_ = end;
  return arena_.Number(left->value.sign() < 0 ? left->value - above / below : left->value + above / below);
}

Ref Parser::Unary(Stop stop) {
  Guard guard(*this);
  if (failed_) return nullptr;
  if (Peek().kind == Tok::kMinus) {
    Advance();
    Ref inner = Unary(stop);
    return inner == nullptr ? Fail() : Negate(inner);
  }
  if (Peek().kind == Tok::kPlus) {
    Advance();
    return Unary(stop);
  }
  return Power(stop);
}

}  // namespace rlar::math
