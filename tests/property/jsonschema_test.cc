// Laws of schemas that hold for every value: the algebra of combination, constants, numbers by value, and lenient reading of JSON.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "jsonschema/number.h"
#include "jsonschema/schema.h"
#include "jsonschema/uri.h"
#include "text/json_answer.h"

namespace rlar::jsonschema {
namespace {

Json AnyValue(int depth) {
  switch (*rc::gen::inRange(0, depth <= 0 ? 4 : 6)) {
    case 0: return Json();
    case 1: return *rc::gen::inRange(0, 2) == 1;
    case 2: return *rc::gen::inRange(-20, 20);
    case 3: return *rc::gen::element<std::string>("", "a", "ab", "abc", "é");
    case 4: {
      Json list = Json::Array{};
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) list.Push(AnyValue(depth - 1));
      return list;
    }
    default: {
      Json object = Json::Object{};
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) object.Set(*rc::gen::element<std::string>("a", "b", "c"), AnyValue(depth - 1));
      return object;
    }
  }
}

Json Parsed(const std::string& text) { return std::move(*ParseJson(text)); }

// A schema of one or two keywords.
Json AnySchema() {
  return Parsed(*rc::gen::element<std::string>(
      R"({"type":"integer"})", R"({"type":["string","object"]})", R"({"minimum":3})", R"({"multipleOf":4})", R"({"minLength":2})", R"({"required":["a"]})",
      R"({"properties":{"a":{"type":"null"}},"additionalProperties":{"type":"string"}})", R"({"items":{"type":"boolean"}})", R"({"contains":{"const":1}})",
      R"({"uniqueItems":true,"maxItems":2})", R"({"enum":[1,"a",[],{}]})", R"({"prefixItems":[true],"unevaluatedItems":false})", "true", "false"));
}

bool Holds(const Json& schema, const Json& value) {
  const auto compiled = Schema::Compile(schema, {});
  RC_ASSERT(compiled.has_value());
  return compiled->Validate(value, [](std::int64_t) { return true; }) == Verdict::kValid;
}

Json With(const std::string& keyword, Json::Array schemas) {
  Json schema;
  schema.Set(keyword, std::move(schemas));
  return schema;
}

RC_GTEST_PROP(JsonSchemaProperty, CombinationIsBooleanAlgebra, ()) {
  const Json a = AnySchema(), b = AnySchema(), value = AnyValue(2);
  const bool x = Holds(a, value), y = Holds(b, value);
  RC_ASSERT(Holds(With("allOf", {a, b}), value) == (x && y));
  RC_ASSERT(Holds(With("anyOf", {a, b}), value) == (x || y));
  RC_ASSERT(Holds(With("oneOf", {a, b}), value) == (x != y));
  Json negated;
  negated.Set("not", a);
  RC_ASSERT(Holds(negated, value) == !x);
  Json conditional;
  conditional.Set("if", a);
  conditional.Set("then", b);
  RC_ASSERT(Holds(conditional, value) == (!x || y));
}

RC_GTEST_PROP(JsonSchemaProperty, ReferenceMeansWhatItLeadsTo, ()) {
  const Json a = AnySchema(), value = AnyValue(2);
  Json schema, defs;
  defs.Set("x/y~z", a);
  schema.Set("$defs", std::move(defs));
  schema.Set("$ref", "#/$defs/x~1y~0z");
  RC_ASSERT(Holds(schema, value) == Holds(a, value));
}

RC_GTEST_PROP(JsonSchemaProperty, ConstAcceptsOneValue, ()) {
  const Json a = AnyValue(2), b = AnyValue(2);
  Json schema;
  schema.Set("const", a);
  RC_ASSERT(Holds(schema, a));
  RC_ASSERT(Holds(schema, b) == SameValue(a, b));
}

RC_GTEST_PROP(JsonSchemaProperty, NothingIsUnevaluatedBehindAdditional, ()) {
  const Json value = AnyValue(2);
  RC_ASSERT(Holds(Parsed(R"({"allOf":[{"additionalProperties":true,"items":true}],"unevaluatedProperties":false,"unevaluatedItems":false})"), value));
}

RC_GTEST_PROP(JsonSchemaProperty, NumbersCompareByValue, ()) {
  const int a = *rc::gen::inRange(-1000, 1000), b = *rc::gen::inRange(-1000, 1000);
  const Json x = Json::NumberFromText(std::to_string(a) + "00e-2"), y = Json::NumberFromText(std::to_string(b) + ".0");
  RC_ASSERT((CompareNumbers(x, y) < 0) == (a < b));
  RC_ASSERT((CompareNumbers(x, y) == 0) == (a == b));
  RC_ASSERT(IsWhole(x));
  const int step = *rc::gen::inRange(1, 50);
  const Json tenths = Json::NumberFromText(std::to_string(step) + "e-1");
  RC_ASSERT(IsMultiple(Json::NumberFromText(std::to_string(a * step) + "e-1"), tenths));
  RC_ASSERT(IsMultiple(Json::NumberFromText(std::to_string(a) + "e-1"), tenths) == (a % step == 0));
}

RC_GTEST_PROP(JsonSchemaProperty, AbsoluteAddressesStay, ()) {
  const std::string path = *rc::gen::element<std::string>("/a", "/a/b", "", "/a/?q#f");
  const std::string uri = "http://host.example" + path;
  RC_ASSERT(ResolveUri("https://other.example/x/y", uri) == uri);
  RC_ASSERT(ResolveUri(uri, "") == uri.substr(0, uri.find('#')));
}

// What json.dumps would not write, but people do.
std::string Slipped(const Json& value) {
  if (value.is_string()) return "'" + value.string() + "'";
  if (value.is_bool()) return value.boolean() ? "True" : "False";
  if (value.is_null()) return "None";
  if (value.is_array()) {
    std::string out = "[";
    for (const Json& item : value.array()) out += Slipped(item) + " , ";
    return out + "] ";
  }
  if (value.is_object()) {
    std::string out = "{ // note\n";
    for (const auto& [key, item] : value.object()) out += key + ": " + Slipped(item) + ",\n";
    return out + "}";
  }
  return value.Dump();
}

RC_GTEST_PROP(RepairProperty, SlipsAreForgiven, ()) {
  Json value = Json::Array{};
  value.Push(AnyValue(3));
  const auto repaired = RepairJson("Here: " + Slipped(value));
  RC_ASSERT(repaired.has_value());
  RC_ASSERT(*repaired == value);
}

RC_GTEST_PROP(RepairProperty, StrictJsonReadsTheSame, ()) {
  Json value = Json::Array{};
  value.Push(AnyValue(3));
  RC_ASSERT(*RepairJson(value.Dump()) == value);
}

}  // namespace
}  // namespace rlar::jsonschema
