// json_valid: the response is one JSON text, bare or as its only fenced block.
#include "base/text.h"
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/json_answer.h"

namespace rlar::native {
namespace {

bool HasKind(const Json& json, std::string_view type) {
  if (type == "any") return true;
  if (type == "object") return json.is_object();
  if (type == "array") return json.is_array();
  return json.is_object() || json.is_array();
}

Score CheckJson(const Response& response, const JsonAnswerOptions& reading, std::string_view type) {
  const std::string_view said = Trim(AfterReasoning(response.text));
  if (said.empty()) return Score::Ok(0, Class::kResponseEmpty);
  const Result<Json> json = ReadJsonAnswer(said, reading);
  if (!json) return Score::Ok(0, Class::kResponseUnparsable, json.error().message);
  if (!HasKind(*json, type)) return Score::Verdict(false, "JSON, but not of type " + std::string(type));
  return Score::Verdict(true);
}

Prepared Prepare(const Query&, const Params& params, StepBudget&) {
  const JsonAnswerOptions reading{.fenced = params.Bool("fenced"), .repair = params.Bool("repair")};
  return MakeCheck([reading, type = params.String("type")](const Response& response, StepBudget&) { return CheckJson(response, reading, type); });
}

constexpr ParamSpec kParams[] = {
    {.name = "fenced", .type = ParamSpec::Type::kBool, .default_json = "true", .summary = "the JSON may stand in the response's only fenced block"},
    {.name = "type",
     .type = ParamSpec::Type::kString,
     .default_json = "\"any\"",
     .summary = "what the outermost value must be",
     .choices = "any|object|array|container"},
    {.name = "repair",
     .type = ParamSpec::Type::kBool,
     .default_json = "false",
     .summary = "forgive comments, trailing commas, single quotes, bare words and brackets left open"},
};

}  // namespace

extern const VerifierSpec json_valid{
    .name = "json_valid",
    .version = 1,
    .summary = "The response is one JSON text, bare or as its only fenced block.",
    .needs_reference = false,
    .params = kParams,
    .source = "RFC 8259",
    .prepare = &Prepare,
};

}  // namespace rlar::native
