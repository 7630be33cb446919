#include "math/scalar.h"

#include <algorithm>
#include <set>

namespace rlar::math {
namespace {

constexpr long kFirstPrecision = 96;
constexpr long kPrecision = 320;
constexpr long kMaxPrecision = 40'000;
constexpr int kTrials = 14;
constexpr int kEnough = 4;  // agreeing points that settle "same"

// FNV-1a, so that points depend on nothing but names.
std::uint64_t Hash(std::string_view text, std::uint64_t seed) {
  std::uint64_t h = 0xCBF29CE484222325ull ^ (seed * 0x9E3779B97F4A7C15ull);
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
  h ^= h >> 29;
  h *= 0xBF58476D1CE4E5B9ull;
  return h ^ (h >> 32);
}

// Anything that speaks of whole numbers: (−1)^n, n!, binomials, floors.
bool WantsIntegers(Ref node) {
  const auto has_symbols = [](Ref n) { return !Symbols(n).empty(); };
  if (node->kind == Kind::kFactorial && has_symbols(node->kids[0])) return true;
  if (node->kind == Kind::kFunction && node->name == "binom" && has_symbols(node)) return true;
  if (node->kind == Kind::kPow && has_symbols(node->kids[1])) {
    const auto base = ExactRational(node->kids[0], 256);
    if (base && base->sign() < 0) return true;
  }
  return std::any_of(node->kids.begin(), node->kids.end(), [](Ref kid) { return WantsIntegers(kid); });
}

Point MakePoint(const std::vector<std::string>& names, int trial, bool integers) {
  Point point;
  for (const std::string& name : names) {
    const std::uint64_t h = Hash(name, static_cast<std::uint64_t>(trial) + 1);
    if (integers) {
      point.emplace_back(name, Rational(static_cast<std::int64_t>(h % 11) + 1 + (trial > 6 ? 5 : 0)));
      continue;
    }
    // A fraction in (0, 1) with 40 random bits, moved to a range that depends on the trial.
    Rational value = Rational(static_cast<std::int64_t>(h >> 24) | 1) / Rational(std::int64_t{1} << 40);
    switch (trial % 7) {
      case 0: break;
      case 1: value = value * Rational(2) + Rational(1); break;
      case 2: value = value - Rational(1); break;
      case 3: value = value * Rational(8); break;
      case 4: value = value * Rational(-3); break;
      case 5: value = (h & 1) != 0 ? value : -value; break;
      default: value = value * Rational(40) + Rational(3); break;
    }
    point.emplace_back(name, value);
  }
  return point;
}

struct Outcome {
  enum Kind { kSkip, kAgree, kDiffer, kOneReal } kind = kSkip;  // kOneReal: the values differ, and only one side is real
  bool real = false;
};

bool Tiny(const Ball& z, long bits) {
  mag_t size;
  mag_init(size);
  acb_get_mag(size, z.get());
  const bool tiny = mag_cmp_2exp_si(size, -bits) < 0;
  mag_clear(size);
  return tiny;
}

// Whether some constant part of `node` is so large or so small that `bits` of precision would not see 1 beside it, or has no value.
bool HasExtremePart(Ref node, long bits, StepBudget& budget) {
  const bool grows = node->kind == Kind::kPow || node->kind == Kind::kFactorial || node->kind == Kind::kFunction;
  if (grows && Symbols(node).empty()) {
    Ball value;
    if (!Evaluate(node, {}, kFirstPrecision, budget, value)) return true;
    mag_t size;
    mag_init(size);
    acb_get_mag(size, value.get());
    const bool large = mag_cmp_2exp_si(size, bits) > 0;
    const bool small = !mag_is_zero(size) && mag_cmp_2exp_si(size, -bits) < 0 && !acb_contains_zero(value.get());
    mag_clear(size);
    if (large || small) return true;
  }
  return std::any_of(node->kids.begin(), node->kids.end(), [&](Ref kid) { return HasExtremePart(kid, bits, budget); });
}

// Compares at one point, raising the precision until the balls part or are small.
Outcome CompareAt(Ref a, Ref b, const Point& point, long precision, StepBudget& budget) {
  Outcome out;
  for (long p = kFirstPrecision; p <= 4 * precision; p = p < precision ? precision : 2 * p) {
    Ball x, y;
    if (!Evaluate(a, point, p, budget, x) || !Evaluate(b, point, p, budget, y)) return out;
    const bool x_real = x.MaybeReal(), y_real = y.MaybeReal();
    // Among functions a point where only one side is real says nothing; a constant that is not real is no real constant.
    if (x_real != y_real && !point.empty()) {
      if (!acb_overlaps(x.get(), y.get())) out.kind = Outcome::kOneReal;
      return out;
    }
    out.real = x_real;
    if (!acb_overlaps(x.get(), y.get())) {
      out.kind = Outcome::kDiffer;
      return out;
    }
    if (p < precision) continue;
    Ball difference;
    acb_sub(difference.get(), x.get(), y.get(), p);
    // Agreement: the difference is small beside the values, or both vanish.
    if (acb_rel_accuracy_bits(x.get()) > 128 && acb_rel_accuracy_bits(y.get()) > 128) return out.kind = Outcome::kAgree, out;
    if (Tiny(difference, 160)) return out.kind = Outcome::kAgree, out;
  }
  return out;
}

std::vector<std::string> AllSymbols(Ref a, Ref b) {
  std::set<std::string> names;
  for (Ref node : {a, b}) {
    for (std::string& name : Symbols(node)) names.insert(std::move(name));
  }
  return {names.begin(), names.end()};
}

}  // namespace

Verdict SameScalar(Ref a, Ref b, StepBudget& budget) {
  if (a == b) return Verdict::kSame;
  const auto exact_a = ExactRational(a), exact_b = ExactRational(b);
  if (exact_a && exact_b) return *exact_a == *exact_b ? Verdict::kSame : Verdict::kDifferent;
  const std::vector<std::string> names = AllSymbols(a, b);
  if (names.size() > 24) return Verdict::kUnknown;
  const long literal = LiteralBits(a) + LiteralBits(b);
  // Beyond this a difference can still be proved, agreement is not trusted.
  const bool too_fine = literal > kMaxPrecision;
  const long precision = kPrecision + (too_fine ? 0 : 2 * literal);
  const bool integers = !names.empty() && (WantsIntegers(a) || WantsIntegers(b));
  int real = 0, complex_agree = 0, complex_differ = 0, one_real = 0;
  for (int trial = 0; trial < (names.empty() ? 1 : kTrials); ++trial) {
    const Outcome outcome = CompareAt(a, b, MakePoint(names, trial, integers), names.empty() ? precision : precision / 2, budget);
    if (budget.exhausted()) return Verdict::kUnknown;
    if (outcome.kind == Outcome::kSkip) continue;
    if (outcome.kind == Outcome::kOneReal) {
      ++one_real;
      continue;
    }
    if (outcome.kind == Outcome::kAgree && too_fine) return Verdict::kUnknown;
    if (outcome.kind == Outcome::kAgree && trial == 0 && (HasExtremePart(a, precision - 64, budget) || HasExtremePart(b, precision - 64, budget))) {
      return Verdict::kUnknown;
    }
    if (names.empty()) return outcome.kind == Outcome::kAgree ? Verdict::kSame : Verdict::kDifferent;
    if (outcome.kind == Outcome::kDiffer) {
      if (outcome.real) return Verdict::kDifferent;
      if (++complex_differ >= 3 && real == 0) return Verdict::kDifferent;
    } else if (outcome.real) {
      ++real;
    } else {
      ++complex_agree;
    }
    // Both signs must have had their turn (trials 2 and 4 are negative).
    if (trial >= 4 && real >= kEnough) return Verdict::kSame;
  }
  if (real >= 2) return Verdict::kSame;
  if (complex_differ > 0) return Verdict::kDifferent;
  if (real + complex_agree >= 2) return Verdict::kSame;
  // Never were both real.
  if (real + complex_agree == 0 && one_real >= kEnough) return Verdict::kDifferent;
  return Verdict::kUnknown;
}

bool HasModestValue(Ref node, StepBudget& budget) {
  const bool scalar = node->kind < Kind::kRelation;
  // Sums, products and integrals are not worked out.
  if (node->kind == Kind::kFunction && (node->name == "sum" || node->name == "prod" || node->name == "int" || node->name == "oint")) return false;
  if (scalar && Symbols(node).empty()) {
    Ball value;
    return Evaluate(node, {}, kFirstPrecision, budget, value) && !HasExtremePart(node, kMaxPrecision, budget);
  }
  return std::all_of(node->kids.begin(), node->kids.end(), [&](Ref kid) { return HasModestValue(kid, budget); });
}

Verdict Within(Ref a, Ref b, const Rational& bound, StepBudget& budget) {
  Ball x, y, z;
  const Point none;
  const long precision = kPrecision + 2 * std::min<long>(LiteralBits(a) + LiteralBits(b), kMaxPrecision);
  if (!Evaluate(a, none, precision, budget, x) || !Evaluate(b, none, precision, budget, y)) return Verdict::kUnknown;
  if (!x.MaybeReal() || !y.MaybeReal()) return Verdict::kDifferent;
  acb_sub(z.get(), x.get(), y.get(), precision);
  arb_t distance, limit;
  arb_init(distance);
  arb_init(limit);
  arb_abs(distance, acb_realref(z.get()));
  arb_set_fmpq(limit, bound.get(), precision);
  const bool within = !arb_gt(distance, limit);
  arb_clear(distance);
  arb_clear(limit);
  return within ? Verdict::kSame : Verdict::kDifferent;
}

int SignOf(Ref node, StepBudget& budget) {
  if (const auto exact = ExactRational(node)) return exact->sign();
  Ball x;
  if (!Evaluate(node, {}, kPrecision, budget, x) || !x.MaybeReal()) return 2;
  if (arb_is_positive(acb_realref(x.get()))) return 1;
  if (arb_is_negative(acb_realref(x.get()))) return -1;
  return Tiny(x, 160) ? 0 : 2;
}

bool Approximate(Ref node, StepBudget& budget, double& out) {
  Ball x;
  if (!Evaluate(node, {}, kFirstPrecision, budget, x) || !x.MaybeReal()) return false;
  out = arf_get_d(arb_midref(acb_realref(x.get())), ARF_RND_NEAR);
  return true;
}

Verdict Proportional(Ref a, Ref b, bool positive, StepBudget& budget) {
  const std::vector<std::string> names = AllSymbols(a, b);
  if (names.empty() || names.size() > 24) return Verdict::kUnknown;
  Ball first;
  int seen = 0;
  for (int trial = 0; trial < kTrials && seen < kEnough + 1; ++trial) {
    Ball x, y;
    const Point point = MakePoint(names, trial, false);
    if (!Evaluate(a, point, kPrecision, budget, x) || !Evaluate(b, point, kPrecision, budget, y)) {
      if (budget.exhausted()) return Verdict::kUnknown;
      continue;
    }
    const bool x_zero = acb_contains_zero(x.get()), y_zero = acb_contains_zero(y.get());
    if (x_zero != y_zero) return Verdict::kDifferent;
    if (x_zero) continue;
    acb_div(x.get(), x.get(), y.get(), kPrecision);
    if (positive && !arb_is_positive(acb_realref(x.get()))) return Verdict::kDifferent;
    if (seen++ == 0)
      first = x;
    else if (!acb_overlaps(first.get(), x.get()))
      return Verdict::kDifferent;
  }
  return seen > kEnough ? Verdict::kSame : Verdict::kUnknown;
}

Ref Substitute(Ref node, std::string_view from, Ref to, Arena& arena) {
  if (node->kind == Kind::kSymbol) return node->name == from ? to : node;
  if (node->kids.empty()) return node;
  std::vector<Ref> kids;
  bool changed = false;
  for (Ref kid : node->kids) {
    kids.push_back(Substitute(kid, from, to, arena));
    changed |= kids.back() != kid;
  }
  if (!changed) return node;
  Node& copy = arena.Make(node->kind);
  copy = *node;
  copy.kids = std::move(kids);
  return &copy;
}

}  // namespace rlar::math
