// cosine_length: short right answers are worth more than long ones, and long wrong ones more than short ones.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "rlar/verifier.h"
#include "text/measure.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

struct Scale {
  double max_length, short_value, long_value;  // values at length 0 and at max_length
  double low, high;                            // the range that is mapped to [0, 1]
  LengthUnit unit;
};

Score Judge(const Scale& scale, const Response& response) {
  const auto length = ResponseLength(response, scale.unit);
  if (!length) return Score::Invalid(Class::kBadRow, "unit 'tokens' of cosine_length needs the row's field 'tokens'");
  const double progress = std::min(1.0, *length / scale.max_length);
  const double number = scale.long_value + 0.5 * (scale.short_value - scale.long_value) * (1 + std::cos(progress * std::numbers::pi));
  const bool empty = Strip(response.text).empty();
  const double value = empty ? 0 : std::clamp((number - scale.low) / (scale.high - scale.low), 0.0, 1.0);
  Score score = Score::Ok(value, empty ? Class::kResponseEmpty : Class::kNone);
  score.Add("score", number).Add("length", *length);
  return score;
}

Prepared Prepare(const Query&, const Params& params, StepBudget&) {
  const double best = params.Number("max_value_correct"), least = params.Number("min_value_correct");
  const double best_wrong = params.Number("max_value_wrong"), least_wrong = params.Number("min_value_wrong");
  if (params.Number("max_length") <= 0) return Score::Invalid(Class::kBadParams, "parameter 'max_length' of cosine_length must be positive");
  if (best < least || best_wrong < least_wrong || least < best_wrong || best == least_wrong) {
    return Score::Invalid(Class::kBadParams, "parameters of cosine_length: min_value_wrong <= max_value_wrong <= min_value_correct <= max_value_correct");
  }
  const bool correct = params.Bool("correct");
  const Scale scale{.max_length = params.Number("max_length"),
                    .short_value = correct ? best : least_wrong,
                    .long_value = correct ? least : best_wrong,
                    .low = least_wrong,
                    .high = best,
                    .unit = LengthUnitFrom(params.String("unit"))};
  return MakeCheck([scale](const Response& response, StepBudget&) { return Judge(scale, response); });
}

constexpr ParamSpec kParams[] = {
    {.name = "max_length", .type = ParamSpec::Type::kNumber, .summary = "the length at which the cosine ends; longer counts as this long"},
    {.name = "correct", .type = ParamSpec::Type::kBool, .default_json = "true", .summary = "whether the response is right, which this tool does not judge"},
    {.name = "min_value_correct", .type = ParamSpec::Type::kNumber, .default_json = "0.5", .summary = "of the longest right answer"},
    {.name = "max_value_correct", .type = ParamSpec::Type::kNumber, .default_json = "1", .summary = "of the shortest right answer"},
    {.name = "min_value_wrong", .type = ParamSpec::Type::kNumber, .default_json = "-1", .summary = "of the shortest wrong answer"},
    {.name = "max_value_wrong", .type = ParamSpec::Type::kNumber, .default_json = "-0.5", .summary = "of the longest wrong answer"},
    {.name = "unit",
     .type = ParamSpec::Type::kString,
     .default_json = "\"chars\"",
     .summary = "the row's token count, words or characters",
     .choices = "tokens|words|chars"},
};

}  // namespace

extern const VerifierSpec cosine_length{
    .name = "cosine_length",
    .version = 1,
    .summary = "Length on a cosine: components.score is the formula's number, and the value maps min_value_wrong..max_value_correct to 0..1.",
    .needs_reference = false,
    .params = kParams,
    .required = "max_length",
    .source = "get_cosine_scaled_reward of open-r1; Yeo et al., 2025",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
