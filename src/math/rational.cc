#include "math/rational.h"

#include <flint/flint.h>

#include <algorithm>

namespace rlar::math {

std::optional<Rational> Rational::FromDecimal(std::string_view digits, std::int64_t exponent10) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  const std::int64_t limit = static_cast<std::int64_t>(kMaxDigits);
  if (digits.size() > kMaxDigits) return std::nullopt;
  Rational out;
  if (digits.size() <= 18) {
    std::int64_t small = 0;
    for (const char c : digits) small = small * 10 + (c - '0');
    fmpq_set_si(out.value_, small, 1);
  } else {
    fmpz_set_str(fmpq_numref(out.value_), std::string(digits).c_str(), 10);
  }
  if (out.is_zero()) return out;
  if (exponent10 > limit || exponent10 < -limit) return std::nullopt;
  if (exponent10 != 0) out = out * Pow10(exponent10);
  return out;
}

std::optional<Rational> Rational::FromBase(std::string_view digits, int base) {
  if (digits.empty() || digits.size() > kMaxDigits || base < 2 || base > 36) return std::nullopt;
  Rational out;
  if (fmpz_set_str(fmpq_numref(out.value_), std::string(digits).c_str(), base) != 0) return std::nullopt;
  return out;
}

std::size_t Rational::bits() const { return std::max(fmpz_bits(fmpq_numref(value_)), fmpz_bits(fmpq_denref(value_))); }

std::optional<std::int64_t> Rational::ToInt() const {
  if (!is_integer() || !fmpz_fits_si(fmpq_numref(value_))) return std::nullopt;
  return fmpz_get_si(fmpq_numref(value_));
}

std::string Rational::ToString() const {
  char* text = fmpq_get_str(nullptr, 10, value_);
  std::string out(text);
  flint_free(text);
  return out;
}

Rational Rational::Pow(std::int64_t exponent) const {
  Rational out;
  fmpq_pow_si(out.value_, value_, exponent);
  return out;
}

void UseFlintOnThisThread() {
  struct Cleaner {
    // Registered when a thread first computes, so it runs before the thread's FLINT caches would leak.
    Cleaner() {}
    ~Cleaner() { flint_cleanup(); }
  };
  static thread_local Cleaner cleaner;
  static_cast<void>(&cleaner);
}

}  // namespace rlar::math
