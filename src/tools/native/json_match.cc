// json_match: the response's JSON text equals the reference object, whole or field by field.
#include <algorithm>
#include <optional>

#include "base/text.h"
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/json_answer.h"

namespace rlar::native {
namespace {

std::optional<Json> ReferenceValue(const Reference& reference) {
  if (reference.kind == Reference::Kind::kJson) return reference.json;
  if (reference.kind == Reference::Kind::kText) {
    if (auto parsed = ParseJson(reference.texts.front())) return *parsed;
  }
  if (reference.kind == Reference::Kind::kList) {
    Json list = Json::Array{};
    for (const std::string& text : reference.texts) list.Push(text);
    return list;
  }
  return std::nullopt;
}

// Strings that differ only in outer blanks are equal when `strip` is on.
Json Stripped(const Json& value) {
  if (value.is_string()) return std::string(Trim(value.string()));
  if (value.is_array()) {
    Json list = Json::Array{};
    for (const Json& item : value.array()) list.Push(Stripped(item));
    return list;
  }
  if (value.is_object()) {
    Json object = Json::Object{};
    for (const auto& [key, item] : value.object()) object.Set(key, Stripped(item));
    return object;
  }
  return value;
}

Score Compare(const Json& said, const Json& wanted, bool fraction) {
  if (!wanted.is_object() || !said.is_object()) return Score::Verdict(said == wanted);
  std::size_t right = 0;
  std::string missing;
  for (const auto& [key, value] : wanted.object()) {
    const Json* have = said.Find(key);
    if (have != nullptr && *have == value) {
      ++right;
    } else if (missing.empty()) {
      missing = have == nullptr ? "field '" + key + "' is missing" : "field '" + key + "' is " + have->Dump().substr(0, 60);
    }
  }
  // Fields that were not asked for count like wrong ones, or listing every guess would pay.
  const std::size_t total = std::max(wanted.object().size(), said.object().size());
  const bool whole = right == total;
  const double share = total == 0 ? 1.0 : static_cast<double>(right) / static_cast<double>(total);
  Score score = fraction && !whole ? Score::Ok(share, Class::kResponseWrong, missing) : Score::Verdict(whole, missing);
  score.Add("matched", static_cast<double>(right)).Add("total", static_cast<double>(total));
  return score;
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  auto wanted = ReferenceValue(query.reference);
  if (!wanted) return Score::Invalid(Class::kBadReference, "json_match needs a reference that is a JSON value");
  const bool strip = params.Bool("strip"), fraction = params.String("score") == "fraction", repair = params.Bool("repair");
  if (strip) wanted = Stripped(*wanted);
  return MakeCheck([wanted = std::move(*wanted), strip, fraction, repair](const Response& response, StepBudget&) {
    const std::string_view text = Trim(AfterReasoning(response.text));
    if (text.empty()) return Score::Ok(0, Class::kResponseEmpty);
    const auto said = ReadJsonAnswer(text, {.repair = repair});
    if (!said) return Score::Ok(0, Class::kResponseUnparsable, "no JSON text, bare or as the only fenced block");
    return Compare(strip ? Stripped(*said) : *said, wanted, fraction);
  });
}

constexpr ParamSpec kParams[] = {
    {.name = "score",
     .type = ParamSpec::Type::kString,
     .default_json = "\"all\"",
     .summary = "all: 1 only when everything matches; fraction: share of the fields that do",
     .choices = "all|fraction"},
    {.name = "strip", .type = ParamSpec::Type::kBool, .default_json = "true", .summary = "ignore white space at both ends of strings"},
    {.name = "repair",
     .type = ParamSpec::Type::kBool,
     .default_json = "false",
     .summary = "forgive comments, trailing commas, single quotes, bare words and brackets left open"},
};

}  // namespace

extern const VerifierSpec json_match{
    .name = "json_match",
    .version = 1,
    .summary = "The response's JSON, bare or fenced, equals the reference value: key order and number form aside.",
    .params = kParams,
    .source = "RFC 8259; equality of values as in JSON Schema 2020-12, section 4.2.2",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
