// Units of measurement: what a unit's name means, as a dimension and an exact factor to that dimension's base.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "math/rational.h"

namespace rlar::math {

struct Unit {
  enum Axis { kLength, kMass, kTime, kTemperature, kCurrent, kAmount, kCurrency, kAngle, kInformation, kAxes };
  std::array<std::int8_t, kAxes> dimension{};
  Rational factor = 1;
  Rational offset = 0;   // value_in_base = value · factor + offset (temperatures)
  std::string currency;  // "usd", …: different currencies never convert

  bool SameKind(const Unit& other) const { return dimension == other.dimension && currency == other.currency; }
};

// Reads "cm", "km/h", "square meters", "m^2", "dollars", "$", "kWh", "metres per second", "ft", "°C" …; nullopt for words that
// name no unit (goats). Case counts where it must (mW is not MW).
std::optional<Unit> ParseUnit(std::string_view text);

}  // namespace rlar::math
