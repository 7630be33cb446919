// math_equal: the response's answer is mathematically the same as a reference.
#include <algorithm>

#include "base/text.h"
#include "math/compare.h"
#include "math/math_verify.h"
#include "math/number_text.h"
#include "math/string_graders.h"
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/spans.h"

namespace rlar::native {
namespace {

using math::Answer;
using math::Verdict;

struct Prepared_ {
  std::vector<std::unique_ptr<Answer>> references;
  math::CompareOptions compare;
  ExtractOptions extract;
  std::string prompt;  // packed; empty where there is none
};

// Without what layout adds.
std::string Packed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!IsAsciiSpace(c) && c != '$' && c != '{' && c != '}') out += c;
  }
  return out;
}

// A number, a plain fraction, a letter, or a collection of these: what a prompt may hold and still be the answer.
bool IsLiteral(math::Ref node) {
  using math::Kind;
  if (node->kind == Kind::kNumber || node->kind == Kind::kConstant || node->kind == Kind::kSymbol || node->kind == Kind::kText) return true;
  const bool wraps = node->kind == Kind::kNeg || node->kind == Kind::kPercent || node->kind == Kind::kDegree || node->kind == Kind::kDiv ||
                     node->kind == Kind::kTuple || node->kind == Kind::kList || node->kind == Kind::kSet || node->kind == Kind::kRelation;
  return wraps && std::all_of(node->kids.begin(), node->kids.end(), IsLiteral);
}

// The response is the prompt again, once or more.
bool RepeatsPrompt(std::string_view response, const Prepared_& p) {
  if (p.prompt.size() < 4) return false;
  std::string said = Packed(response);
  if (said.size() < p.prompt.size()) return false;
  return ReplaceAll(std::move(said), p.prompt, "").empty();
}

// The answer is an expression of the prompt and not the reference's: nothing was worked out. A choice between options is.
bool IsPromptsExpression(const Answer& said, std::string_view text, const Answer& reference, const Prepared_& p) {
  if (p.prompt.empty() || said.parsed.root == nullptr || said.parsed.key == reference.parsed.key || IsLiteral(said.parsed.root)) return false;
  if (p.prompt.find("(A)") != p.prompt.npos && p.prompt.find("(B)") != p.prompt.npos) return false;
  std::string packed = Packed(text);
  if (packed.starts_with("\\boxed")) packed.erase(0, 6);
  return packed.size() >= 3 && p.prompt.find(packed) != p.prompt.npos;
}

// The number behind the colon of a short text without any sign of calculation, if it is the only one.
std::string_view OnlyNumber(std::string_view text) {
  if (text.size() > 60 || text.find_first_of("\\+*/^=<>(){}[]|") != text.npos) return {};
  const NumberSpan first = FindFirstNumber(text), last = FindLastNumber(text);
  if (!first.found() || first.begin != last.begin || text.substr(0, first.begin).find(':') == text.npos) return {};
  return text.substr(first.begin, first.end - first.begin);
}

