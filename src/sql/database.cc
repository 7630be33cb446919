#include "sql/database.h"

#include <sqlite3.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "base/text.h"
#include "sql/memory.h"

namespace rlar::sql {
namespace {

constexpr int kInstructionsPerCall = 1000;
constexpr int kMostValueBytes = 4 << 20, kMostSqlBytes = 1 << 20;
constexpr const char* kVfsName = "rlar-still";
// 2024-01-01T00:00:00Z, in milliseconds of Julian days.
constexpr sqlite3_int64 kStillTime = 212'570'827'200'000;

struct Closer {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Handle = std::unique_ptr<sqlite3, Closer>;
using Statement = std::unique_ptr<sqlite3_stmt, Closer>;

int StillTime(sqlite3_vfs*, sqlite3_int64* now) {
  *now = kStillTime;
  return SQLITE_OK;
}
int StillDay(sqlite3_vfs*, double* now) {
  *now = static_cast<double>(kStillTime) / 86'400'000.0;
  return SQLITE_OK;
}

// The usual file system with a clock that stands still; registered once.
const char* StillVfs() {
  static const bool kRegistered = [] {
    MemoryMeter::Install();
    static sqlite3_vfs vfs = *sqlite3_vfs_find(nullptr);
    vfs.zName = kVfsName;
    vfs.xCurrentTime = &StillDay;
    vfs.xCurrentTimeInt64 = &StillTime;
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
  }();
  return kRegistered ? kVfsName : nullptr;
}

bool IsForbiddenFunction(std::string_view name) {
  const std::string lower = AsciiLower(name);
  for (const std::string_view forbidden : {"random", "randomblob", "load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "sqlite_version",
                                           "sqlite_source_id", "changes", "total_changes", "last_insert_rowid"}) {
    if (lower == forbidden) return true;
  }
  return false;
}

// Reading, and nothing else.
int AllowReading(void*, int action, const char*, const char* function, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION: return IsForbiddenFunction(function) ? SQLITE_DENY : SQLITE_OK;
    default: return SQLITE_DENY;
  }
}

// What a script that makes a data base needs; its settings are passed over.
int AllowMaking(void*, int action, const char*, const char* function, const char*, const char*) {
  switch (action) {
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_CREATE_VTABLE:
    case SQLITE_DROP_VTABLE: return SQLITE_DENY;
    case SQLITE_PRAGMA: return SQLITE_IGNORE;
    case SQLITE_FUNCTION: return IsForbiddenFunction(function) ? SQLITE_DENY : SQLITE_OK;
    default: return SQLITE_OK;
  }
}

struct Meter {
  std::int64_t left;
  static int Tick(void* self) { return (static_cast<Meter*>(self)->left -= kInstructionsPerCall) < 0; }
};

Error Refuse(std::string message) { return MakeError(ErrorCode::kInvalidArgument, std::move(message)); }

Result<Handle> Connect(const std::string& name, int flags) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, StillVfs());
  Handle db(raw);
  if (code != SQLITE_OK) return MakeError(ErrorCode::kUnreadable, db != nullptr ? sqlite3_errmsg(db.get()) : "out of memory");
  sqlite3_extended_result_codes(db.get(), 1);
  sqlite3_limit(db.get(), SQLITE_LIMIT_LENGTH, kMostValueBytes);
  sqlite3_limit(db.get(), SQLITE_LIMIT_SQL_LENGTH, kMostSqlBytes);
  sqlite3_limit(db.get(), SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1000);
  sqlite3_limit(db.get(), SQLITE_LIMIT_EXPR_DEPTH, 200);
  sqlite3_limit(db.get(), SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_db_config(db.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db.get(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  return db;
}

bool LooksLikeScript(std::string_view source) {
  if (source.find('\n') != source.npos || source.find(';') != source.npos) return true;
  source = Trim(source);
  return StartsWithIgnoreCase(source, "create ") || StartsWithIgnoreCase(source, "begin") || source.starts_with("--");
}

Result<std::shared_ptr<const std::vector<unsigned char>>> RunScript(const std::string& script, const Limits& limits) {
  StillVfs();
  const MemoryMeter memory(4 * limits.memory);
  auto db = Connect(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!db) return db.error();
  Meter meter{limits.instructions};
  sqlite3_progress_handler(db->get(), kInstructionsPerCall, &Meter::Tick, &meter);
  sqlite3_set_authorizer(db->get(), &AllowMaking, nullptr);
  sqlite3_limit(db->get(), SQLITE_LIMIT_SQL_LENGTH, 1 << 30);
  if (sqlite3_exec(db->get(), script.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return Refuse(std::string("the script that makes the data base fails: ") + sqlite3_errmsg(db->get()));
  }
  sqlite3_set_authorizer(db->get(), nullptr, nullptr);  // serialising asks for a setting
  sqlite3_int64 size = 0;
  unsigned char* bytes = sqlite3_serialize(db->get(), "main", &size, 0);
  auto content = std::make_shared<std::vector<unsigned char>>();
  if (bytes != nullptr) content->assign(bytes, bytes + size);
  sqlite3_free(bytes);
  return std::shared_ptr<const std::vector<unsigned char>>(std::move(content));
}

std::string FileUri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      constexpr char kHex[] = "0123456789ABCDEF";
      uri += '%';
      uri += kHex[static_cast<unsigned char>(c) >> 4];
      uri += kHex[c & 15];
    } else {
      uri += c;
    }
  }
  return uri + "?mode=ro&immutable=1";
}

std::string Real(double value, bool round) {
  std::array<char, 64> buffer;
  if (round) {
    const int size = std::snprintf(buffer.data(), buffer.size(), "%.11e", value);
    value = std::strtod(std::string(buffer.data(), static_cast<std::size_t>(size)).c_str(), nullptr);
  }
  if (value == std::floor(value) && std::fabs(value) < 9e15) return "n" + std::to_string(static_cast<long long>(value));
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return "n" + std::string(buffer.data(), end);
}

std::string Value(sqlite3_stmt* statement, int column, bool round) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL: return "0";
    case SQLITE_INTEGER:
      return round ? Real(static_cast<double>(sqlite3_column_int64(statement, column)), true) : "n" + std::to_string(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT: return Real(sqlite3_column_double(statement, column), round);
    default: break;
  }
  const char kind = sqlite3_column_type(statement, column) == SQLITE_TEXT ? 't' : 'b';
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  return kind + (bytes != nullptr ? std::string(bytes, size) : std::string());
}

