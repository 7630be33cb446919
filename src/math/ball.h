// Rigorous evaluation: an expression's value at a point as a complex ball that is certain to hold it (Arb).
#pragma once

#include <acb.h>

#include <string>
#include <utility>
#include <vector>

#include "math/tree.h"
#include "rlar/verifier.h"

namespace rlar::math {

class Ball {
 public:
  Ball() { acb_init(z_); }
  Ball(const Ball& other) : Ball() { acb_set(z_, other.z_); }
  Ball(Ball&& other) noexcept : Ball() { acb_swap(z_, other.z_); }
  Ball& operator=(Ball other) noexcept {
    acb_swap(z_, other.z_);
    return *this;
  }
  ~Ball() { acb_clear(z_); }
  acb_ptr get() { return z_; }
  acb_srcptr get() const { return z_; }
  bool finite() const { return acb_is_finite(z_); }
  // The imaginary part may be zero, and cannot be far from it.
  bool MaybeReal() const;

 private:
  acb_t z_;
};

// Values of symbols by name.
using Point = std::vector<std::pair<std::string, Rational>>;

// Evaluates `node` with `precision` bits. False where it has no finite value here (a pole, infinity, words, too large an
// argument) or the budget is used up. Symbols that are missing in `point` have none.
bool Evaluate(Ref node, const Point& point, long precision, StepBudget& budget, Ball& out);

// The value where it is a rational number of at most `max_bits` bits reached by + - * / and integer powers.
std::optional<Rational> ExactRational(Ref node, std::size_t max_bits = 8'192);

// Digits and exponents of the literals: how far apart magnitudes may be that must not be lost.
long LiteralBits(Ref node);

}  // namespace rlar::math
