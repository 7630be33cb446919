// ter: edits, shifts of phrases among them, that turn the response into a reference.
#include <algorithm>

#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/metric_options.h"

namespace rlar::native {
namespace {

Score Compare(const TerReferences& references, const std::string& signature, const Response& response, StepBudget& budget) {
  const std::string_view said = AfterReasoning(response.text);
  const auto stats = references.Count(said, [&](std::int64_t steps) { return budget.Spend(steps); });
  if (!stats) return Score::Ok(0, Class::kResponseOverBudget, "the response is too long to compare");
  const double ter = ComputeTer(*stats);
  const double value = std::clamp(1 - ter / 100, 0.0, 1.0);
  const bool empty = said.find_first_not_of(" \t\r\n") == said.npos;
  Score score = Score::Ok(value, empty ? Class::kResponseEmpty : value == 0 ? Class::kResponseWrong : Class::kNone);
  score.Add("score", ter).Add("num_edits", static_cast<double>(stats->edits)).Add("ref_len", stats->ref_len);
  score.SetSignature(signature);
  return score;
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "ter compares text; this reference is a JSON object");
  }
  const TerOptions options = ReadTerOptions(params);
  TerReferences references(query.reference.texts, options);
  if (references.empty()) return Score::Invalid(Class::kBadReference, "the reference holds no word");
  return MakeCheck([references = std::move(references), signature = TerSignature(options, static_cast<int>(query.reference.texts.size()))](
                       const Response& response, StepBudget& budget) { return Compare(references, signature, response, budget); });
}

constexpr ParamSpec kParams[] = {
    {.name = "normalized", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "cut marks off words, read entities, as Tercom does"},
    {.name = "no_punct", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "leave marks out"},
    {.name = "asian_support",
     .type = ParamSpec::Type::kBool,
     .default_json = "false",
     .summary = "with normalized: ideographs are words of their own; with no_punct: their marks are left out too"},
    {.name = "case_sensitive", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "case counts"},
};

}  // namespace

extern const VerifierSpec ter{
    .name = "ter",
    .version = 1,
    .summary = "Translation edit rate, sentence level: value is 1 - TER, at least 0; components.score is TER in percent.",
    .params = kParams,
    .source = "sacrebleu 2.6.0 (Snover et al., 2006)",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
