// chrf: character n-gram F-score against one or more references (chrF++ with word_order 2).
#include <algorithm>

#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/metric_options.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "chrf compares text; this reference is a JSON object");
  }
  const auto& texts = query.reference.texts;
  if (std::all_of(texts.begin(), texts.end(), [](const std::string& text) { return Strip(text).empty(); })) {
    return Score::Invalid(Class::kBadReference, "the reference holds no character");
  }
  const auto read = ReadChrfOptions(params);
  if (!read) return Score::Invalid(Class::kBadParams, read.error().message);
  const ChrfOptions options = *read;
  return MakeCheck([references = ChrfReferences(texts, options), options, signature = ChrfSignature(options, static_cast<int>(texts.size()))](
                       const Response& response, StepBudget&) {
    const std::string_view said = AfterReasoning(response.text);
    const double chrf = ComputeChrf(references.Count(said), options);
    Score score = Score::Ok(std::min(1.0, chrf / 100), Strip(said).empty() ? Class::kResponseEmpty : chrf == 0 ? Class::kResponseWrong : Class::kNone);
    return std::move(score.Add("score", chrf).SetSignature(signature));
  });
}

constexpr ParamSpec kParams[] = {
    {.name = "char_order", .type = ParamSpec::Type::kInt, .default_json = "6", .summary = "longest character n-gram"},
    {.name = "word_order", .type = ParamSpec::Type::kInt, .default_json = "0", .summary = "longest word n-gram; 2 is chrF++"},
    {.name = "beta", .type = ParamSpec::Type::kNumber, .default_json = "2", .summary = "weight of recall against precision"},
    {.name = "lowercase", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "case does not count"},
    {.name = "whitespace", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "blanks count as characters"},
    {.name = "eps_smoothing",
     .type = ParamSpec::Type::kBool,
     .default_json = "false",
     .summary = "smooth as chrF++.py and NLTK do, instead of leaving out orders that do not occur"},
};

}  // namespace

extern const VerifierSpec chrf{
    .name = "chrf",
    .version = 1,
    .summary = "chrF or chrF++ of the response against the references, sentence level; components.score in sacrebleu's units.",
    .params = kParams,
    .source = "sacrebleu 2.6.0 (Popović, 2015, 2017)",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
