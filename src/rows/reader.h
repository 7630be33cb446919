// RowReader: rows from a file or standard input, one at a time, in bounded memory. JSON Lines and CSV are read here; Parquet
// through a Python reader (pyarrow) in a child process.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "rows/row.h"

namespace rlar {

struct ReaderOptions {
  FieldMap map;                           // from --map; guessed fields are added where it names none
  std::size_t max_row_bytes = 64u << 20;  // a longer line is RowError(row_oversize)
  bool guess = true;
};

struct NumberedRow {
  long line = 0;  // 1-based; for CSV the record's number after the header, for Parquet the row's
  std::size_t bytes = 0;
  std::variant<Group, RowError> row;
};

class RowReader {
 public:
  virtual ~RowReader() = default;
  // The next row; nullopt at the end; an error only where reading itself fails.
  virtual Result<std::optional<NumberedRow>> Next() = 0;
  // What was guessed about the fields so far, e.g. "reference=answer"; complete at the end.
  virtual const std::vector<std::string>& guesses() const = 0;
};

// `path` "-" is standard input (JSON Lines). The format follows the ending: .jsonl .json .ndjson, .csv, .parquet; else JSON Lines.
Result<std::unique_ptr<RowReader>> OpenRows(const std::string& path, ReaderOptions options);

// Parses "prompt=question,reference=answer". An unknown field name is an error with the nearest valid one.
Result<FieldMap> ParseFieldMap(std::string_view text);
// Adds guesses for fields that the row lacks under our names but has under a trainer's or a data set's name; returns the new ones.
std::vector<std::string> GuessFields(const Json& row, FieldMap& map);

}  // namespace rlar
