#include "rlar/score.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace rlar {
namespace {

constexpr std::array<std::pair<Class, std::string_view>, 33> kClassNames{{
    {Class::kNone, ""},
    {Class::kResponseWrong, "response_wrong"},
    {Class::kResponseEmpty, "response_empty"},
    {Class::kResponseUnparsable, "response_unparsable"},
    {Class::kResponseOversize, "response_oversize"},
    {Class::kResponseOverBudget, "response_over_budget"},
    {Class::kResponseTruncated, "response_truncated"},
    {Class::kResponseBadText, "response_bad_text"},
    {Class::kResponseCrashed, "response_crashed"},
    {Class::kResponseTimeLimit, "response_time_limit"},
    {Class::kResponseMemoryLimit, "response_memory_limit"},
    {Class::kEmptyLine, "empty_line"},
    {Class::kBadJson, "bad_json"},
    {Class::kBadUtf8, "bad_utf8"},
    {Class::kBadRow, "bad_row"},
    {Class::kRowOversize, "row_oversize"},
    {Class::kNoResponse, "no_response"},
    {Class::kNoReference, "no_reference"},
    {Class::kBadReference, "bad_reference"},
    {Class::kReferenceOverBudget, "reference_over_budget"},
    {Class::kBadParams, "bad_params"},
    {Class::kUnsupportedContent, "unsupported_content"},
    {Class::kMasked, "masked"},
    {Class::kBudget, "budget"},
    {Class::kTimeout, "timeout"},
    {Class::kCrash, "crash"},
    {Class::kUnavailable, "unavailable"},
    {Class::kUnparsable, "unparsable"},
    {Class::kOutOfRange, "out_of_range"},
    {Class::kOverload, "overload"},
    {Class::kCost, "cost"},
    {Class::kUnserved, "unserved"},
    {Class::kCancelled, "cancelled"},
}};

}  // namespace

std::string_view Name(Status status) {
  switch (status) {
    case Status::kOk: return "ok";
    case Status::kInvalid: return "invalid";
    case Status::kFailed: return "failed";
  }
  return "failed";
}

std::string_view Name(Class c) {
  for (const auto& [value, name] : kClassNames) {
    if (value == c) return name;
  }
  return "internal";
}

std::optional<Class> ClassFromName(std::string_view name) {
  if (name == "internal") return Class::kInternal;
  for (const auto& [value, text] : kClassNames) {
    if (text == name) return value;
  }
  return std::nullopt;
}

Score Score::Ok(double value, Class c, std::string reason) {
  RLAR_CHECK(value >= 0.0 && value <= 1.0);
  return Score(Status::kOk, value, c, std::move(reason));
}

Score Score::Verdict(bool right, std::string reason) {
  return right ? Ok(1.0, Class::kNone, std::move(reason)) : Ok(0.0, Class::kResponseWrong, std::move(reason));
}

Score Score::Invalid(Class c, std::string reason) { return Score(Status::kInvalid, 0, c, std::move(reason)); }
Score Score::Failed(Class c, std::string reason) { return Score(Status::kFailed, 0, c, std::move(reason)); }

Score& Score::Add(std::string name, double value) {
  if (components_.empty()) components_.reserve(8);
  if (std::isfinite(value)) components_.emplace_back(std::move(name), value);
  return *this;
}

Score& Score::SetSignature(std::string signature) {
  signature_ = std::move(signature);
  return *this;
}

Score& Score::SetTurns(std::vector<std::optional<double>> turns) {
  turns_ = std::move(turns);
  return *this;
}

}  // namespace rlar
