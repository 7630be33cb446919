// Exact comparison and division of JSON numbers by their source texts.
#pragma once

#include <string_view>

#include "rlar/json.h"

namespace rlar::jsonschema {

// < 0, 0, > 0. Precondition: both are numbers.
int CompareNumbers(const Json& a, const Json& b);
// 1.0 and 1e2 are whole too.
bool IsWhole(const Json& number);
// Whether `value` is a multiple of `step`. Precondition: step > 0. Where the exponents are too far apart for exact arithmetic the
// doubles decide.
bool IsMultiple(const Json& value, const Json& step);
// Equality of values: numbers by value, objects without regard to order.
bool SameValue(const Json& a, const Json& b);

}  // namespace rlar::jsonschema
