// regex_match: a regular expression (RE2 syntax, linear time) is found in the response, or matches the whole of it.
#include <re2/re2.h>

#include "base/text.h"
#include "rlar/verifier.h"
#include "text/extract.h"

namespace rlar::native {
namespace {

using Patterns = std::vector<std::unique_ptr<RE2>>;

Score Match(const Patterns& patterns, bool full, const Response& response) {
  const std::string_view said = Trim(AfterReasoning(response.text));
  if (said.empty()) return Score::Ok(0, Class::kResponseEmpty);
  const re2::StringPiece text(said.data(), said.size());
  for (const auto& pattern : patterns) {
    if (full ? RE2::FullMatch(text, *pattern) : RE2::PartialMatch(text, *pattern)) return Score::Verdict(true);
  }
  return Score::Verdict(false, full ? "the pattern does not match the whole response" : "the pattern is not found");
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  std::vector<std::string> sources = query.reference.texts;
  const bool from_params = params.given("pattern");
  if (from_params) sources = {params.String("pattern")};
  if (sources.empty()) {
    return Score::Invalid(Class::kBadParams, "regex_match needs the parameter 'pattern', or the pattern as the reference");
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(params.Bool("dot_all"));
  options.set_case_sensitive(!params.Bool("ignore_case"));
  Patterns patterns;
  for (const std::string& source : sources) {
    patterns.push_back(std::make_unique<RE2>(source, options));
    if (!patterns.back()->ok()) {
      return Score::Invalid(from_params ? Class::kBadParams : Class::kBadReference, "bad pattern: " + patterns.back()->error());
    }
  }
  return MakeCheck(
      [patterns = std::move(patterns), full = params.Bool("full")](const Response& response, StepBudget&) { return Match(patterns, full, response); });
}

constexpr ParamSpec kParams[] = {
    {.name = "pattern", .type = ParamSpec::Type::kString, .summary = "RE2 pattern; without it the reference is the pattern"},
    {.name = "full", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "the whole response must match"},
    {.name = "ignore_case", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "case does not count"},
    {.name = "dot_all", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "a dot matches newlines too"},
};

}  // namespace

extern const VerifierSpec regex_match{
    .name = "regex_match",
    .version = 1,
    .summary = "A regular expression is found in the response, or matches the whole of it.",
    .needs_reference = false,
    .params = kParams,
    .source = "RE2 syntax",
    .prepare = &Prepare,
};

}  // namespace rlar::native
