// exact_match: the response equals a reference once white space at both ends is removed.
#include "base/text.h"
#include "rlar/verifier.h"
#include "text/extract.h"

namespace rlar::native {
namespace {

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "exact_match compares text; this reference is a JSON object");
  }
  return MakeCheck([&query, strip = params.Bool("strip")](const Response& response, StepBudget&) {
    const std::string_view raw = AfterReasoning(response.text);
    const std::string_view said = strip ? Trim(raw) : raw;
    if (said.empty()) return Score::Ok(0, Class::kResponseEmpty);
    for (const std::string& text : query.reference.texts) {
      if (said == (strip ? Trim(text) : std::string_view(text))) return Score::Verdict(true);
    }
    return Score::Verdict(false);
  });
}

constexpr ParamSpec kParams[] = {
    {.name = "strip", .type = ParamSpec::Type::kBool, .default_json = "true", .summary = "ignore white space at both ends"},
};

}  // namespace

extern const VerifierSpec exact_match{
    .name = "exact_match",
    .version = 1,
    .summary = "The response equals a reference, white space at both ends aside.",
    .params = kParams,
    .source = "SQuAD exact match without its normalisation",
    .prepare = &Prepare,
};

}  // namespace rlar::native
