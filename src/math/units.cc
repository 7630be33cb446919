#include "math/units.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <vector>

#include "base/text.h"

namespace rlar::math {
namespace {

using Dim = std::array<std::int8_t, Unit::kAxes>;

struct Entry {
  std::string_view names;  // "|"-separated; a name with an upper-case letter is matched exactly
  Dim dimension;
  std::int64_t numerator;
  std::int64_t denominator;
  bool prefixes;  // takes SI prefixes
};

constexpr Dim D(int length, int mass = 0, int time = 0, int temperature = 0, int current = 0, int amount = 0, int currency = 0, int angle = 0,
                int information = 0) {
  return {static_cast<std::int8_t>(length),      static_cast<std::int8_t>(mass),    static_cast<std::int8_t>(time),
          static_cast<std::int8_t>(temperature), static_cast<std::int8_t>(current), static_cast<std::int8_t>(amount),
          static_cast<std::int8_t>(currency),    static_cast<std::int8_t>(angle),   static_cast<std::int8_t>(information)};
}

// Base: metre, kilogram, second, kelvin, ampere, mole, degree of arc, bit.
constexpr Entry kUnits[] = {
    {"m|meter|meters|metre|metres|米", D(1), 1, 1, true},
    {"inch|inches|in", D(1), 254, 10'000, false},
    {"ft|foot|feet", D(1), 3'048, 10'000, false},
    {"yd|yard|yards|yds", D(1), 9'144, 10'000, false},
    {"mi|mile|miles", D(1), 1'609'344, 1'000, false},
    {"nm", D(1), 1, 1'000'000'000, false},
    {"g|gram|grams|gramme|grammes|克", D(0, 1), 1, 1'000, true},
    {"t|ton|tons|tonne|tonnes|吨", D(0, 1), 1'000, 1, false},
    {"lb|lbs|pound|pounds", D(0, 1), 45'359'237, 100'000'000, false},
    {"oz|ounce|ounces", D(0, 1), 45'359'237, 1'600'000'000, false},
    {"s|sec|secs|second|seconds|秒", D(0, 0, 1), 1, 1, true},
    {"min|mins|minute|minutes|分钟", D(0, 0, 1), 60, 1, false},
    {"h|hr|hrs|hour|hours|小时", D(0, 0, 1), 3'600, 1, false},
    {"day|days|天", D(0, 0, 1), 86'400, 1, false},
    {"week|weeks|周", D(0, 0, 1), 604'800, 1, false},
    {"K|kelvin|kelvins", D(0, 0, 0, 1), 1, 1, true},
    {"A|amp|amps|ampere|amperes", D(0, 0, 0, 0, 1), 1, 1, true},
    {"mol|mole|moles", D(0, 0, 0, 0, 0, 1), 1, 1, true},
    {"L|l|liter|liters|litre|litres|升", D(3), 1, 1'000, true},
    {"gal|gallon|gallons", D(3), 3'785'411'784, 1'000'000'000'000, false},
    {"ha|hectare|hectares", D(2), 10'000, 1, false},
    {"acre|acres", D(2), 40'468'564'224, 10'000'000, false},
    {"N|newton|newtons", D(1, 1, -2), 1, 1, true},
    {"J|joule|joules", D(2, 1, -2), 1, 1, true},
    {"cal|calorie|calories", D(2, 1, -2), 4'184, 1'000, true},
    {"eV", D(2, 1, -2), 1, 1, true},
    {"W|watt|watts", D(2, 1, -3), 1, 1, true},
    {"Pa|pascal|pascals", D(-1, 1, -2), 1, 1, true},
    {"bar|bars", D(-1, 1, -2), 100'000, 1, false},
    {"atm|atmosphere|atmospheres", D(-1, 1, -2), 101'325, 1, false},
    {"Hz|hertz", D(0, 0, -1), 1, 1, true},
    {"V|volt|volts", D(2, 1, -3, 0, -1), 1, 1, true},
    {"C|coulomb|coulombs", D(0, 0, 1, 0, 1), 1, 1, true},
    {"F|farad|farads", D(-2, -1, 4, 0, 2), 1, 1, true},
    {"Ω|ohm|ohms", D(2, 1, -3, 0, -2), 1, 1, true},
    {"T|tesla|teslas", D(0, 1, -2, 0, -1), 1, 1, true},
    {"deg|degree|degrees|°|度", D(0, 0, 0, 0, 0, 0, 0, 1), 1, 1, false},
    {"bit|bits", D(0, 0, 0, 0, 0, 0, 0, 0, 1), 1, 1, true},
    {"B|byte|bytes", D(0, 0, 0, 0, 0, 0, 0, 0, 1), 8, 1, true},
    {"mph", D(1, 0, -1), 1'609'344, 3'600'000, false},
    {"kph|kmph", D(1, 0, -1), 1'000, 3'600, false},
};

struct Prefix {
  std::string_view symbol, word;
  int exponent;
};
constexpr Prefix kPrefixes[] = {{"k", "kilo", 3},   {"c", "centi", -2}, {"m", "milli", -3}, {"M", "mega", 6},  {"G", "giga", 9},
                                {"μ", "micro", -6}, {"µ", "micro", -6}, {"n", "nano", -9},  {"d", "deci", -1}, {"T", "tera", 12},
                                {"p", "pico", -12}, {"h", "hecto", 2},  {"u", "micro", -6}};

struct Money {
  std::string_view names, code;
  std::int64_t denominator;
};
constexpr Money kMoney[] = {{"$|dollar|dollars|USD|usd|US$|美元", "usd", 1},
                            {"cent|cents|¢", "usd", 100},
                            {"€|euro|euros|EUR|eur", "eur", 1},
                            {"£|GBP|gbp|pound sterling", "gbp", 1},
                            {"¥|yuan|RMB|CNY|rmb|元", "cny", 1},
                            {"yen|JPY", "jpy", 1},
                            {"₹|rupee|rupees|INR|Rs", "inr", 1},
                            {"₽|ruble|rubles|RUB", "rub", 1}};

bool Named(std::string_view names, std::string_view text) {
  for (const std::string_view name : Split(names, '|')) {
    if (name == text) return true;
    // Words may start with a capital ("Hours"); symbols may not change case.
    if (name.size() > 3 && name.size() == text.size() && StartsWithIgnoreCase(text, name)) return true;
  }
  return false;
}

std::optional<Unit> Simple(std::string_view text) {
  Unit unit;
  for (const Money& money : kMoney) {
    if (!Named(money.names, text)) continue;
    unit.dimension[Unit::kCurrency] = 1;
    unit.currency = money.code;
    unit.factor = Rational(1) / Rational(money.denominator);
    return unit;
  }
  if (text == "°C" || text == "℃" || text == "celsius" || text == "Celsius") {
    unit.dimension[Unit::kTemperature] = 1;
    unit.offset = Rational(27'315) / Rational(100);
    return unit;
  }
  if (text == "°F" || text == "℉" || text == "fahrenheit" || text == "Fahrenheit") {
    unit.dimension[Unit::kTemperature] = 1;
    unit.factor = Rational(5) / Rational(9);
    unit.offset = Rational(45'967) / Rational(180);
    return unit;
  }
  const auto find = [&](std::string_view name, bool prefixed) -> const Entry* {
    for (const Entry& entry : kUnits) {
      if ((!prefixed || entry.prefixes) && Named(entry.names, name)) return &entry;
    }
    return nullptr;
  };
  const auto make = [&](const Entry& entry, int exponent) {
    unit.dimension = entry.dimension;
    unit.factor = Rational(entry.numerator) / Rational(entry.denominator) * Rational::Pow10(exponent);
    return unit;
  };
  if (const Entry* entry = find(text, false)) return make(*entry, 0);
  for (const Prefix& prefix : kPrefixes) {
    for (const std::string_view head : {prefix.word, prefix.symbol}) {
      if (!text.starts_with(head) || text.size() == head.size()) continue;
      const std::string_view rest = text.substr(head.size());
      // "kmeters" is no unit: symbols go with symbols, words with words.
      if ((head == prefix.word) != (rest.size() > 3)) continue;
      if (const Entry* entry = find(rest, true)) return make(*entry, prefix.exponent);
    }
  }
  return std::nullopt;
}

void Multiply(Unit& into, const Unit& by, int power) {
  for (std::size_t i = 0; i < into.dimension.size(); ++i) {
    into.dimension[i] = static_cast<std::int8_t>(into.dimension[i] + by.dimension[i] * power);
  }
  into.factor = into.factor * by.factor.Pow(power);
  if (!by.currency.empty()) into.currency = by.currency;
}

struct Piece {
  std::string word;
  int power = 1;
};

// "km/h", "m s^-1", "square metres per second" as factors with powers.
bool Pieces(std::string_view text, std::vector<Piece>& out) {
  int sign = 1, next_power = 1;
  std::size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == ' ' || c == '*' || c == '.' || c == '{' || c == '}' || c == '\\' || c == '~') {
      ++i;
    } else if (c == '/') {
      sign = -1;
      ++i;
    } else if (c == '^') {
      ++i;
      int power_sign = 1;
      while (i < text.size() && (text[i] == '{' || text[i] == '-' || text[i] == ' ')) power_sign = text[i++] == '-' ? -1 : power_sign;
      if (i >= text.size() || !IsAsciiDigit(text[i]) || out.empty()) return false;
      out.back().power *= power_sign * (text[i++] - '0');
    } else if (IsAsciiDigit(c)) {
      if (out.empty() || (c != '2' && c != '3')) return false;
      out.back().power *= c - '0';
      ++i;
    } else {
      std::size_t end = i;
      while (end < text.size() && text[end] != ' ' && text[end] != '/' && text[end] != '^' && text[end] != '*' && text[end] != '.' && text[end] != '{' &&
             text[end] != '}' && text[end] != '\\' && text[end] != '~' && !IsAsciiDigit(text[end])) {
        ++end;
      }
      const std::string word(text.substr(i, end - i));
      i = end;
      const std::string lower = AsciiLower(word);
      if (lower == "per") {
        sign = -1;
      } else if (lower == "square" || lower == "sq") {
        next_power = 2;
      } else if (lower == "cubic" || lower == "cu") {
        next_power = 3;
      } else if ((lower == "squared" || lower == "cubed") && !out.empty()) {
        out.back().power *= lower == "squared" ? 2 : 3;
      } else {
        out.push_back({word, sign * next_power});
        next_power = 1;
      }
    }
    // Beyond these a dimension would not fit, and no answer is meant.
    if (out.size() > 6 || (!out.empty() && std::abs(out.back().power) > 6)) return false;
  }
  return !out.empty() && next_power == 1;
}

}  // namespace

std::optional<Unit> ParseUnit(std::string_view text) {
  text = Trim(text);
  if (text.empty() || text.size() > 60) return std::nullopt;
  if (auto unit = Simple(text)) return unit;
  std::vector<Piece> pieces;
  if (!Pieces(text, pieces)) return std::nullopt;
  Unit out;
  for (const Piece& piece : pieces) {
    const auto unit = Simple(piece.word);
    if (!unit || piece.power == 0 || piece.power > 4 || piece.power < -4) return std::nullopt;
    if (pieces.size() == 1 && piece.power == 1) return unit;
    Multiply(out, *unit, piece.power);
  }
  return out;
}

}  // namespace rlar::math
