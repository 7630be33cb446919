#include "jsonschema/keywords.h"

#include <algorithm>
#include <iterator>

namespace rlar::jsonschema {
namespace {

struct Keyword {
  std::string_view name;
  Holds holds;
  Draft first = Draft::k06, last = Draft::k2020;
};

constexpr Keyword kKeywords[] = {
    {"additionalItems", Holds::kSchema, Draft::k06, Draft::k2019},
    {"additionalProperties", Holds::kSchema},
    {"allOf", Holds::kList},
    {"anyOf", Holds::kList},
    {"contains", Holds::kSchema},
    {"contentSchema", Holds::kSchema, Draft::k2019},
    {"$defs", Holds::kMap, Draft::k2019},
    {"definitions", Holds::kMap},
    {"dependencies", Holds::kMap},
    {"dependentSchemas", Holds::kMap, Draft::k2019},
    {"else", Holds::kSchema, Draft::k07},
    {"if", Holds::kSchema, Draft::k07},
    {"items", Holds::kSchemaOrList, Draft::k06, Draft::k2019},
    {"items", Holds::kSchema, Draft::k2020},
    {"not", Holds::kSchema},
    {"oneOf", Holds::kList},
    {"patternProperties", Holds::kMap},
    {"prefixItems", Holds::kList, Draft::k2020},
    {"properties", Holds::kMap},
    {"propertyNames", Holds::kSchema},
    {"then", Holds::kSchema, Draft::k07},
    {"unevaluatedItems", Holds::kSchema, Draft::k2019},
    {"unevaluatedProperties", Holds::kSchema, Draft::k2019},
};

}  // namespace

Holds WhatHolds(std::string_view keyword, Draft draft) {
  for (const Keyword& known : kKeywords) {
    if (known.name == keyword && draft >= known.first && draft <= known.last) return known.holds;
  }
  return Holds::kOther;
}

}  // namespace rlar::jsonschema
