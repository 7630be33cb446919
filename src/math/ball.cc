#include "math/ball.h"

#include <acb_hypgeom.h>

#include <algorithm>

namespace rlar::math {
namespace {

class Evaluator {
 public:
  Evaluator(const Point& point, long precision, StepBudget& budget) : point_(point), p_(precision), budget_(budget) {}

  bool Run(Ref node, Ball& out) {
    if (!budget_.Spend(4 + p_ / 64)) return false;
    if (!Value(node, out)) return false;
    return out.finite();
  }

 private:
  bool Value(Ref node, Ball& out) {
    switch (node->kind) {
      case Kind::kNumber: return SetRational(node->value, out);
      case Kind::kSymbol: return Symbol(node->name, out);
      case Kind::kConstant: return Constant(node->name, out);
      case Kind::kAdd: return Fold(node, out, &acb_add);
      case Kind::kMul: return Fold(node, out, &acb_mul);
      case Kind::kDiv: return Divide(node, out);
      case Kind::kPow: return Power(node, out);
      case Kind::kNeg:
        if (!Run(node->kids[0], out)) return false;
        acb_neg(out.get(), out.get());
        return true;
      case Kind::kFunction: return Function(node, out);
      case Kind::kFactorial: return Run(node->kids[0], out) && Gamma(out, 1);
      case Kind::kPercent:
        if (!Run(node->kids[0], out)) return false;
        acb_div_ui(out.get(), out.get(), 100, p_);
        return true;
      case Kind::kDegree: return Degree(node, out);
      case Kind::kBased: return Based(node, out);
      case Kind::kRatio: return node->kids.size() == 2 && Divide(node, out);
      default: return false;
    }
  }

  bool SetRational(const Rational& value, Ball& out) {
    acb_zero(out.get());
    arb_set_fmpq(acb_realref(out.get()), value.get(), p_);
    return true;
  }

  bool Symbol(const std::string& name, Ball& out) {
    const auto hit = std::find_if(point_.begin(), point_.end(), [&](const auto& entry) { return entry.first == name; });
    return hit != point_.end() && SetRational(hit->second, out);
  }

  bool Constant(const std::string& name, Ball& out) {
    acb_zero(out.get());
    if (name == "pi")
      acb_const_pi(out.get(), p_);
    else if (name == "e")
      arb_const_e(acb_realref(out.get()), p_);
    else if (name == "i")
      acb_onei(out.get());
    else
      return false;
    return true;
  }

  template <class F>
  bool Fold(Ref node, Ball& out, F f) {
    if (!Run(node->kids[0], out)) return false;
    for (std::size_t i = 1; i < node->kids.size(); ++i) {
      Ball next;
      if (!Run(node->kids[i], next)) return false;
      f(out.get(), out.get(), next.get(), p_);
    }
    return true;
  }

  bool Divide(Ref node, Ball& out) {
    Ball below;
    if (!Run(node->kids[0], out) || !Run(node->kids[1], below)) return false;
    acb_div(out.get(), out.get(), below.get(), p_);
    return true;
  }

