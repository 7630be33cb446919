#include "jsonschema/number.h"

#include <gmp.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

namespace rlar::jsonschema {
namespace {

// Exponents up to this are computed with exactly.
constexpr long kMostDigits = 2000;

struct Decimal {
  bool negative = false;
  std::string digits;  // without leading and trailing zeros; empty for 0
  long exponent = 0;   // value = digits · 10^exponent
};

Decimal Parse(std::string_view text) {
  Decimal out;
  if (text.starts_with('-')) {
    out.negative = true;
    text.remove_prefix(1);
  }
  bool fraction = false;
  std::size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') {
      fraction = true;
      continue;
    }
    out.digits += text[i];
    out.exponent -= fraction;
  }
  if (i < text.size()) {
    const std::string power(text.substr(i + 1, 12));
    out.exponent += std::strtol(power.c_str() + (power[0] == '+'), nullptr, 10);
  }
  while (!out.digits.empty() && out.digits.back() == '0') {
    out.digits.pop_back();
    ++out.exponent;
  }
  out.digits.erase(0, std::min(out.digits.find_first_not_of('0'), out.digits.size()));
  if (out.digits.empty()) out = {};
  return out;
}

int CompareMagnitude(const Decimal& a, const Decimal& b) {
  if (a.digits.empty() || b.digits.empty()) return static_cast<int>(!a.digits.empty()) - static_cast<int>(!b.digits.empty());
  const long top_a = static_cast<long>(a.digits.size()) + a.exponent, top_b = static_cast<long>(b.digits.size()) + b.exponent;
  if (top_a != top_b) return top_a < top_b ? -1 : 1;
  return a.digits.compare(b.digits);
}

class Integer {
 public:
  explicit Integer(const Decimal& d, long shift) {
    mpz_init_set_str(value_, (d.digits.empty() ? std::string("0") : d.digits + std::string(static_cast<std::size_t>(shift), '0')).c_str(), 10);
  }
  ~Integer() { mpz_clear(value_); }
  Integer(const Integer&) = delete;
  Integer& operator=(const Integer&) = delete;
  bool DivisibleBy(const Integer& other) const { return mpz_divisible_p(value_, other.value_) != 0; }

 private:
  mpz_t value_;
};

bool IsSmallInteger(const std::string& text) { return text.size() <= 15 && text.find_first_not_of("-0123456789") == text.npos; }

}  // namespace

int CompareNumbers(const Json& a, const Json& b) {
  const double x = a.number(), y = b.number();
  if (x != y) return x < y ? -1 : 1;
  const std::string &s = a.number_text(), &t = b.number_text();
  if (s.size() <= 15 && t.size() <= 15) return 0;  // doubles tell 15 digits apart
  const Decimal p = Parse(s), q = Parse(t);
  if (p.negative != q.negative) return p.negative ? -1 : 1;
  const int order = CompareMagnitude(p, q);
  return p.negative ? -order : order;
}

bool IsWhole(const Json& number) {
  const std::string& text = number.number_text();
  if (text.find_first_of(".eE") == text.npos) return true;
  return Parse(text).exponent >= 0;
}

bool IsMultiple(const Json& value, const Json& step) {
  const std::string &s = value.number_text(), &t = step.number_text();
  if (IsSmallInteger(s) && IsSmallInteger(t)) return std::atoll(s.c_str()) % std::atoll(t.c_str()) == 0;
  const Decimal p = Parse(s), q = Parse(t);
  const long least = std::min(p.exponent, q.exponent);
  if (p.exponent - least > kMostDigits || q.exponent - least > kMostDigits || s.size() > kMostDigits) {
    return std::fmod(value.number(), step.number()) == 0;
  }
  return Integer(p, p.exponent - least).DivisibleBy(Integer(q, q.exponent - least));
}

bool SameValue(const Json& a, const Json& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Json::Kind::kNull: return true;
    case Json::Kind::kBool: return a.boolean() == b.boolean();
    case Json::Kind::kNumber: return CompareNumbers(a, b) == 0;
    case Json::Kind::kString: return a.string() == b.string();
    case Json::Kind::kArray: return a.array().size() == b.array().size() && std::equal(a.array().begin(), a.array().end(), b.array().begin(), SameValue);
    case Json::Kind::kObject:
      return a.object().size() == b.object().size() && std::all_of(a.object().begin(), a.object().end(), [&](const Json::Member& member) {
               const Json* other = b.Find(member.first);
               return other != nullptr && SameValue(member.second, *other);
             });
  }
  return false;
}

}  // namespace rlar::jsonschema
