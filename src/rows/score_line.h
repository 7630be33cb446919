// One reward as one line of JSON (docs/schemas/score_line.json).
#pragma once

#include <string>

#include "rlar/engine.h"
#include "rows/row.h"

namespace rlar {

// Appends the object without a newline. `line` is 1-based (0: left out, as for HTTP rows that have no line).
void AppendScoreLine(std::string& out, long line, const Json& id, std::size_t response_index, const Reward& reward);
// The line for a row that could not be read.
void AppendErrorLine(std::string& out, long line, const RowError& error, const std::string& library_version);

}  // namespace rlar
