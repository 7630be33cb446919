// token_f1: overlap of the normalised words of response and reference, as SQuAD v1.1 counts it.
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/squad.h"

namespace rlar::native {
namespace {

using Tokens = std::vector<std::string>;

Score Compare(const std::vector<Tokens>& golds, const Response& response) {
  const Tokens said = SquadTokens(AfterReasoning(response.text));
  if (said.empty()) return Score::Ok(0, Class::kResponseEmpty, "no word is left of the response");
  TokenOverlap best;
  bool exact = false;
  for (const Tokens& gold : golds) {
    const TokenOverlap overlap = CompareTokens(said, gold);
    if (overlap.f1 > best.f1) best = overlap;
    exact |= said == gold;
  }
  Score score = Score::Ok(best.f1, best.f1 == 0 ? Class::kResponseWrong : Class::kNone);
  score.Add("precision", best.precision).Add("recall", best.recall).Add("exact_match", exact ? 1 : 0);
  return score;
}

Prepared Prepare(const Query& query, const Params&, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "token_f1 compares text; this reference is a JSON object");
  }
  std::vector<Tokens> golds;
  for (const std::string& text : query.reference.texts) {
    Tokens tokens = SquadTokens(text);
    if (!tokens.empty()) golds.push_back(std::move(tokens));
  }
  if (golds.empty()) return Score::Invalid(Class::kBadReference, "no word is left of the reference once normalised");
  return MakeCheck([golds = std::move(golds)](const Response& response, StepBudget&) { return Compare(golds, response); });
}

}  // namespace

extern const VerifierSpec token_f1{
    .name = "token_f1",
    .version = 1,
    .summary = "Harmonic mean of precision and recall of the normalised words; the best over the references.",
    .source = "SQuAD v1.1 evaluation script (Rajpurkar et al., 2016)",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
