// qa_match: the response gives one of the reference answers to a question.
#include "text/qa_match.h"

#include "base/text.h"
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/squad.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

using Tokens = std::vector<std::string>;

std::string_view Reason(QaVerdict verdict) {
  switch (verdict) {
    case QaVerdict::kRight: return {};
    case QaVerdict::kAbsent: return "the reference is not said";
    case QaVerdict::kDenied: return "the reference is denied or taken back";
    case QaVerdict::kHedged: return "the reference is one of several answers";
    case QaVerdict::kRepeated: return "only the question is repeated";
    case QaVerdict::kHidden: return "characters that show nothing stand inside words";
    case QaVerdict::kOverBudget: return "the response is too long to compare";
  }
  return {};
}

Class ClassOf(QaVerdict verdict) {
  switch (verdict) {
    case QaVerdict::kRight: return Class::kNone;
    case QaVerdict::kHidden: return Class::kResponseBadText;
    case QaVerdict::kOverBudget: return Class::kResponseOverBudget;
    default: return Class::kResponseWrong;
  }
}

// What an announcement, a box or a tag says is the answer; the whole response where there is none.
std::string_view Stated(std::string_view text, const Extraction& found) {
  switch (found.method) {
    case ExtractMethod::kBoxed:
    case ExtractMethod::kAnswerTag:
    case ExtractMethod::kHash:
    case ExtractMethod::kJson:
    case ExtractMethod::kPhrase: return found.answer();
    default: return text;
  }
}

Score Judge(const QaMatcher& matcher, const Response& response, StepBudget& budget) {
  const std::string_view text = Trim(AfterReasoning(response.text));
  if (Strip(text).empty()) return Score::Ok(0, Class::kResponseEmpty);
  const Extraction found = ExtractAnswer(response.text, {.want = ExtractOptions::Want::kText});
  const std::string_view stated = Stated(text, found);
  const auto spend = [&](std::int64_t steps) { return budget.Spend(steps); };
  if (!spend(static_cast<std::int64_t>(text.size() / 8))) return Score::Ok(0, Class::kResponseOverBudget, std::string(Reason(QaVerdict::kOverBudget)));
  QaOutcome outcome = matcher.Compare(stated, spend);
  if (outcome.verdict == QaVerdict::kRight && stated.data() != text.data() && found.negated) outcome.verdict = QaVerdict::kDenied;
  const bool right = outcome.verdict == QaVerdict::kRight;
  Score score = Score::Ok(right ? 1 : 0, ClassOf(outcome.verdict), std::string(Reason(outcome.verdict)));
  score.Add("likeness", outcome.likeness);
  return score;
}

// The graded modes: SQuAD's numbers, the best over the references.
Score Measure(const std::vector<Tokens>& golds, const std::string& mode, const Response& response) {
  const Tokens said = SquadTokens(AfterReasoning(response.text));
  if (said.empty()) return Score::Ok(0, Class::kResponseEmpty, "no word is left of the response");
  TokenOverlap best;
  double recall = 0;
  bool exact = false, inside = false;
  for (const Tokens& gold : golds) {
    const TokenOverlap overlap = CompareTokens(said, gold);
    if (overlap.f1 > best.f1) best = overlap;
    recall = std::max(recall, overlap.recall);
    exact |= said == gold;
    inside |= FindTokens(said, gold) != std::string::npos;
  }
  const double value = mode == "em" ? exact : mode == "contains" ? inside : mode == "recall" ? recall : best.f1;
  Score score = Score::Ok(value, value == 0 ? Class::kResponseWrong : Class::kNone);
  score.Add("em", exact ? 1 : 0).Add("f1", best.f1).Add("recall", recall).Add("contains", inside ? 1 : 0);
  return score;
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "qa_match compares text; this reference is a JSON object");
  }
  const std::string& mode = params.String("mode");
  if (mode == "auto") {
    QaMatcher matcher(query.prompt, query.reference.texts);
    if (matcher.empty()) return Score::Invalid(Class::kBadReference, "no word is left of the reference");
    return MakeCheck([matcher = std::move(matcher)](const Response& response, StepBudget& budget) { return Judge(matcher, response, budget); });
  }
  std::vector<Tokens> golds;
  for (const std::string& text : query.reference.texts) {
    Tokens tokens = SquadTokens(text);
    if (!tokens.empty()) golds.push_back(std::move(tokens));
  }
  if (golds.empty()) return Score::Invalid(Class::kBadReference, "no word is left of the reference once normalised");
  return MakeCheck([golds = std::move(golds), mode](const Response& response, StepBudget&) { return Measure(golds, mode, response); });
}

constexpr ParamSpec kParams[] = {
    {.name = "mode",
     .type = ParamSpec::Type::kString,
     .default_json = "\"auto\"",
     .summary = "auto: 0 or 1, for short answers and answers in prose; em, f1, recall, contains: SQuAD's normalisation and numbers",
     .choices = "auto|em|f1|recall|contains"},
};

}  // namespace

extern const VerifierSpec qa_match{
    .name = "qa_match",
    .version = 1,
    .summary = "The response gives one of the reference answers: as a phrase, date, number, name or most of its words, neither denied nor hedged.",
    .params = kParams,
    .source = "own for mode auto; SQuAD v1.1 evaluation script for the others",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
