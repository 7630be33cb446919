// json_schema: the response's JSON is valid against a schema.
#include "base/text.h"
#include "jsonschema/schema.h"
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/json_answer.h"

namespace rlar::native {
namespace {

using jsonschema::Schema;
using jsonschema::Verdict;

Score Judge(const Schema& schema, const JsonAnswerOptions& reading, const Response& response, StepBudget& budget) {
  const std::string_view text = Trim(AfterReasoning(response.text));
  if (text.empty()) return Score::Ok(0, Class::kResponseEmpty);
  const auto spend = [&](std::int64_t steps) { return budget.Spend(steps); };
  const Result<Json> said = ReadJsonAnswer(text, reading);
  if (!said) return Score::Ok(0, Class::kResponseUnparsable, said.error().message);
  switch (schema.Validate(*said, spend)) {
    case Verdict::kValid: return Score::Verdict(true);
    case Verdict::kOverBudget: return Score::Ok(0, Class::kResponseOverBudget, "validating it takes too many steps");
    case Verdict::kEndless: return Score::Invalid(Class::kBadParams, "the schema refers to itself without end");
    case Verdict::kInvalid: break;
  }
  jsonschema::Failure failure;
  schema.Validate(*said, spend, &failure);
  const std::string place = failure.instance.empty() ? "the value" : failure.instance;
  return Score::Verdict(false, place + " breaks '" + (failure.keyword.empty() ? "schema" : failure.keyword) + "'");
}

Prepared Prepare(const Query&, const Params& params, StepBudget&) {
  jsonschema::Options options;
  if (params.given("draft")) {
    options.draft = jsonschema::DraftFromName(params.String("draft"));
    if (!options.draft) {
      return Score::Invalid(Class::kBadParams,
                            "parameter 'draft' of json_schema must be 2020-12, 2019-09, draft-07 or draft-06, not '" + params.String("draft") + "'");
    }
  }
  if (params.given("remotes")) options.remotes = params["remotes"];
  options.assert_format = params.Bool("formats");
  const Json& given = params["schema"];
  // A schema may come as its text.
  Result<Json> parsed = given.is_string() ? ParseJson(given.string()) : Result<Json>(given);
  if (!parsed) return Score::Invalid(Class::kBadParams, "parameter 'schema' of json_schema is a text that is no JSON: " + parsed.error().message);
  auto schema = Schema::Compile(*parsed, options);
  if (!schema) return Score::Invalid(Class::kBadParams, "parameter 'schema' of json_schema: " + schema.error().ToString());
  const JsonAnswerOptions reading{.fenced = params.Bool("fenced"), .repair = params.Bool("repair")};
  return MakeCheck([schema = std::move(*schema), reading](const Response& response, StepBudget& budget) { return Judge(schema, reading, response, budget); });
}

constexpr ParamSpec kParams[] = {
    {.name = "schema", .type = ParamSpec::Type::kAny, .summary = "the schema: an object, true or false, or its text"},
    {.name = "draft", .type = ParamSpec::Type::kString, .summary = "of a schema that does not say: 2020-12 (the default), 2019-09, draft-07, draft-06"},
    {.name = "remotes", .type = ParamSpec::Type::kObject, .summary = "schemas that references may lead to, by address; nothing is fetched"},
    {.name = "formats", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "'format' decides; else it is an annotation"},
    {.name = "fenced", .type = ParamSpec::Type::kBool, .default_json = "true", .summary = "the JSON may stand in the response's only fenced block"},
    {.name = "repair",
     .type = ParamSpec::Type::kBool,
     .default_json = "false",
     .summary = "forgive comments, trailing commas, single quotes, bare words and brackets left open"},
};

}  // namespace

extern const VerifierSpec json_schema{
    .name = "json_schema",
    .version = 1,
    .summary = "The response's JSON, bare or fenced, is valid against the schema in the parameters.",
    .needs_reference = false,
    .params = kParams,
    .required = "schema",
    .source = "JSON Schema 2020-12, 2019-09, draft-07, draft-06",
    .prepare = &Prepare,
};

}  // namespace rlar::native
