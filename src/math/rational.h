// Rational: an exact rational number of bounded size. A thin owner of a FLINT fmpq.
//
// Values may be built on one thread and read or freed on another. Operations never allocate more than their operands' sizes
// call for; callers bound sizes before computing (bits()).
#pragma once

#include <flint/fmpq.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rlar::math {

// Digits a literal may have, exponent included; longer ones are refused, not computed.
inline constexpr std::size_t kMaxDigits = 8'000;

class Rational {
 public:
  Rational() { fmpq_init(value_); }
  Rational(std::int64_t numerator) : Rational() { fmpq_set_si(value_, numerator, 1); }  // NOLINT: implicit by design
  Rational(const Rational& other) : Rational() { fmpq_set(value_, other.value_); }
  Rational(Rational&& other) noexcept : Rational() { fmpq_swap(value_, other.value_); }
  Rational& operator=(Rational other) noexcept {
    fmpq_swap(value_, other.value_);
    return *this;
  }
  ~Rational() { fmpq_clear(value_); }

  // digits · base^0 / 10^decimals · 10^exponent from ASCII digits. nullopt beyond kMaxDigits.
  static std::optional<Rational> FromDecimal(std::string_view digits, std::int64_t exponent10);
  static std::optional<Rational> FromBase(std::string_view digits, int base);

  const fmpq* get() const { return value_; }
  fmpq* get() { return value_; }
  bool is_zero() const { return fmpq_is_zero(value_); }
  bool is_integer() const { return fmpz_is_one(fmpq_denref(value_)); }
  int sign() const { return fmpq_sgn(value_); }
  // Bits of the larger of numerator and denominator.
  std::size_t bits() const;
  // The value if it is an integer that fits.
  std::optional<std::int64_t> ToInt() const;
  double ToDouble() const { return fmpq_get_d(value_); }
  std::string ToString() const;

  friend Rational operator+(const Rational& a, const Rational& b) { return Apply(&fmpq_add, a, b); }
  friend Rational operator-(const Rational& a, const Rational& b) { return Apply(&fmpq_sub, a, b); }
  friend Rational operator*(const Rational& a, const Rational& b) { return Apply(&fmpq_mul, a, b); }
  // Precondition: b is not zero.
  friend Rational operator/(const Rational& a, const Rational& b) { return Apply(&fmpq_div, a, b); }
  Rational operator-() const {
    Rational out(*this);
    fmpq_neg(out.value_, out.value_);
    return out;
  }
  Rational Abs() const { return sign() < 0 ? -*this : *this; }
  // this^exponent. Precondition: the caller has bounded bits() · |exponent|; this is not zero where exponent < 0.
  Rational Pow(std::int64_t exponent) const;
  static Rational Pow10(std::int64_t exponent) { return Rational(10).Pow(exponent); }

  friend bool operator==(const Rational& a, const Rational& b) { return fmpq_equal(a.value_, b.value_); }
  friend bool operator<(const Rational& a, const Rational& b) { return fmpq_cmp(a.value_, b.value_) < 0; }
  friend bool operator<=(const Rational& a, const Rational& b) { return fmpq_cmp(a.value_, b.value_) <= 0; }

 private:
  template <class F>
  static Rational Apply(F f, const Rational& a, const Rational& b) {
    Rational out;
    f(out.value_, a.value_, b.value_);
    return out;
  }
  fmpq_t value_;
};

// Gives FLINT's per-thread caches back when the calling thread ends. Called at the entry of every verifier that uses FLINT.
void UseFlintOnThisThread();

}  // namespace rlar::math
