// What `rlar eval best-of-n` and `rlar eval rewardbench2` read: rows that say which responses are right, and files of scores.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/commands.h"

namespace rlar::cli {

struct EvalRow {
  long line = 0;
  Json id;                  // null where the row has none
  std::string subset;       // empty where the row names none
  std::vector<bool> right;  // one a response
  Group group;              // without what tells right from wrong; no responses where the row doesn't hold them
  // Ties rows of RewardBench 2 ("ref:7", "tied:7"); empty else
  std::string ties_prompt;
  bool tied = false;
};

enum class Suite { kBestOfN, kRewardBench2 };

// All rows. A row that breaks its suite's form is an error that names the line and the field.
Result<std::vector<EvalRow>> ReadEvalRows(const InputOptions& input, Suite suite);

// "line N, field 'F': what".
Error Wrong(long line, const std::string& field, const std::string& what);
// A number, or a list that holds just one.
std::optional<double> Number(const Json& value);
// Which of `responses` responses are best, from a row's unknown fields: `best` (an index or several) or the highest of `grades`.
Result<std::vector<bool>> ReadRight(const Json& extra, long line, std::size_t responses, const std::string& grades);

// One row's scores, or why it has none.
struct RowScores {
  std::vector<double> values;  // one a response; empty where unscored
  std::string why;             // empty where scored
};

// A file of scores for `rows`, in their order: lines {"id", "scores": [number, …]} (by id, or by order where no line has an id),
// or the lines that `rlar score` writes for the same file. A score that is null, and a row without a line, is unscored.
Result<std::vector<RowScores>> ReadScores(const std::string& path, const std::vector<EvalRow>& rows);

}  // namespace rlar::cli
