// Row: one line of a user's data, turned once into our types (docs/schemas/row.json). The trainers' field names that real data
// sets use are understood here; nothing behind this folder sees them.
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rlar/sample.h"
#include "rlar/score.h"

namespace rlar {

// Renames of top-level fields before a row is read: {"prompt", "question"} reads the prompt from `question`. A dotted source
// ("reward_model.ground_truth") walks into objects.
struct FieldMap {
  std::vector<std::pair<std::string, std::string>> renames;
  // The same, guessed from the data: used only for rows that lack the field under its own name.
  std::vector<std::pair<std::string, std::string>> guesses;
};

// Why a line is not a row. `id` is kept where it could be read.
struct RowError {
  Class error_class = Class::kBadRow;
  std::string reason;
  Json id;
};

// Fills a group from a row's JSON object. A row without responses yields a group without any.
std::variant<Group, RowError> ParseRow(const Json& row, const FieldMap& map = {});

// Parses the text of one line: also empty lines, bad JSON and bad UTF-8 come back as RowErrors.
std::variant<Group, RowError> ParseRowText(std::string_view line, const FieldMap& map = {});

}  // namespace rlar
