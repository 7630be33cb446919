// Python's random.Random seeded with an integer: the parts that the port of langdetect draws from.
#pragma once

#include <array>
#include <cstdint>

namespace rlar {

class PythonRandom {
 public:
  explicit PythonRandom(std::uint32_t seed);
  // random(): 53 bits in [0, 1).
  double Uniform();
  // gauss(0, 1) of a fresh pair; every second call gives the other half of it.
  double Gauss();
  // randbelow(n). Precondition: n > 0.
  std::uint32_t Below(std::uint32_t n);

 private:
  std::uint32_t Next();
  void Twist();
  std::array<std::uint32_t, 624> state_;
  std::size_t index_ = 0;
  double other_half_ = 0;
  bool have_other_half_ = false;
};

}  // namespace rlar
