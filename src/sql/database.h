// One SQLite data base that queries of strangers may read and nothing else: no writes, no other files, no settings, no extensions, no
// randomness, a clock that stands still, and a limit on the virtual machine's instructions. The same query gives the same rows on any
// thread and under any load.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rlar/result.h"

namespace rlar::sql {

struct Limits {
  std::int64_t instructions = 20'000'000;  // of the virtual machine, some tens of nanoseconds each
  std::size_t rows = 100'000;
  std::size_t bytes = 64u << 20;    // of all values together
  std::int64_t memory = 256 << 20;  // that SQLite takes for one query
};

// A value as text that is equal for equal values: numbers by value (1 and 1.0 alike), text and blobs by their bytes.
using Row = std::vector<std::string>;

struct Table {
  std::size_t columns = 0;
  std::vector<Row> rows;
};

struct Failure {
  enum class Kind { kError, kOverLimit } kind = Kind::kError;
  std::string message;
};

class Database {
 public:
  // `source` is the path of a data base file, which is opened read-only, or a script that makes one in memory. Errors: no such file, no
  // data base, a script that fails.
  static Result<Database> Open(const std::string& source, const Limits& limits);

  // Runs one query. From any thread. `round` compares numbers by twelve significant digits.
  std::variant<Table, Failure> Query(std::string_view sql, bool round) const;

 private:
  Database() = default;
  Limits limits_;
  std::string uri_;                                            // of a file
  std::shared_ptr<const std::vector<unsigned char>> content_;  // of a script
};

// Whether the outermost query orders its rows.
bool OrdersRows(std::string_view sql);

}  // namespace rlar::sql
