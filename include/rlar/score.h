// Score: what one tool says about one response. A number, or why there is none.
//
// Attribution is by side (docs/errors.md): what the response does wrong is Ok(0, class); what the row does wrong (reference,
// prompt, params) is Invalid; what we or a tool do wrong is Failed. A score that is not ok holds no number; there is no way to
// read one out of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rlar/result.h"

namespace rlar {

enum class Status { kOk, kInvalid, kFailed };
std::string_view Name(Status status);  // "ok" | "invalid" | "failed"

// Why a score is what it is. The prefix says whose side it is: response_* go with ok, the rest with invalid or failed.
enum class Class {
  kNone,
  // ok: the response's side
  kResponseWrong,
  kResponseEmpty,
  kResponseUnparsable,  // no answer was found in it, or the answer is not of the asked form
  kResponseOversize,
  kResponseOverBudget,  // judging its own expression took more steps than its share
  kResponseTruncated,   // finish_reason "length" under the policy `zero`
  kResponseBadText,     // hidden or control characters where they change the verdict
  kResponseCrashed,
  kResponseTimeLimit,
  kResponseMemoryLimit,
  // invalid: the row's side
  kEmptyLine,
  kBadJson,
  kBadUtf8,
  kBadRow,  // a field is missing or of a wrong type
  kRowOversize,
  kNoResponse,
  kNoReference,
  kBadReference,
  kReferenceOverBudget,
  kBadParams,
  kUnsupportedContent,
  kMasked,  // finish_reason "length" under the policy `mask`
  // failed: ours or the tool's
  kBudget,
  kTimeout,
  kCrash,
  kUnavailable,
  kUnparsable,  // the tool's answer could not be read
  kOutOfRange,  // the tool gave NaN or a number outside [0, 1]
  kOverload,
  kCost,      // the cap on what paid models may cost is reached
  kUnserved,  // no route
  kCancelled,
  kInternal,
};
std::string_view Name(Class c);  // "response_wrong", …; "" for kNone
std::optional<Class> ClassFromName(std::string_view name);

class Score {
 public:
  using Components = std::vector<std::pair<std::string, double>>;

  // Precondition: value is in [0, 1] (the engine turns a tool's other numbers into Failed(kOutOfRange) before this).
  static Score Ok(double value, Class c = Class::kNone, std::string reason = {});
  // The common verdict: 1, or 0 with class response_wrong.
  static Score Verdict(bool right, std::string reason = {});
  static Score Invalid(Class c, std::string reason);
  static Score Failed(Class c, std::string reason);

  Status status() const { return status_; }
  bool ok() const { return status_ == Status::kOk; }
  // The number, if and only if ok().
  std::optional<double> value() const { return ok() ? std::optional<double>(value_) : std::nullopt; }
  Class error_class() const { return class_; }
  const std::string& reason() const { return reason_; }

  // Named numbers beside the value (finite; NaN is dropped), e.g. {"precisions/1", 57.1}. Allowed on any status.
  const Components& components() const { return components_; }
  Score& Add(std::string name, double value);
  const std::string& signature() const { return signature_; }
  Score& SetSignature(std::string signature);
  // Per-turn values where the tool gives them.
  const std::vector<std::optional<double>>& turns() const { return turns_; }
  Score& SetTurns(std::vector<std::optional<double>> turns);

 private:
  Score(Status status, double value, Class c, std::string reason) : status_(status), class_(c), value_(value), reason_(std::move(reason)) {}
  Status status_;
  Class class_;
  double value_;
  std::string reason_;
  Components components_;
  std::string signature_;
  std::vector<std::optional<double>> turns_;
};

}  // namespace rlar
