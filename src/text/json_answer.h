// The JSON value that a response gives: the whole of it, its only fenced block, or, where asked for, what a lenient reading finds.
#pragma once

#include <cstddef>
#include <string_view>

#include "rlar/json.h"
#include "rlar/result.h"

namespace rlar {

struct JsonAnswerOptions {
  bool fenced = true;   // the only fenced block counts where the whole is no JSON
  bool repair = false;  // then the slips that writers make are forgiven
};

// Precondition: `text` is what follows the reasoning. The error is that of the strict reading.
Result<Json> ReadJsonAnswer(std::string_view text, const JsonAnswerOptions& options);

// Reads the first object or array in `text`, forgiving comments, trailing and missing commas, single quotes, bare words as keys and strings,
// Python's and JavaScript's constants, line breaks in strings, and brackets left open at the end. A text
// that holds two different values is refused.
Result<Json> RepairJson(std::string_view text);

// Reads one value leniently at `pos` and moves `pos` behind it. The error says where it went wrong.
Result<Json> ReadLenientValue(std::string_view text, std::size_t& pos);

}  // namespace rlar
