// math_equal: the response's answer is mathematically the same as a reference.
#include <algorithm>

#include "base/text.h"
#include "math/compare.h"
#include "math/number_text.h"
#include "rlar/verifier.h"
#include "text/extract.h"

namespace rlar::native {
namespace {

using math::Answer;
using math::Verdict;

struct Prepared_ {
  std::vector<std::unique_ptr<Answer>> references;
  math::CompareOptions compare;
  ExtractOptions extract;
};

Score Judge(const Prepared_& p, const Response& response, StepBudget& budget) {
  math::UseFlintOnThisThread();
  const Extraction found = ExtractAnswer(response.text, p.extract);
  budget.Spend(static_cast<std::int64_t>(response.text.size()) / 64 + 50);
  if (!found.found()) {
    return Score::Ok(0, Trim(AfterReasoning(response.text)).empty() ? Class::kResponseEmpty : Class::kResponseUnparsable, "no answer found");
  }
  std::string reason = found.Describe();
  if (found.negated || found.listed) return Score::Verdict(false, std::move(reason));
  Answer said;
  math::ReadAnswer(found.answer(), said);
  if (said.parsed.bad_text) return Score::Ok(0, Class::kResponseBadText, reason + ": hidden characters");
  if (said.parsed.oversize) return Score::Ok(0, Class::kResponseOversize, reason + ": too large an expression");
  // "\boxed{1} and \boxed{2}" is both; a reference that keeps one of them keeps the last.
  Answer last;
  if (!found.last_box.empty()) math::ReadAnswer(found.last_box, last);
  bool unknown = false;
  for (const auto& reference : p.references) {
    math::Arena scratch;
    const Verdict verdict = math::SameAnswer(*reference, said, p.compare, scratch, budget);
    if (verdict == Verdict::kSame) return Score::Verdict(true, std::move(reason));
    if (!found.last_box.empty() && math::SameAnswer(*reference, last, p.compare, scratch, budget) == Verdict::kSame) {
      return Score::Verdict(true, reason + ": the last box");
    }
    unknown |= verdict == Verdict::kUnknown;
  }
  if (unknown) {
    // Whose side is it? An answer without a value of its own is the response's doing.
    math::Ball value;
    StepBudget own;
    const bool valued = said.parsed.root != nullptr && math::Symbols(said.parsed.root).empty() && math::Evaluate(said.parsed.root, {}, 96, own, value);
    if (budget.exhausted() || !valued) return Score::Ok(0, Class::kResponseOverBudget, reason + ": its value cannot be had within the budget");
    return Score::Failed(Class::kBudget, reason + ": undecided");
  }
  if (said.parsed.root == nullptr) return Score::Ok(0, Class::kResponseUnparsable, reason + ": not readable as mathematics");
  return Score::Verdict(false, std::move(reason));
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  math::UseFlintOnThisThread();
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "math_equal compares texts; this reference is a JSON object");
  }
  auto p = std::make_shared<Prepared_>();
  for (const std::string& text : query.reference.texts) {
    const Extraction found = ExtractAnswer(text, {.from = text.find("\\boxed") != text.npos ? ExtractOptions::From::kBoxed : ExtractOptions::From::kNone});
    auto answer = std::make_unique<Answer>();
    math::ReadAnswer(found.found() ? found.answer() : std::string_view(text), *answer);
    if (Trim(text).empty()) return Score::Invalid(Class::kBadReference, "the reference is empty");
    if (answer->parsed.bad_text) return Score::Invalid(Class::kBadReference, "the reference holds hidden characters");
    if (answer->parsed.oversize) return Score::Invalid(Class::kReferenceOverBudget, "the reference is too large an expression");
    p->references.push_back(std::move(answer));
  }
  p->compare.percent_equal = params.String("percent") == "equal";
  p->compare.round_to_reference = params.Bool("round_to_reference");
  p->compare.symmetric = params.Bool("symmetric");
  if (params.given("tolerance")) {
    const auto tolerance = math::ParseNumberText(params["tolerance"].number_text());
    if (!tolerance || tolerance->value.sign() < 0) return Score::Invalid(Class::kBadParams, "math_equal: tolerance must not be negative");
    p->compare.tolerance = tolerance->value;
  }
  p->extract.from = ExtractFrom(params.String("extract"));
  return MakeCheck([p](const Response& response, StepBudget& budget) { return Judge(*p, response, budget); });
}

constexpr ParamSpec kParams[] = {
    {.name = "extract", .type = ParamSpec::Type::kString, .default_json = "\"auto\"",
     .summary = "where the answer stands: found by itself, the whole response, or only a box", .choices = "auto|none|boxed"},
    {.name = "language", .type = ParamSpec::Type::kString, .default_json = "null",
     .summary = "language of the response; announcing phrases of all languages are read in any case"},
    {.name = "percent", .type = ParamSpec::Type::kString, .default_json = "\"distinct\"",
     .summary = "whether 28 % also equals 28 (0.28 always)", .choices = "equal|distinct"},
    {.name = "round_to_reference", .type = ParamSpec::Type::kBool, .default_json = "false",
     .summary = "a decimal reference stands for what rounds to it"},
    {.name = "tolerance", .type = ParamSpec::Type::kNumber, .default_json = "null",
     .summary = "|difference| <= t or <= t * |reference|; none = exact"},
    {.name = "symmetric", .type = ParamSpec::Type::kBool, .default_json = "true",
     .summary = "what rounding allows the reference it allows an answer of three or more digits"},
};

}  // namespace

extern const VerifierSpec math_equal{
    .name = "math_equal",
    .version = 1,
    .summary = "The response's answer is mathematically the same as a reference, however it is written.",
    .params = kParams,
    .source = "rigorous ball arithmetic (Arb) over a real parser; forms as in Math-Verify",
    .prepare = &Prepare,
};

}  // namespace rlar::native
