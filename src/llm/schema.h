// A subset of JSON Schema: type, enum, properties, required, additionalProperties (false), items, minItems, maxItems,
// minLength, maxLength, minimum, maximum, anyOf. Prompts use no more than that.
#pragma once

#include "rlar/json.h"

namespace rlar {

// The error names the place, e.g. "groups[2].label: is no string".
Result<void> MatchesSchema(const Json& value, const Json& schema);

// The JSON value in a model's text: the whole text, else the last fenced block, else the first balanced object or array.
Result<Json> JsonInText(std::string_view text);

}  // namespace rlar
