// bleu: n-gram precision against one or more references.
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/metric_options.h"

namespace rlar::native {
namespace {

Score Compare(const BleuReferences& references, const BleuOptions& options, const std::string& signature, const Response& response) {
  static constexpr std::string_view kPrecisions[] = {"precisions/1", "precisions/2", "precisions/3", "precisions/4"};
  const BleuStats stats = references.Count(AfterReasoning(response.text));
  const BleuScore bleu = ComputeBleu(stats, options);
  Score score = Score::Ok(std::min(1.0, bleu.score / 100), stats.sys_len == 0 ? Class::kResponseEmpty : bleu.score == 0 ? Class::kResponseWrong : Class::kNone);
  score.Add("score", bleu.score);
  for (std::size_t n = 0; n < bleu.precisions.size(); ++n) {
    score.Add(n < 4 ? std::string(kPrecisions[n]) : "precisions/" + std::to_string(n + 1), bleu.precisions[n]);
  }
  score.Add("bp", bleu.bp);
  score.Add("sys_len", static_cast<double>(stats.sys_len)).Add("ref_len", static_cast<double>(stats.ref_len));
  score.SetSignature(signature);
  return score;
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "bleu compares text; this reference is a JSON object");
  }
  const auto read = ReadBleuOptions(params);
  if (!read) return Score::Invalid(Class::kBadParams, read.error().message);
  const BleuOptions options = *read;
  BleuReferences references(query.reference.texts, options);
  if (references.empty()) return Score::Invalid(Class::kBadReference, "the reference holds no token");
  return MakeCheck([references = std::move(references), options, signature = BleuSignature(options, static_cast<int>(query.reference.texts.size()))](
                       const Response& response, StepBudget&) { return Compare(references, options, signature, response); });
}

constexpr ParamSpec kParams[] = {
    {.name = "tokenize", .type = ParamSpec::Type::kString, .default_json = "\"13a\"", .summary = "how words are cut", .choices = "13a|intl|zh|char|none"},
    {.name = "smooth_method",
     .type = ParamSpec::Type::kString,
     .default_json = "\"exp\"",
     .summary = "what stands for a precision of nothing",
     .choices = "exp|floor|add-k|none"},
    {.name = "smooth_value", .type = ParamSpec::Type::kNumber, .summary = "for floor (default 0.1) and add-k (default 1)"},
    {.name = "effective_order", .type = ParamSpec::Type::kBool, .default_json = "true", .summary = "leave out orders longer than the response"},
    {.name = "max_ngram_order", .type = ParamSpec::Type::kInt, .default_json = "4", .summary = "longest n-gram, 1 to 100"},
    {.name = "lowercase", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "case does not count"},
};

}  // namespace

extern const VerifierSpec bleu{
    .name = "bleu",
    .version = 1,
    .summary = "BLEU of the response against the references, sentence level; components in sacrebleu's units.",
    .params = kParams,
    .source = "sacrebleu 2.6.0 (Post, 2018; Papineni et al., 2002)",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
