// meteor: words matched exactly, by stem and by synonym, and how much their order is broken.
#include <algorithm>

#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/metric_options.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

Score Compare(const std::vector<MeteorReference>& references, const Response& response, StepBudget& budget) {
  const std::string_view said = AfterReasoning(response.text);
  if (!budget.Spend(static_cast<std::int64_t>(said.size() * references.size() / 4))) {
    return Score::Ok(0, Class::kResponseOverBudget, "the response is too long to compare");
  }
  MeteorScore best;
  for (const MeteorReference& reference : references) {
    const MeteorScore meteor = reference.Compare(said);
    if (meteor.score > best.score) best = meteor;
  }
  Score score = Score::Ok(std::clamp(best.score, 0.0, 1.0), Strip(said).empty() ? Class::kResponseEmpty
                                                            : best.score == 0   ? Class::kResponseWrong
                                                                                : Class::kNone);
  score.Add("score", best.score).Add("precision", best.precision).Add("recall", best.recall).Add("penalty", best.penalty);
  score.Add("matches", static_cast<double>(best.matches)).Add("chunks", static_cast<double>(best.chunks));
  return score;
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "meteor compares text; this reference is a JSON object");
  }
  const auto options = ReadMeteorOptions(params);
  if (!options) {
    const std::string why = options.error().ToString();
    return options.error().code == ErrorCode::kUnavailable ? Score::Failed(Class::kUnavailable, why) : Score::Invalid(Class::kBadParams, why);
  }
  std::vector<MeteorReference> references;
  for (const std::string& text : query.reference.texts) references.emplace_back(text, *options);
  if (std::all_of(references.begin(), references.end(), [](const auto& one) { return one.empty(); })) {
    return Score::Invalid(Class::kBadReference, "the reference holds no word");
  }
  return MakeCheck([references = std::move(references)](const Response& response, StepBudget& budget) { return Compare(references, response, budget); });
}

constexpr ParamSpec kParams[] = {
    {.name = "alpha", .type = ParamSpec::Type::kNumber, .default_json = "0.9", .summary = "weight of recall against precision, 0 to 1"},
    {.name = "beta", .type = ParamSpec::Type::kNumber, .default_json = "3", .summary = "how the penalty grows with broken order"},
    {.name = "gamma", .type = ParamSpec::Type::kNumber, .default_json = "0.5", .summary = "the greatest penalty, 0 to 1"},
    {.name = "tokenize", .type = ParamSpec::Type::kString, .default_json = "\"blanks\"", .summary = "how words are cut", .choices = "blanks|treebank"},
    {.name = "wordnet", .type = ParamSpec::Type::kString, .summary = "folder of a WordNet 3 data base; without it synonyms do not match"},
};

}  // namespace

extern const VerifierSpec meteor{
    .name = "meteor",
    .version = 1,
    .summary = "METEOR of the response against the references: exact words, stems and, where WordNet is given, synonyms.",
    .params = kParams,
    .source = "nltk 3.10 (Lavie and Agarwal, 2007)",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
