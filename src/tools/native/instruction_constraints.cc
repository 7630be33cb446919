// instruction_constraints: the response follows each of a list of checkable instructions (IFEval and its successors).
#include "base/text.h"
#include "constraints/constraint.h"
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

struct Instruction {
  std::string id;
  Constraint holds;
};

Score Judge(const std::vector<Instruction>& instructions, bool strict_counts, const Response& response) {
  const std::string_view said = AfterReasoning(response.text);
  const bool blank = Strip(said).empty();
  std::vector<std::string> variants;  // made once a constraint does not hold as it is
  Score::Components components;
  bool all = true;
  std::string missed;
  for (std::size_t i = 0; i < instructions.size(); ++i) {
    const bool strict = !blank && instructions[i].holds(said);
    bool loose = strict;
    if (!strict && !blank && variants.empty()) variants = LooseVariants(said);
    for (std::size_t v = 1; v < variants.size() && !loose; ++v) {
      loose = !Strip(variants[v]).empty() && instructions[i].holds(variants[v]);
    }
    components.emplace_back("strict/" + std::to_string(i), strict ? 1 : 0);
    components.emplace_back("loose/" + std::to_string(i), loose ? 1 : 0);
    if (strict_counts ? strict : loose) continue;
    all = false;
    missed += (missed.empty() ? "not followed: " : ", ") + instructions[i].id;
  }
  Score score = blank ? Score::Ok(0, Class::kResponseEmpty) : Score::Verdict(all, missed);
  for (auto& [name, value] : components) score.Add(std::move(name), value);
  return score;
}

Class ClassOf(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kCorrupt ? Class::kUnavailable : Class::kBadParams;
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  const auto& ids = params["instruction_id_list"].array();
  const Json& kwargs = params["kwargs"];
  if (ids.empty()) return Score::Invalid(Class::kBadParams, "'instruction_id_list' is empty");
  if (!kwargs.is_null() && kwargs.array().size() != ids.size()) {
    return Score::Invalid(Class::kBadParams, "'kwargs' must be as long as 'instruction_id_list'");
  }
  const ConstraintContext context{.mode = params.String("mode") == "fixed" ? ConstraintMode::kFixed : ConstraintMode::kPublished,
                                  .prompt = query.prompt,
                                  .tagger = params.given("tagger") ? params.String("tagger") : ""};
  static const Json kNoKwargs{Json::Object{}};
  std::vector<Instruction> instructions;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    auto made = MakeConstraint(ids[i].string(), kwargs.is_null() ? kNoKwargs : kwargs.array()[i], context);
    if (!made && ClassOf(made.error()) == Class::kUnavailable) return Score::Failed(Class::kUnavailable, made.error().message);
    if (!made) return Score::Invalid(Class::kBadParams, made.error().message);
    instructions.push_back({ids[i].string(), std::move(*made)});
  }
  return MakeCheck([instructions = std::move(instructions), strict = params.String("strictness") == "strict"](const Response& response, StepBudget&) {
    return Judge(instructions, strict, response);
  });
}

constexpr ParamSpec kParams[] = {
    {.name = "instruction_id_list", .type = ParamSpec::Type::kStringList, .summary = "instruction ids, as \"keywords:existence\""},
    {.name = "kwargs", .type = ParamSpec::Type::kArray, .summary = "one object of arguments per instruction, in the same order"},
    {.name = "mode",
     .type = ParamSpec::Type::kString,
     .default_json = "\"published\"",
     .summary = "answer as the official code does, or as the instruction reads",
     .choices = "published|fixed"},
    {.name = "strictness",
     .type = ParamSpec::Type::kString,
     .default_json = "\"strict\"",
     .summary = "loose: also right without its first or last line, or without asterisks",
     .choices = "strict|loose"},
    {.name = "tagger",
     .type = ParamSpec::Type::kString,
     .summary = "folder of NLTK's averaged_perceptron_tagger_eng, which words:start_verb needs and no package holds"},
};

}  // namespace

extern const VerifierSpec instruction_constraints{
    .name = "instruction_constraints",
    .version = 3,
    .summary = "The response follows every instruction of a list; components say which.",
    .needs_reference = false,
    .params = kParams,
    .required = "instruction_id_list",
    .source = "IFEval (Zhou et al., 2023), IFBench and IF-RLVR (Pyatkin et al., 2025)",
    .prepare = &Prepare,
};

}  // namespace rlar::native
