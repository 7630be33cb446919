// rouge: n-gram and longest-common-subsequence overlap with one or more references.
#include <algorithm>

#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/metric_options.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

struct Sides {
  std::vector<RougeType> types;
  std::vector<RougeReference> references;
};

Score Compare(const Sides& prepared, const Response& response, StepBudget& budget) {
  const std::string_view said = AfterReasoning(response.text);
  std::vector<RougeScore> best(prepared.types.size());
  for (std::size_t r = 0; r < prepared.references.size(); ++r) {
    const auto scores = prepared.references[r].Compare(said, [&](std::int64_t steps) { return budget.Spend(steps); });
    if (scores.empty()) return Score::Ok(0, Class::kResponseOverBudget, "the response is too long to compare");
    for (std::size_t i = 0; i < best.size(); ++i) {
      if (r == 0 || scores[i].fmeasure > best[i].fmeasure) best[i] = scores[i];
    }
  }
  const double value = best.front().fmeasure;
  Score score = Score::Ok(std::min(1.0, value), Strip(said).empty() ? Class::kResponseEmpty : value == 0 ? Class::kResponseWrong : Class::kNone);
  for (std::size_t i = 0; i < best.size(); ++i) {
    const std::string& name = prepared.types[i].name;
    score.Add(name + "/precision", best[i].precision);
    score.Add(name + "/recall", best[i].recall);
    score.Add(name + "/fmeasure", best[i].fmeasure);
  }
  return score;
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "rouge compares text; this reference is a JSON object");
  }
  auto types = ReadRougeTypes(params);
  if (!types) return Score::Invalid(Class::kBadParams, types.error().message);
  Sides prepared{.types = std::move(*types), .references = {}};
  const RougeOptions options{.use_stemmer = params.Bool("use_stemmer"), .split_sentences = {}};
  for (const std::string& text : query.reference.texts) prepared.references.emplace_back(text, prepared.types, options);
  if (std::all_of(prepared.references.begin(), prepared.references.end(), [](const auto& one) { return one.empty(); })) {
    return Score::Invalid(Class::kBadReference, "the reference holds no word of letters a-z or digits, which is all ROUGE sees");
  }
  return MakeCheck([prepared = std::move(prepared)](const Response& response, StepBudget& budget) { return Compare(prepared, response, budget); });
}

constexpr ParamSpec kParams[] = {
    {.name = "rouge_types",
     .type = ParamSpec::Type::kStringList,
     .default_json = "[\"rougeL\"]",
     .summary = "rouge1 to rouge9, rougeL, rougeLsum; the first gives the value"},
    {.name = "use_stemmer", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "compare Porter stems"},
};

}  // namespace

extern const VerifierSpec rouge{
    .name = "rouge",
    .version = 1,
    .summary = "ROUGE of the response against the references; the value is the F-measure of the first type.",
    .params = kParams,
    .source = "rouge-score 0.1.2 (Lin, 2004)",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
