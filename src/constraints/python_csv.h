// Comma-separated text as Python's csv.reader takes it apart with its defaults.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rlar {

// Rows of fields; a blank line is a row without fields. nullopt where the reader raises an error (a carriage return
// inside a row, a field of more than 131,072 characters).
std::optional<std::vector<std::vector<std::string>>> ReadPythonCsv(std::string_view text, char delimiter);

}  // namespace rlar
