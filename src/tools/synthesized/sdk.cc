#include "tools/synthesized/sdk.h"

#include <cmath>

#include "math/number_text.h"
#include "text/extract.h"
#include "tools/native_tool.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxText = 4u << 20;

Json Problem(std::string what) {
  Json answer;
  answer.Set("error", std::move(what));
  return answer;
}

Json Value(Json value) {
  Json answer;
  answer.Set("value", std::move(value));
  return answer;
}

std::string Text(const Json& question, std::string_view key) {
  const Json* value = question.Find(key);
  return value != nullptr && value->is_string() && value->string().size() <= kMaxText ? value->string() : std::string();
}

Json Extract(const Json& question) {
  const std::string text = Text(question, "text"), want = Text(question, "want");
  const auto kind = want == "math" ? ExtractOptions::Want::kMath : want == "number" ? ExtractOptions::Want::kNumber : ExtractOptions::Want::kText;
  const Extraction found = ExtractAnswer(text, {ExtractOptions::From::kAuto, kind});
  return Value(found.found() ? Json(std::string(found.answer())) : Json());
}

Json Number(const Json& question) {
  const auto number = math::ParseNumberText(Text(question, "text"));
  if (!number || !std::isfinite(number->value.ToDouble())) return Value(Json());
  return Value(Json(number->value.ToDouble()));
}

Json ScoreWith(const Json& question) {
  const std::string name = Text(question, "tool");
  const VerifierSpec* spec = FindNativeVerifier(name);
  if (spec == nullptr) return Problem("there is no native tool '" + name + "'");
  Query query;
  if (const Json* reference = question.Find("reference"); reference != nullptr && !reference->is_null()) {
    if (reference->is_string()) {
      query.reference = {Reference::Kind::kText, {reference->string()}, {}};
    } else if (reference->is_object()) {
      query.reference = {Reference::Kind::kJson, {}, *reference};
    } else if (reference->is_array()) {
      std::vector<std::string> texts;
      for (const Json& item : reference->array()) {
        if (!item.is_string()) return Problem("reference must be a string, a list of strings or an object");
        texts.push_back(item.string());
      }
      query.reference = {Reference::Kind::kList, std::move(texts), {}};
    } else {
      return Problem("reference must be a string, a list of strings or an object");
    }
  }
  const Json* params = question.Find("params");
  const NativeRunner runner(*spec);
  const Json none;
  const Json& fixed = params != nullptr && params->is_object() ? *params : none;
  if (auto checked = runner.binder().CheckFixed(fixed); !checked) return Problem(checked.error().ToString());
  Response response;
  response.text = Text(question, "response");
  const auto scores = runner.Run(query, std::span<const Response>(&response, 1), fixed);
  if (const auto value = scores[0].value()) return Value(Json(*value));
  return Problem(name + ": " + scores[0].reason());
}

}  // namespace

std::string AnswerSdk(const Json& question) {
  const std::string ask = Text(question, "ask");
  const Json answer = ask == "extract"  ? Extract(question)
                      : ask == "number" ? Number(question)
                      : ask == "score"  ? ScoreWith(question)
                                        : Problem("there is no question '" + ask + "'");
  return answer.Dump();
}

}  // namespace rlar