  // Costly functions take their share of the budget; arguments too large to reduce are refused.
  bool Transcendental(const Ball& argument, long max_bits) {
    if (!budget_.Spend(100 + p_ * p_ / 2'048)) return false;
    mag_t size;
    mag_init(size);
    acb_get_mag(size, argument.get());
    const bool fits = mag_cmp_2exp_si(size, max_bits) < 0;
    mag_clear(size);
    return fits;
  }

  bool Power(Ref node, Ball& out) {
    Ref base = node->kids[0], exponent = node->kids[1];
    if (const auto exact = ExactRational(exponent, 256)) return RationalPower(base, *exact, out);
    Ball power;
    if (!Run(exponent, power)) return false;
    if (!Transcendental(power, 64)) return false;
    if (base->kind == Kind::kConstant && base->name == "e") {
      acb_exp(out.get(), power.get(), p_);
      return true;
    }
    if (!Run(base, out)) return false;
    if (acb_is_int(power.get())) {
      arf_srcptr middle = arb_midref(acb_realref(power.get()));
      fmpz_t whole;
      fmpz_init(whole);
      arf_get_fmpz(whole, middle, ARF_RND_NEAR);
      acb_pow_fmpz(out.get(), out.get(), whole, p_);
      fmpz_clear(whole);
      return true;
    }
    if (acb_is_zero(out.get())) return arb_is_positive(acb_realref(power.get()));
    acb_pow(out.get(), out.get(), power.get(), p_);
    return true;
  }

  bool RationalPower(Ref base, const Rational& exponent, Ball& out) {
    if (!Run(base, out)) return false;
    const long bits = static_cast<long>(exponent.bits());
    if (!budget_.Spend(bits * (2 + p_ / 64))) return false;
    if (exponent.is_integer()) {
      if (acb_is_zero(out.get()) && exponent.sign() <= 0) return false;
      acb_pow_fmpz(out.get(), out.get(), fmpq_numref(exponent.get()), p_);
      return true;
    }
    return Root(out, exponent);
  }

  // z^(p/q): the real root where z is real and q odd.
  bool Root(Ball& z, const Rational& exponent) {
    if (acb_is_zero(z.get())) return exponent.sign() > 0;
    const bool odd = fmpz_is_odd(fmpq_denref(exponent.get()));
    const bool negative = acb_is_real(z.get()) && arb_is_negative(acb_realref(z.get()));
    if (!Transcendental(z, 100'000)) return false;
    if (odd && negative) acb_neg(z.get(), z.get());
    const bool flip = odd && negative && fmpz_is_odd(fmpq_numref(exponent.get()));
    if (fmpz_cmp_si(fmpq_denref(exponent.get()), 2) == 0) {
      acb_sqrt(z.get(), z.get(), p_);
      acb_pow_fmpz(z.get(), z.get(), fmpq_numref(exponent.get()), p_);
    } else {
      Ball power;
      SetRational(exponent, power);
      acb_pow(z.get(), z.get(), power.get(), p_);
    }
    if (flip) acb_neg(z.get(), z.get());
    return true;
  }

  bool Gamma(Ball& z, long shift) {
    if (!Transcendental(z, 200)) return false;
    if (!budget_.Spend(p_ * 4)) return false;
    acb_add_si(z.get(), z.get(), shift, p_);
    acb_gamma(z.get(), z.get(), p_);
    return true;
  }

  bool Degree(Ref node, Ball& out) {
    if (!Run(node->kids[0], out)) return false;
    Ball pi;
    acb_const_pi(pi.get(), p_);
    acb_mul(out.get(), out.get(), pi.get(), p_);
    acb_div_ui(out.get(), out.get(), 180, p_);
    return true;
  }

  bool Based(Ref node, Ball& out) {
    const auto base = node->kids[0]->value.ToInt();
    if (!base || *base > 36) return false;
    const auto value = Rational::FromBase(node->name, static_cast<int>(*base));
    return value && SetRational(*value, out);
  }

  bool Function(Ref node, Ball& out) {
    const std::string& name = node->name;
    if (name == "binom") return Binomial(node, out);
    if (name == "call") return Call(node, out);
    if (name == "min" || name == "max") return Extreme(node, name == "max", out);
    if (node->kids.empty() || !Run(node->kids[0], out)) return false;
    acb_ptr z = out.get();
    if (node->kids.size() == 2) {
      if (name == "log") {
        Ball base;
        if (!Run(node->kids[1], base) || !Transcendental(base, 100'000) || !Transcendental(out, 100'000)) return false;
        acb_log(z, z, p_);
        acb_log(base.get(), base.get(), p_);
        acb_div(z, z, base.get(), p_);
        return true;
      }
      if (name == "root") {
        const auto index = ExactRational(node->kids[1], 64);
        return index && !index->is_zero() && Root(out, Rational(1) / *index);
      }
      return false;
    }
    if (node->kids.size() != 1) return false;
    if (name == "sqrt") return Root(out, Rational(1) / Rational(2));
    if (name == "abs") {
      acb_abs(acb_realref(z), z, p_);
      arb_zero(acb_imagref(z));
      return true;
    }
    if (name == "floor" || name == "ceil") {
      if (!acb_is_real(z)) return false;
      (name == "floor" ? arb_floor : arb_ceil)(acb_realref(z), acb_realref(z), p_);
      return true;
    }
    if (name == "sgn") {
      arb_sgn(acb_realref(z), acb_realref(z));
      return acb_is_real(z);
    }
    if (name == "log") {
      if (!Transcendental(out, 100'000)) return false;
      acb_log(z, z, p_);
      return true;
    }
    if (name == "Gamma") return Gamma(out, 0);
    return Elementary(name, out);
  }

  bool Elementary(const std::string& name, Ball& out) {
    using F = void (*)(acb_t, const acb_t, slong);
    struct Entry {
      std::string_view name;
      F f;
    };
    static constexpr Entry kEntries[] = {{"sin", acb_sin},       {"cos", acb_cos},       {"tan", acb_tan},      {"cot", acb_cot},     {"sec", acb_sec},
                                         {"csc", acb_csc},       {"sinh", acb_sinh},     {"cosh", acb_cosh},    {"tanh", acb_tanh},   {"coth", acb_coth},
                                         {"sech", acb_sech},     {"csch", acb_csch},     {"arcsin", acb_asin},  {"arccos", acb_acos}, {"arctan", acb_atan},
                                         {"arcsinh", acb_asinh}, {"arccosh", acb_acosh}, {"arctanh", acb_atanh}};
    if (!Transcendental(out, 64)) return false;
    for (const Entry& entry : kEntries) {
      if (entry.name != name) continue;
      entry.f(out.get(), out.get(), p_);
      return true;
    }
    if (name == "arccot") {
      Ball right_angle;
      acb_atan(out.get(), out.get(), p_);
      acb_const_pi(right_angle.get(), p_);
      acb_mul_2exp_si(right_angle.get(), right_angle.get(), -1);
      acb_sub(out.get(), right_angle.get(), out.get(), p_);
      return true;
    }
    return false;
  }

  bool Binomial(Ref node, Ball& out) {
    Ball k, rest;
    if (node->kids.size() != 2 || !Run(node->kids[0], out) || !Run(node->kids[1], k)) return false;
    acb_sub(rest.get(), out.get(), k.get(), p_);
    if (!Gamma(out, 1) || !Gamma(k, 1) || !Gamma(rest, 1)) return false;
    acb_mul(k.get(), k.get(), rest.get(), p_);
    acb_div(out.get(), out.get(), k.get(), p_);
    return true;
  }

  // "a(x-y)" reads as a product; equal on both sides, it does for an unknown function too.
  bool Call(Ref node, Ball& out) {
    Ball argument;
    if (node->kids.size() != 2 || !Run(node->kids[0], out) || !Run(node->kids[1], argument)) return false;
    acb_mul(out.get(), out.get(), argument.get(), p_);
    return true;
  }

  bool Extreme(Ref node, bool largest, Ball& out) {
    if (node->kids.empty() || !Run(node->kids[0], out) || !acb_is_real(out.get())) return false;
    for (std::size_t i = 1; i < node->kids.size(); ++i) {
      Ball next;
      if (!Run(node->kids[i], next) || !acb_is_real(next.get())) return false;
      (largest ? arb_max : arb_min)(acb_realref(out.get()), acb_realref(out.get()), acb_realref(next.get()), p_);
    }
    return true;
  }

  const Point& point_;
  long p_;
  StepBudget& budget_;
};

}  // namespace

bool Ball::MaybeReal() const {
  if (arb_is_zero(acb_imagref(z_))) return true;
  return arb_contains_zero(acb_imagref(z_)) && mag_cmp_2exp_si(arb_radref(acb_imagref(z_)), -20) < 0;
}

bool Evaluate(Ref node, const Point& point, long precision, StepBudget& budget, Ball& out) { return Evaluator(point, precision, budget).Run(node, out); }

std::optional<Rational> ExactRational(Ref node, std::size_t max_bits) {
  const auto bounded = [&](Rational value) -> std::optional<Rational> {
    if (value.bits() > max_bits) return std::nullopt;
    return value;
  };
  switch (node->kind) {
    case Kind::kNumber: return bounded(node->value);
    case Kind::kNeg: {
      auto inner = ExactRational(node->kids[0], max_bits);
      if (inner) *inner = -*inner;
      return inner;
    }
    case Kind::kPercent: {
      auto inner = ExactRational(node->kids[0], max_bits);
      if (inner) *inner = *inner / Rational(100);
      return inner;
    }
    case Kind::kAdd:
    case Kind::kMul:
    case Kind::kDiv: {
      auto value = ExactRational(node->kids[0], max_bits);
      for (std::size_t i = 1; value && i < node->kids.size(); ++i) {
        const auto next = ExactRational(node->kids[i], max_bits);
        if (!next || (node->kind == Kind::kDiv && next->is_zero())) return std::nullopt;
        value = bounded(node->kind == Kind::kAdd ? *value + *next : node->kind == Kind::kMul ? *value * *next : *value / *next);
      }
      return value;
    }
    case Kind::kPow: {
      const auto base = ExactRational(node->kids[0], max_bits);
      if (!base) return std::nullopt;
      const auto exponent = ExactRational(node->kids[1], 64);
      const auto power = exponent ? exponent->ToInt() : std::nullopt;
      if (!power || *power > 100'000 || *power < -100'000 || (base->is_zero() && *power <= 0)) return std::nullopt;
      // Sizes are estimated before anything is computed.
      if (base->bits() * static_cast<std::size_t>(std::abs(*power)) > max_bits) return std::nullopt;
      return base->Pow(*power);
    }
    default: return std::nullopt;
  }
}

long LiteralBits(Ref node) {
  long bits = node->kind == Kind::kNumber ? static_cast<long>(node->value.bits()) : 0;
  for (Ref kid : node->kids) bits += LiteralBits(kid);
  return bits;
}

}  // namespace rlar::math