bool IsOverLimit(int code) { return (code & 0xFF) == SQLITE_INTERRUPT || (code & 0xFF) == SQLITE_NOMEM || (code & 0xFF) == SQLITE_TOOBIG; }

// Blanks, semicolons and comments.
bool IsNothing(std::string_view rest) {
  for (std::size_t i = 0; i < rest.size();) {
    if (IsAsciiSpace(rest[i]) || rest[i] == ';')
      ++i;
    else if (rest.substr(i).starts_with("--"))
      i = std::min(rest.find('\n', i), rest.size());
    else if (rest.substr(i).starts_with("/*"))
      i = rest.find("*/", i) == rest.npos ? rest.size() : rest.find("*/", i) + 2;
    else
      return false;
  }
  return true;
}

}  // namespace

Result<Database> Database::Open(const std::string& source, const Limits& limits) {
  Database database;
  database.limits_ = limits;
  if (LooksLikeScript(source)) {
    auto content = RunScript(source, limits);
    if (!content) return content.error();
    database.content_ = std::move(*content);
    return database;
  }
  std::error_code error;
  if (!std::filesystem::is_regular_file(source, error)) return MakeError(ErrorCode::kNotFound, "there is no data base file '" + source + "'");
  database.uri_ = FileUri(source);
  const auto tried = database.Query("SELECT count(*) FROM sqlite_master", false);
  if (const auto* failure = std::get_if<Failure>(&tried)) return MakeError(ErrorCode::kUnreadable, "'" + source + "' is no data base: " + failure->message);
  return database;
}

