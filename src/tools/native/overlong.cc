// overlong: a soft limit on length; what runs into the buffer before the limit pays for it.
#include <algorithm>

#include "rlar/verifier.h"
#include "text/measure.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

struct Limit {
  double max_length, buffer, penalty;
  LengthUnit unit;
};

Score Judge(const Limit& limit, const Response& response) {
  const auto length = ResponseLength(response, limit.unit);
  if (!length) return Score::Invalid(Class::kBadRow, "unit 'tokens' of overlong needs the row's field 'tokens'");
  const double excess = *length - (limit.max_length - limit.buffer);
  // Without a buffer the limit is a wall.
  const double share = limit.buffer > 0 ? std::clamp(excess / limit.buffer, 0.0, 1.0) : excess > 0 ? 1.0 : 0.0;
  const bool empty = Strip(response.text).empty();
  const double value = empty ? 0 : 1 - share;
  Score score = Score::Ok(value,
                          empty        ? Class::kResponseEmpty
                          : share == 1 ? Class::kResponseWrong
                                       : Class::kNone,
                          share > 0 ? "longer than " + std::to_string(static_cast<long long>(limit.max_length - limit.buffer)) : "");
  score.Add("score", share > 0 ? -share * limit.penalty : 0).Add("length", *length);
  return score;
}

Prepared Prepare(const Query&, const Params& params, StepBudget&) {
  const Limit limit{params.Number("max_length"), params.Number("buffer"), params.Number("penalty"), LengthUnitFrom(params.String("unit"))};
  if (limit.max_length <= 0 || limit.buffer < 0 || limit.buffer > limit.max_length) {
    return Score::Invalid(Class::kBadParams, "parameters of overlong: max_length is positive, and buffer lies between 0 and max_length");
  }
  if (limit.penalty < 0) return Score::Invalid(Class::kBadParams, "parameter 'penalty' of overlong must not be negative");
  return MakeCheck([limit](const Response& response, StepBudget&) { return Judge(limit, response); });
}

constexpr ParamSpec kParams[] = {
    {.name = "max_length", .type = ParamSpec::Type::kNumber, .summary = "the hard limit"},
    {.name = "buffer", .type = ParamSpec::Type::kNumber, .default_json = "0", .summary = "how far before the limit the punishment begins; 0: at it"},
    {.name = "penalty", .type = ParamSpec::Type::kNumber, .default_json = "1", .summary = "minus this is components.score at the limit and beyond"},
    {.name = "unit",
     .type = ParamSpec::Type::kString,
     .default_json = "\"tokens\"",
     .summary = "the row's token count, words or characters",
     .choices = "tokens|words|chars"},
};

}  // namespace

extern const VerifierSpec overlong{
    .name = "overlong",
    .version = 1,
    .summary = "Soft punishment of length: 1 before the buffer, falling to 0 at max_length; components.score is DAPO's number.",
    .needs_reference = false,
    .params = kParams,
    .required = "max_length",
    .source = "DAPO (Yu et al., 2025), equation 13; get_soft_overlong_punishment of TRL",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
