#include "text/python_random.h"

#include <bit>
#include <cmath>

namespace rlar {

// init_by_array of the Mersenne Twister with the seed as the only key.
PythonRandom::PythonRandom(std::uint32_t seed) {
  state_[0] = 19650218u;
  for (std::uint32_t i = 1; i < 624; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
  std::size_t i = 1;
  for (int k = 0; k < 624; ++k) {
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1664525u)) + seed;
    if (++i == 624) {
      state_[0] = state_[623];
      i = 1;
    }
  }
  for (int k = 0; k < 623; ++k) {
    state_[i] = (state_[i] ^ ((state_[i - 1] ^ (state_[i - 1] >> 30)) * 1566083941u)) - static_cast<std::uint32_t>(i);
    if (++i == 624) {
      state_[0] = state_[623];
      i = 1;
    }
  }
  state_[0] = 0x80000000u;
  Twist();  // here, so that a copy of a fresh generator has it behind it
}

void PythonRandom::Twist() {
  const auto step = [&](std::size_t i, std::size_t next, std::size_t far) {
    const std::uint32_t y = (state_[i] & 0x80000000u) | (state_[next] & 0x7FFFFFFFu);
    state_[i] = state_[far] ^ (y >> 1) ^ (y & 1 ? 0x9908B0DFu : 0u);
  };
  for (std::size_t i = 0; i < 227; ++i) step(i, i + 1, i + 397);
  for (std::size_t i = 227; i < 623; ++i) step(i, i + 1, i - 227);
  step(623, 0, 396);
  index_ = 0;
}

std::uint32_t PythonRandom::Next() {
  if (index_ == 624) Twist();
  std::uint32_t y = state_[index_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9D2C5680u;
  y ^= (y << 15) & 0xEFC60000u;
  return y ^ (y >> 18);
}

double PythonRandom::Uniform() {
  const std::uint32_t a = Next() >> 5, b = Next() >> 6;
  return (a * 67108864.0 + b) * (1.0 / 9007199254740992.0);
}

double PythonRandom::Gauss() {
  if (have_other_half_) {
    have_other_half_ = false;
    return other_half_;
  }
  const double angle = Uniform() * (2 * M_PI);
  const double radius = std::sqrt(-2.0 * std::log(1.0 - Uniform()));
  other_half_ = std::sin(angle) * radius;
  have_other_half_ = true;
  return std::cos(angle) * radius;
}

std::uint32_t PythonRandom::Below(std::uint32_t n) {
  const int bits = std::bit_width(n);
  std::uint32_t value = Next() >> (32 - bits);
  while (value >= n) value = Next() >> (32 - bits);
  return value;
}

}  // namespace rlar
