// The drafts' metaschemas, for references to them: which kind of value each keyword takes.
#include <memory>

#include "jsonschema/documents.h"

namespace rlar::jsonschema {
namespace {

enum class Takes {
  kSchema,
  kSchemas,
  kSchemaMap,
  kSchemaOrList,
  kCount,
  kNumber,
  kPositive,
  kString,
  kBool,
  kNames,
  kNameMap,
  kTypes,
  kPattern,
  kPatternMap,
  kList,
  kDependencies
};

struct Rule {
  std::string_view name;
  Takes takes;
  Draft first = Draft::k06, last = Draft::k2020;
};

constexpr Rule kRules[] = {
    {"$anchor", Takes::kString, Draft::k2019},
    {"$comment", Takes::kString, Draft::k07},
    {"$defs", Takes::kSchemaMap, Draft::k2019},
    {"$dynamicAnchor", Takes::kString, Draft::k2020},
    {"$dynamicRef", Takes::kString, Draft::k2020},
    {"$id", Takes::kString},
    {"$recursiveAnchor", Takes::kBool, Draft::k2019, Draft::k2019},
    {"$recursiveRef", Takes::kString, Draft::k2019, Draft::k2019},
    {"$ref", Takes::kString},
    {"$schema", Takes::kString},
    {"additionalItems", Takes::kSchema, Draft::k06, Draft::k2019},
    {"additionalProperties", Takes::kSchema},
    {"allOf", Takes::kSchemas},
    {"anyOf", Takes::kSchemas},
    {"contains", Takes::kSchema},
    {"contentEncoding", Takes::kString, Draft::k07},
    {"contentMediaType", Takes::kString, Draft::k07},
    {"contentSchema", Takes::kSchema, Draft::k2019},
    {"definitions", Takes::kSchemaMap},
    {"dependencies", Takes::kDependencies},
    {"dependentRequired", Takes::kNameMap, Draft::k2019},
    {"dependentSchemas", Takes::kSchemaMap, Draft::k2019},
    {"deprecated", Takes::kBool, Draft::k2019},
    {"description", Takes::kString},
    {"else", Takes::kSchema, Draft::k07},
    {"enum", Takes::kList},
    {"examples", Takes::kList},
    {"exclusiveMaximum", Takes::kNumber},
    {"exclusiveMinimum", Takes::kNumber},
    {"format", Takes::kString},
    {"if", Takes::kSchema, Draft::k07},
    {"items", Takes::kSchemaOrList, Draft::k06, Draft::k2019},
    {"items", Takes::kSchema, Draft::k2020},
    {"maxContains", Takes::kCount, Draft::k2019},
    {"maxItems", Takes::kCount},
    {"maxLength", Takes::kCount},
    {"maxProperties", Takes::kCount},
    {"maximum", Takes::kNumber},
    {"minContains", Takes::kCount, Draft::k2019},
    {"minItems", Takes::kCount},
    {"minLength", Takes::kCount},
    {"minProperties", Takes::kCount},
    {"minimum", Takes::kNumber},
    {"multipleOf", Takes::kPositive},
    {"not", Takes::kSchema},
    {"oneOf", Takes::kSchemas},
    {"pattern", Takes::kPattern},
    {"patternProperties", Takes::kPatternMap},
    {"prefixItems", Takes::kSchemas, Draft::k2020},
    {"properties", Takes::kSchemaMap},
    {"propertyNames", Takes::kSchema},
    {"readOnly", Takes::kBool, Draft::k07},
    {"required", Takes::kNames},
    {"then", Takes::kSchema, Draft::k07},
    {"title", Takes::kString},
    {"type", Takes::kTypes},
    {"unevaluatedItems", Takes::kSchema, Draft::k2019},
    {"unevaluatedProperties", Takes::kSchema, Draft::k2019},
    {"uniqueItems", Takes::kBool},
    {"writeOnly", Takes::kBool, Draft::k07},
};

// What `Takes` means, as a schema; SELF stands for the reference to the metaschema itself.
std::string_view Meaning(Takes takes) {
  switch (takes) {
    case Takes::kSchema: return "SELF";
    case Takes::kSchemas: return R"({"type":"array","minItems":1,"items":SELF})";
    case Takes::kSchemaMap: return R"({"type":"object","additionalProperties":SELF})";
    case Takes::kSchemaOrList: return R"({"anyOf":[SELF,{"type":"array","minItems":1,"items":SELF}]})";
    case Takes::kCount: return R"({"type":"integer","minimum":0})";
    case Takes::kNumber: return R"({"type":"number"})";
    case Takes::kPositive: return R"({"type":"number","exclusiveMinimum":0})";
    case Takes::kString: return R"({"type":"string"})";
    case Takes::kBool: return R"({"type":"boolean"})";
    case Takes::kNames: return R"({"type":"array","items":{"type":"string"},"uniqueItems":true})";
    case Takes::kNameMap: return R"({"type":"object","additionalProperties":{"type":"array","items":{"type":"string"},"uniqueItems":true}})";
    case Takes::kTypes: return R"({"anyOf":[TYPE,{"type":"array","items":TYPE,"minItems":1,"uniqueItems":true}]})";
    case Takes::kPattern: return R"({"type":"string","format":"regex"})";
    case Takes::kPatternMap: return R"({"type":"object","additionalProperties":SELF,"propertyNames":{"format":"regex"}})";
    case Takes::kList: return R"({"type":"array"})";
    case Takes::kDependencies:
      return R"({"type":"object","additionalProperties":{"anyOf":[SELF,{"type":"array","items":{"type":"string"},"uniqueItems":true}]}})";
  }
  return "true";
}

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) text.replace(at, from.size(), to);
  return text;
}

}  // namespace

std::unique_ptr<Json> Metaschema(std::string_view address) {
  const auto draft = DraftFromName(address);
  if (!draft || !address.ends_with("/schema")) return nullptr;
  const std::string_view self = *draft >= Draft::k2020 ? R"({"$dynamicRef":"#meta"})" : *draft >= Draft::k2019 ? R"({"$recursiveRef":"#"})" : R"({"$ref":"#"})";
  Json properties = Json::Object{};
  for (const Rule& rule : kRules) {
    if (*draft < rule.first || *draft > rule.last) continue;
    std::string meaning = Replaced(std::string(Meaning(rule.takes)), "SELF", self);
    meaning = Replaced(std::move(meaning), "TYPE", R"({"enum":["null","boolean","object","array","number","string","integer"]})");
    properties.Set(std::string(rule.name), std::move(*ParseJson(meaning)));
  }
  auto schema = std::make_unique<Json>(Json::Object{});
  schema->Set("$schema", address);
  schema->Set("$id", address);
  if (*draft == Draft::k2020) schema->Set("$dynamicAnchor", "meta");
  if (*draft == Draft::k2019) schema->Set("$recursiveAnchor", true);
  schema->Set("type", Json::Array{"object", "boolean"});
  schema->Set("properties", std::move(properties));
  return schema;
}

}  // namespace rlar::jsonschema