Score Judge(const Prepared_& p, const Response& response, StepBudget& budget) {
  math::UseFlintOnThisThread();
  const Extraction found = ExtractAnswer(response.text, p.extract);
  budget.Spend(static_cast<std::int64_t>(response.text.size()) / 64 + 50);
  if (!found.found()) {
    return Score::Ok(0, Trim(AfterReasoning(response.text)).empty() ? Class::kResponseEmpty : Class::kResponseUnparsable, "no answer found");
  }
  std::string reason = found.Describe();
  if (RepeatsPrompt(AfterReasoning(response.text), p)) return Score::Verdict(false, reason + ": the prompt again");
  if (found.negated || found.listed) return Score::Verdict(false, std::move(reason));
  Answer said;
  math::ReadAnswer(found.answer(), said);
  // "Total : 2.74 $ net" is no mathematics, and holds one number.
  Answer only;
  const std::string_view number = found.method == ExtractMethod::kWhole ? OnlyNumber(found.answer()) : std::string_view();
  if (!number.empty()) math::ReadAnswer(number, only);
  if (said.parsed.bad_text) return Score::Ok(0, Class::kResponseBadText, reason + ": hidden characters");
  if (said.parsed.oversize) return Score::Ok(0, Class::kResponseOversize, reason + ": too large an expression");
  // "\boxed{1} and \boxed{2}" is both; a reference that keeps one of them keeps the last.
  Answer last;
  if (!found.last_box.empty()) math::ReadAnswer(found.last_box, last);
  bool unknown = false;
  for (const auto& reference : p.references) {
    math::Arena scratch;
    const Verdict verdict = math::SameAnswer(*reference, said, p.compare, scratch, budget);
    if (verdict == Verdict::kSame && IsPromptsExpression(said, found.answer(), *reference, p))
      return Score::Verdict(false, reason + ": copied from the prompt");
    if (verdict == Verdict::kSame) return Score::Verdict(true, std::move(reason));
    if (!found.last_box.empty() && math::SameAnswer(*reference, last, p.compare, scratch, budget) == Verdict::kSame) {
      return Score::Verdict(true, reason + ": the last box");
    }
    const bool bare = !number.empty() && reference->parsed.root != nullptr && !math::Contains(reference->parsed.root, math::Kind::kText);
    if (bare && math::SameAnswer(*reference, only, p.compare, scratch, budget) == Verdict::kSame) {
      return Score::Verdict(true, reason + ": its only number");
    }
    unknown |= verdict == Verdict::kUnknown;
  }
  if (unknown) {
    // Whose side is it? What has no value of its own is its writer's doing.
    StepBudget own, theirs;
    const bool modest = said.parsed.root != nullptr && math::HasModestValue(said.parsed.root, own);
    if (!modest) return Score::Ok(0, Class::kResponseOverBudget, reason + ": its value cannot be had within the budget");
    const bool reference_modest = std::all_of(p.references.begin(), p.references.end(), [&](const auto& reference) {
      return reference->parsed.root == nullptr || math::HasModestValue(reference->parsed.root, theirs);
    });
    if (!reference_modest) return Score::Invalid(Class::kReferenceOverBudget, "the reference's value cannot be had within the budget");
    if (budget.exhausted()) return Score::Ok(0, Class::kResponseOverBudget, reason + ": its value cannot be had within the budget");
    return Score::Failed(Class::kBudget, reason + ": undecided");
  }
  if (said.parsed.root == nullptr) return Score::Ok(0, Class::kResponseUnparsable, reason + ": not readable as mathematics");
  return Score::Verdict(false, std::move(reason));
}

// The old runs' verdicts: compat "math_verify".
Score JudgeLikeMathVerify(const std::vector<math::MathVerifyAnswer>& golds, const math::MathVerifyOptions& options, const Response& response,
                          StepBudget& budget) {
  math::UseFlintOnThisThread();
  budget.Spend(static_cast<std::int64_t>(response.text.size()) / 8 + 50);
  const math::MathVerifyAnswer said = math::ReadMathVerify(response.text, options.targets);
  std::string reason = "math_verify: " + (said.text.empty() ? "nothing extracted" : "extracted '" + said.text.substr(0, 80) + "'");
  bool unknown = false;
  for (const auto& gold : golds) {
    const Verdict verdict = math::MathVerifySame(gold, said, options, budget);
    if (verdict == Verdict::kSame) return Score::Verdict(true, std::move(reason));
    unknown |= verdict == Verdict::kUnknown;
  }
  // The original answers no where it finds no proof in time.
  return Score::Verdict(false, reason + (unknown ? ": undecided" : ""));
}

