// number_equal: the response's number equals a reference's, exactly or within a tolerance.
#include <algorithm>

#include "base/text.h"
#include "math/number_text.h"
#include "rlar/verifier.h"
#include "text/extract.h"

namespace rlar::native {
namespace {

using math::NumberText;
using math::Rational;

enum class Units { kConvert, kIgnore, kRequire };

struct Rules {
  std::optional<Rational> absolute, relative;
  Units units = Units::kConvert;
  std::optional<math::Unit> assumed;  // what a number without a unit is in
};

// A JSON number's source text as an exact value.
std::optional<Rational> Exact(const Json& value) {
  const auto number = math::ParseNumberText(value.number_text());
  if (!number || number->value.sign() < 0) return std::nullopt;
  return number->value;
}

// Fills `rules` from the parameters; returns what is wrong with them, or nothing.
std::string ReadRules(const Params& params, Rules& rules) {
  const Json& tolerance = params["tolerance"];
  if (tolerance.is_number()) {
    rules.absolute = rules.relative = Exact(tolerance);
  } else if (tolerance.is_object()) {
    for (const auto& [key, value] : tolerance.object()) {
      if ((key != "abs" && key != "rel") || !value.is_number()) return "tolerance takes the numbers abs and rel, not '" + key + "'";
      (key == "abs" ? rules.absolute : rules.relative) = Exact(value);
    }
  } else if (!tolerance.is_null()) {
    return "tolerance must be a number or {\"abs\": …, \"rel\": …}";
  }
  if (!tolerance.is_null() && !rules.absolute && !rules.relative) return "tolerance must not be negative";
  const Json& units = params["units"];
  if (units.is_bool()) {
    rules.units = units.boolean() ? Units::kConvert : Units::kIgnore;
  } else if (units.is_string() && units.string() == "ignore") {
    rules.units = Units::kIgnore;
  } else if (units.is_string() && units.string() == "require") {
    rules.units = Units::kRequire;
  } else if (units.is_string() && units.string() != "convert") {
    rules.assumed = math::ParseUnit(units.string());
    if (!rules.assumed) return "units: '" + units.string() + "' is neither ignore, convert, require nor a unit we know";
  } else if (!units.is_null() && !units.is_string()) {
    return "units must be ignore, convert, require or the name of a unit";
  }
  return {};
}

bool Near(const Rational& said, const Rational& want, const Rules& rules) {
  if (said == want) return true;
  if (!rules.absolute && !rules.relative) return false;
  const Rational distance = (said - want).Abs();
  if (rules.absolute && distance <= *rules.absolute) return true;
  return rules.relative && distance <= *rules.relative * want.Abs();
}

Rational ToBase(const Rational& value, const math::Unit& unit) { return value * unit.factor + unit.offset; }

bool SameUnitWord(std::string_view a, std::string_view b) {
  const std::string x = AsciiLower(a), y = AsciiLower(b);
  return x == y || x + "s" == y || y + "s" == x;
}

// Whether `said` is `want`; `why` tells the reason of a no.
bool Equal(const NumberText& said, const NumberText& want, const Rules& rules, std::string& why) {
  if (rules.units == Units::kIgnore) return Near(said.value, want.value, rules);
  if (said.percent != want.percent) {
    // 45 % is 0.45; a bare 45 may leave out the sign that the other side writes.
    const Rational hundred(100);
    const NumberText& bare = said.percent ? want : said;
    const bool as_fraction = said.percent ? Near(said.value / hundred, want.value, rules) : Near(said.value, want.value / hundred, rules);
    return as_fraction || (bare.unit.empty() && want.percent && Near(said.value, want.value, rules));
  }
  const std::optional<math::Unit>& said_unit = said.unit.empty() && rules.assumed ? rules.assumed : said.known_unit;
  const std::optional<math::Unit>& want_unit = want.unit.empty() && rules.assumed ? rules.assumed : want.known_unit;
  if (rules.units == Units::kRequire && said.unit.empty() && !want.unit.empty()) {
    why = "no unit";
    return false;
  }
  if (said_unit && want_unit) {
    if (!said_unit->SameKind(*want_unit)) {
      why = "another kind of unit";
      return false;
    }
    return Near(ToBase(said.value, *said_unit), ToBase(want.value, *want_unit), rules);
  }
  if (rules.units == Units::kRequire && !want.unit.empty() && !SameUnitWord(said.unit, want.unit)) {
    why = "another unit";
    return false;
  }
  return Near(said.value, want.value, rules);
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  math::UseFlintOnThisThread();
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "number_equal compares numbers; this reference is a JSON object");
  }
  Rules rules;
  if (const std::string wrong = ReadRules(params, rules); !wrong.empty()) return Score::Invalid(Class::kBadParams, "number_equal: " + wrong);
  std::vector<NumberText> wanted;
  for (const std::string& text : query.reference.texts) {
    auto number = math::ParseNumberText(text);
    if (!number) {
      // A reference may be a worked solution: its answer counts, by the same rules as a response's.
      const Extraction found = ExtractAnswer(text, {.want = ExtractOptions::Want::kNumber});
      if (found.found() && !found.listed && !found.negated) number = math::ParseNumberText(found.answer());
    }
    if (!number) return Score::Invalid(Class::kBadReference, "the reference is not a number: '" + text.substr(0, 60) + "'");
    wanted.push_back(std::move(*number));
  }
  const ExtractOptions options{ExtractFrom(params.String("extract")), ExtractOptions::Want::kNumber};
  return MakeCheck([wanted = std::move(wanted), rules = std::move(rules), options](const Response& response, StepBudget& budget) {
    math::UseFlintOnThisThread();
    const Extraction found = ExtractAnswer(response.text, options);
    budget.Spend(static_cast<std::int64_t>(response.text.size()) / 64 + 50);
    if (!found.found())
      return Score::Ok(0, Trim(AfterReasoning(response.text)).empty() ? Class::kResponseEmpty : Class::kResponseUnparsable, "no number found");
    std::string reason = found.Describe();
    if (found.negated || found.listed) return Score::Verdict(false, std::move(reason));
    const auto said = math::ParseNumberText(found.answer());
    if (!said) {
      const bool hidden = math::HasHiddenCharacters(found.answer());
      const bool long_text = found.answer().size() > math::kMaxDigits;
      return Score::Ok(0,
                       hidden      ? Class::kResponseBadText
                       : long_text ? Class::kResponseOversize
                                   : Class::kResponseUnparsable,
                       reason + (hidden ? ": hidden characters" : ": not one number"));
    }
    std::string why;
    for (const NumberText& want : wanted) {
      if (Equal(*said, want, rules, why)) return Score::Verdict(true, std::move(reason));
    }
    return Score::Verdict(false, why.empty() ? std::move(reason) : reason + ": " + why);
  });
}

constexpr ParamSpec kParams[] = {
    {.name = "extract",
     .type = ParamSpec::Type::kString,
     .default_json = "\"auto\"",
     .summary = "where the answer stands: found by itself, the whole response, or only a box",
     .choices = "auto|none|boxed"},
    {.name = "tolerance",
     .type = ParamSpec::Type::kAny,
     .default_json = "null",
     .summary = "a number t: |difference| <= t or <= t * |reference|; or {\"abs\": a, \"rel\": r}; none = exact"},
    {.name = "units",
     .type = ParamSpec::Type::kAny,
     .default_json = "\"convert\"",
     .summary = "convert (where both state one), ignore, require, or the unit that bare numbers are in"},
};

}  // namespace

extern const VerifierSpec number_equal{
    .name = "number_equal",
    .version = 3,
    .summary = "The response's number equals a reference's exactly, or within a tolerance; units are converted.",
    .params = kParams,
    .source = "exact rational comparison; tolerance as in math.isclose",
    .prepare = &Prepare,
};

}  // namespace rlar::native
