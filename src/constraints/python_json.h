// What Python's json.loads takes for JSON.
#pragma once

#include <string_view>

namespace rlar {

// As RFC 8259, and also NaN, Infinity, -Infinity and escapes of lone surrogates; up to 990 values deep, where its parser gives
// up. Blanks around the value are allowed.
bool IsPythonJson(std::string_view text);

}  // namespace rlar