std::variant<Table, Failure> Database::Query(std::string_view sql, bool round) const {
  StillVfs();  // before the first use of SQLite
  const MemoryMeter memory(limits_.memory);
  auto opened = content_ != nullptr ? Connect(":memory:", SQLITE_OPEN_READWRITE) : Connect(uri_, SQLITE_OPEN_READONLY);
  if (!opened) return Failure{Failure::Kind::kError, opened.error().ToString()};
  sqlite3* db = opened->get();
  if (content_ != nullptr && !content_->empty()) {
    // The bytes are only read: the connection is told so, and lives shorter than they.
    const int code = sqlite3_deserialize(db, "main", const_cast<unsigned char*>(content_->data()), static_cast<sqlite3_int64>(content_->size()),
                                         static_cast<sqlite3_int64>(content_->size()), SQLITE_DESERIALIZE_READONLY);
    if (code != SQLITE_OK) return Failure{Failure::Kind::kError, sqlite3_errmsg(db)};
  }
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);  // only now: deserialising attaches
  sqlite3_exec(db, "PRAGMA temp_store=MEMORY", nullptr, nullptr, nullptr);
  Meter meter{limits_.instructions};
  sqlite3_progress_handler(db, kInstructionsPerCall, &Meter::Tick, &meter);
  sqlite3_set_authorizer(db, &AllowReading, nullptr);
  const auto fail = [&](int code) { return Failure{IsOverLimit(code) ? Failure::Kind::kOverLimit : Failure::Kind::kError, sqlite3_errmsg(db)}; };
  if (sql.size() > static_cast<std::size_t>(kMostSqlBytes)) return Failure{Failure::Kind::kOverLimit, "the query is too long"};
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int prepared = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &raw, &tail);
  const Statement statement(raw);
  if (prepared != SQLITE_OK) return fail(prepared);
  if (raw == nullptr) return Failure{Failure::Kind::kError, "there is no query"};
  if (!IsNothing(std::string_view(tail, static_cast<std::size_t>(sql.data() + sql.size() - tail)))) {
    return Failure{Failure::Kind::kError, "more than one statement"};
  }
  Table table;
  table.columns = static_cast<std::size_t>(sqlite3_column_count(raw));
  std::size_t bytes = 0;
  for (int code = sqlite3_step(raw); code != SQLITE_DONE; code = sqlite3_step(raw)) {
    if (code != SQLITE_ROW) return fail(code);
    if (table.rows.size() >= limits_.rows) return Failure{Failure::Kind::kOverLimit, "more than " + std::to_string(limits_.rows) + " rows"};
    Row& row = table.rows.emplace_back();
    for (int c = 0; c < static_cast<int>(table.columns); ++c) bytes += row.emplace_back(Value(raw, c, round)).size();
    if (bytes > limits_.bytes) return Failure{Failure::Kind::kOverLimit, "more than " + std::to_string(limits_.bytes) + " bytes"};
  }
  return table;
}

bool OrdersRows(std::string_view sql) {
  int depth = 0;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    const char c = sql[i];
    if (c == '\'' || c == '"' || c == '`' || c == '[') {
      i = std::min(sql.find(c == '[' ? ']' : c, i + 1), sql.size());
    } else if (sql.substr(i).starts_with("--")) {
      i = std::min(sql.find('\n', i), sql.size());
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      --depth;
    } else if (depth == 0 && StartsWithIgnoreCase(sql.substr(i), "order") && (i == 0 || !IsAsciiAlpha(sql[i - 1]))) {
      std::size_t next = i + 5;
      while (next < sql.size() && IsAsciiSpace(sql[next])) ++next;
      if (next > i + 5 && StartsWithIgnoreCase(sql.substr(next), "by")) return true;
    }
  }
  return false;
}

}  // namespace rlar::sql