Result<math::MathVerifyOptions> ReadMathVerifyOptions(const Json& given) {
  math::MathVerifyOptions options;
  if (given.is_null()) return options;
  for (const auto& [name, value] : given.object()) {
    const auto bad = [&](std::string_view what) { return MakeError(ErrorCode::kInvalidArgument, "compat_options: '" + name + "' " + std::string(what)); };
    if (name == "float_rounding" || name == "numeric_precision") {
      if (!value.is_number() || value.number() < 0 || value.number() > 1'000) return bad("must be a number from 0 to 1000");
      (name == "float_rounding" ? options.float_rounding : options.numeric_precision) = static_cast<int>(value.number());
    } else if (name == "strict" || name == "allow_set_relation_comp") {
      if (!value.is_bool()) return bad("must be true or false");
      (name == "strict" ? options.strict : options.allow_set_relation_comp) = value.boolean();
    } else if (name == "targets") {
      options.targets = {.latex = false, .expr = false};
      if (!value.is_array()) return bad("must be a list of \"latex\" and \"expr\"");
      for (const Json& target : value.array()) {
        const std::string_view kind = target.is_string() ? std::string_view(target.string()) : "";
        if (kind != "latex" && kind != "expr") return bad("must be a list of \"latex\" and \"expr\"");
        (kind == "latex" ? options.targets.latex : options.targets.expr) = true;
      }
    } else if (name != "timeout_seconds" && name != "raise_on_error") {  // work is counted in steps, and nothing is raised
      return bad("is unknown; there are float_rounding, numeric_precision, strict, allow_set_relation_comp, targets");
    }
  }
  return options;
}

// compat "hendrycks", "prm800k" and "dapo".
Prepared PrepareStrings(const Query& query, const Params& params) {
  const std::string& mode = params.String("compat");
  math::DapoOptions dapo;
  if (params.given("compat_options")) {
    for (const auto& [name, value] : params["compat_options"].object()) {
      if (mode != "dapo" || name != "strict_box_verify" || !value.is_bool()) {
        return Score::Invalid(Class::kBadParams,
                              "compat_options: '" + name + "' is unknown for '" + mode + "'; only dapo has one, strict_box_verify (true or false)");
      }
      dapo.strict_box = value.boolean();
    }
  }
  const bool whole = params.String("extract") == "none";
  std::vector<std::string> truths;
  for (const std::string& text : query.reference.texts) {
    truths.push_back(mode != "dapo" && text.find("\\boxed") != text.npos ? math::HendrycksBox(text).value_or(text) : text);
  }
  return MakeCheck([mode, dapo, whole, truths = std::move(truths)](const Response& response, StepBudget& budget) {
    math::UseFlintOnThisThread();
    budget.Spend(static_cast<std::int64_t>(response.text.size()) / 8 + 50);
    const auto box = math::HendrycksBox(response.text);
    const std::string given = whole || (!box && mode == "prm800k") ? response.text : box.value_or("");
    const bool answered = whole || box || mode != "hendrycks";
    const bool same = answered && std::any_of(truths.begin(), truths.end(), [&](const std::string& truth) {
                        if (mode == "dapo") return math::DapoCorrect(response.text, truth, dapo);
                        return mode == "hendrycks" ? math::HendrycksEqual(given, truth) : math::Prm800kEqual(given, truth, budget);
                      });
    return Score::Verdict(same, mode + (answered ? "" : ": no box"));
  });
}

Prepared PrepareCompat(const Query& query, const Params& params) {
  if (params.String("compat") != "math_verify") return PrepareStrings(query, params);
  const auto options = ReadMathVerifyOptions(params["compat_options"]);
  if (!options) return Score::Invalid(Class::kBadParams, options.error().message);
  auto golds = std::make_shared<std::vector<math::MathVerifyAnswer>>();
  for (const std::string& text : query.reference.texts) golds->push_back(math::ReadMathVerify(text, options->targets));
  return MakeCheck(
      [golds, options = *options](const Response& response, StepBudget& budget) { return JudgeLikeMathVerify(*golds, options, response, budget); });
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  math::UseFlintOnThisThread();
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "math_equal compares texts; this reference is a JSON object");
  }
  if (params.given("compat_options") && !params.given("compat")) return Score::Invalid(Class::kBadParams, "math_equal: compat_options needs compat");
  if (params.given("compat")) return PrepareCompat(query, params);
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
  p->prompt = Packed(query.prompt);
  return MakeCheck([p](const Response& response, StepBudget& budget) { return Judge(*p, response, budget); });
}

constexpr ParamSpec kParams[] = {
    {.name = "extract",
     .type = ParamSpec::Type::kString,
     .default_json = "\"auto\"",
     .summary = "where the answer stands: found by itself, the whole response, or only a box",
     .choices = "auto|none|boxed"},
    {.name = "language",
     .type = ParamSpec::Type::kString,
     .default_json = "null",
     .summary = "language of the response; announcing phrases of all languages are read in any case"},
    {.name = "percent",
     .type = ParamSpec::Type::kString,
     .default_json = "\"distinct\"",
     .summary = "whether 28 % also equals 28 (0.28 always)",
     .choices = "equal|distinct"},
    {.name = "round_to_reference", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "a decimal reference stands for what rounds to it"},
    {.name = "tolerance", .type = ParamSpec::Type::kNumber, .default_json = "null", .summary = "|difference| <= t or <= t * |reference|; none = exact"},
    {.name = "symmetric",
     .type = ParamSpec::Type::kBool,
     .default_json = "true",
     .summary = "what rounding allows the reference it allows an answer of three or more digits"},
    {.name = "compat",
     .type = ParamSpec::Type::kString,
     .default_json = "null",
     .summary = "answer as another grader does, to reproduce old runs",
     .choices = "math_verify|hendrycks|prm800k|dapo"},
    {.name = "compat_options",
     .type = ParamSpec::Type::kObject,
     .default_json = "null",
     .summary = "that grader's own options, e.g. float_rounding, strict, targets"},
};

}  // namespace

extern const VerifierSpec math_equal{
    .name = "math_equal",
    .version = 3,
    .summary = "The response's answer is mathematically the same as a reference, however it is written.",
    .params = kParams,
    .source = "rigorous ball arithmetic (Arb) over a real parser; forms as in Math-Verify",
    .prepare = &Prepare,
};

}  // namespace rlar::native
