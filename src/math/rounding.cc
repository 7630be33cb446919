#include "math/rounding.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace rlar::math {
namespace {

int SignificantDigits(const Node& literal) {
  int digits = 0;
  for (const char c : literal.name) {
    if (IsAsciiDigit(c) && (digits > 0 || c != '0')) ++digits;
  }
  return digits;
}

}  // namespace

Ref LiteralOf(Ref node) {
  while (node != nullptr && (node->kind == Kind::kNeg || node->kind == Kind::kPercent)) node = node->kids[0];
  return node != nullptr && node->kind == Kind::kNumber ? node : nullptr;
}

bool IsFloat(Ref node) {
  Ref literal = LiteralOf(node);
  return literal != nullptr && (literal->decimals >= 0 || literal->name.find('e') != std::string::npos);
}

bool MayRound(Ref node, int least_digits) {
  Ref literal = LiteralOf(node);
  if (literal == nullptr || SignificantDigits(*literal) < least_digits) return false;
  return literal->decimals >= 1 || (least_digits > 1 && literal->decimals < 0 && literal->name.find('e') == std::string::npos);
}

bool RoundsTo(Ref rounded, Ref value, const Node& literal, StepBudget& budget) {
  const int decimals = std::max(literal.decimals, 0) + (rounded->kind == Kind::kPercent ? 2 : 0);
  const bool fine = SignificantDigits(literal) >= 3 && literal.decimals >= 1;
  Rational bound = Rational::Pow10(-decimals);
  if (!fine) bound = bound / Rational(2);
  return Within(rounded, value, bound, budget) == Verdict::kSame;
}

bool SameWhenRounded(Ref x, Ref y, int decimals, Arena& arena, StepBudget& budget) {
  const auto rounded = [&](Ref node) {
    Ref scaled = arena.Of(Kind::kMul, {node, arena.Number(Rational::Pow10(decimals))});
    return arena.Function("floor", {arena.Of(Kind::kAdd, {scaled, arena.Number(Rational(1) / Rational(2))})});
  };
  return SameScalar(rounded(x), rounded(y), budget) == Verdict::kSame;
}

bool IsTolerated(Ref x, Ref y, const Rational& tolerance, StepBudget& budget) {
  if (Within(x, y, tolerance, budget) == Verdict::kSame) return true;
  double size;
  if (!Approximate(x, budget, size) || !(std::abs(size) > 1) || std::abs(size) > 1e15) return false;
  if (const auto exact = ExactRational(x)) return Within(x, y, tolerance * exact->Abs(), budget) == Verdict::kSame;
  const Rational about = Rational(static_cast<std::int64_t>(std::abs(size) * 1'000)) / Rational(1'000);
  return Within(x, y, tolerance * about, budget) == Verdict::kSame;
}

}  // namespace rlar::math
