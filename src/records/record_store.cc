#include "records/record_store.h"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>

#include "base/hash.h"
#include "rows/query_row.h"
#include "rows/row.h"
#include "tools/reference_json.h"

namespace rlar {
namespace {

constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS queries(hash TEXT PRIMARY KEY, row TEXT NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS responses(hash TEXT PRIMARY KEY, body TEXT NOT NULL, last INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS rewards(id INTEGER PRIMARY KEY, at REAL NOT NULL, library_version TEXT NOT NULL, task TEXT NOT NULL,"
    " route TEXT NOT NULL, tool TEXT NOT NULL, query TEXT NOT NULL, response TEXT NOT NULL, status TEXT NOT NULL, class TEXT NOT NULL,"
    " value REAL, components TEXT NOT NULL, ms REAL NOT NULL);";

// A text's `last` may lag behind by so many rewards: what repeats is not written again each time.
constexpr int kLag = 1024;

constexpr const char* kIndexes =
    "CREATE INDEX IF NOT EXISTS queries_last ON queries(last);"
    "CREATE INDEX IF NOT EXISTS responses_last ON responses(last);";

class Statement {
 public:
  Statement(sqlite3* database, const char* sql) { sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr); }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  bool ready() const { return statement_ != nullptr; }
  Statement& Text(int at, const std::string& text) {
    sqlite3_bind_text(statement_, at, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT);
    return *this;
  }
  Statement& Real(int at, std::optional<double> value) {
    value ? sqlite3_bind_double(statement_, at, *value) : sqlite3_bind_null(statement_, at);
    return *this;
  }
  Statement& Integer(int at, std::int64_t value) {
    sqlite3_bind_int64(statement_, at, value);
    return *this;
  }
  int Step() { return sqlite3_step(statement_); }
  bool Run() {
    const bool done = Step() == SQLITE_DONE;
    sqlite3_reset(statement_);
    return done;
  }
  std::string Column(int at) const {
    const auto* text = sqlite3_column_text(statement_, at);
    return text == nullptr ? "" : std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_column_bytes(statement_, at)));
  }
  std::optional<double> Number(int at) const {
    if (sqlite3_column_type(statement_, at) == SQLITE_NULL) return std::nullopt;
    return sqlite3_column_double(statement_, at);
  }
  std::int64_t Integer(int at) const { return sqlite3_column_int64(statement_, at); }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

Error Trouble(sqlite3* database, const std::string& what) { return MakeError(ErrorCode::kUnreadable, "records: " + what + ": " + sqlite3_errmsg(database)); }

Result<void> Execute(sqlite3* database, const char* sql) {
  if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return Trouble(database, sql);
  return {};
}

Json ResponseBody(const Response& response) {
  Json body;
  body.Set("text", response.text);
  if (!response.finish_reason.empty()) body.Set("finish_reason", response.finish_reason);
  if (!response.reasoning.empty()) body.Set("reasoning", response.reasoning);
  if (response.tokens) body.Set("tokens", static_cast<std::int64_t>(*response.tokens));
  if (!response.state.is_null()) body.Set("state", response.state);
  if (!response.messages.empty()) body.Set("messages", TurnsJson(response.messages));
  return body;
}

Response ReadBody(const Json& body) {
  Response response;
  const auto text = [&](const char* key, std::string& out, const Json& from) {
    if (const Json* value = from.Find(key); value != nullptr && value->is_string()) out = value->string();
  };
  text("text", response.text, body);
  text("finish_reason", response.finish_reason, body);
  text("reasoning", response.reasoning, body);
  if (const Json* tokens = body.Find("tokens"); tokens != nullptr && tokens->is_number()) response.tokens = static_cast<long>(tokens->number());
  if (const Json* state = body.Find("state"); state != nullptr) response.state = *state;
  const Json* turns = body.Find("messages");
  for (const Json& turn : turns != nullptr && turns->is_array() ? turns->array() : Json::Array{}) {
    Message message;
    text("role", message.role, turn);
    text("content", message.content, turn);
    if (const Json* calls = turn.Find("tool_calls")) message.tool_calls = *calls;
    text("tool_call_id", message.tool_call_id, turn);
    response.messages.push_back(std::move(message));
  }
  return response;
}

// A file from before texts knew who named them last: all count as just named.
Result<void> AddLast(sqlite3* database) {
  Statement known(database, "SELECT count(*) FROM pragma_table_info('responses') WHERE name = 'last'");
  if (!known.ready() || known.Step() != SQLITE_ROW) return Trouble(database, "the tables cannot be read");
  if (known.Integer(0) != 0) return {};
  return Execute(database,
                 "BEGIN IMMEDIATE;"
                 "ALTER TABLE queries ADD COLUMN last INTEGER NOT NULL DEFAULT 0;"
                 "ALTER TABLE responses ADD COLUMN last INTEGER NOT NULL DEFAULT 0;"
                 "UPDATE queries SET last = (SELECT coalesce(max(id), 0) FROM rewards);"
                 "UPDATE responses SET last = (SELECT coalesce(max(id), 0) FROM rewards);"
                 "COMMIT");
}

double UnixNow() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

}  // namespace

// A group's rows, made by the caller's thread; the writer only binds them.
struct RecordStore::Job {
  struct Line {
    std::string hash, body, library_version, task, route, tool, status, error_class, components;
    std::optional<double> value;
    double ms = 0;
  };
  std::string query_hash, row;
  std::vector<Line> lines;
  double at = 0;
  std::optional<Result<void>> outcome;
};

RecordStore::RecordStore(sqlite3* database, Options options, bool writes) : database_(database), options_(options) {
  if (writes) writer_ = std::thread([this] { Work(); });
}

RecordStore::~RecordStore() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (writer_.joinable()) writer_.join();
  sqlite3_close(database_);
}

Result<std::unique_ptr<RecordStore>> RecordStore::Open(const std::string& path, Options options) {
  sqlite3* database = nullptr;
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX, nullptr) != SQLITE_OK) {
    const Error error = MakeError(ErrorCode::kUnreadable, "cannot open '" + path + "': " + sqlite3_errmsg(database));
    sqlite3_close(database);
    return error;
  }
  sqlite3_busy_timeout(database, 10'000);
  Result<void> ready;
  for (const char* sql : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL", kTables}) {
    if (ready) ready = Execute(database, sql);
  }
  if (ready) ready = AddLast(database);
  if (ready) ready = Execute(database, kIndexes);
  if (!ready) {
    sqlite3_close(database);
    return MakeError(ready.error().code, "'" + path + "' is no file of records", ready.error());
  }
  return std::unique_ptr<RecordStore>(new RecordStore(database, options, true));
}

Result<std::unique_ptr<RecordStore>> RecordStore::OpenReadOnly(const std::string& path) {
  sqlite3* database = nullptr;
  if (sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY | SQLITE_OPEN_FULLMUTEX, nullptr) != SQLITE_OK) {
    const Error error = MakeError(ErrorCode::kUnreadable, "cannot open '" + path + "': " + sqlite3_errmsg(database));
    sqlite3_close(database);
    return error;
  }
  sqlite3_busy_timeout(database, 10'000);
  return std::unique_ptr<RecordStore>(new RecordStore(database, {}, false));
}

Result<void> RecordStore::Add(const Group& group, const std::vector<Reward>& rewards) {
  auto job = std::make_shared<Job>();
  job->at = UnixNow();
  job->row = QueryRow(group.query).Dump();
  job->query_hash = Sha256Hex(job->row).substr(0, 32);
  for (std::size_t i = 0; i < rewards.size() && i < group.responses.size(); ++i) {
    const Reward& reward = rewards[i];
    Job::Line line;
    line.body = ResponseBody(group.responses[i]).Dump();
    line.hash = Sha256Hex(line.body).substr(0, 32);
    line.library_version = reward.library_version;
    line.task = reward.task;
    line.route = reward.route;
    line.tool = reward.tool;
    line.status = Name(reward.score.status());
    line.error_class = Name(reward.score.error_class());
    line.value = reward.score.value();
    Json components = Json::Object{};
    for (const auto& [name, value] : reward.score.components()) components.Set(name, value);
    line.components = components.Dump();
    line.ms = reward.ms;
    job->lines.push_back(std::move(line));
  }
  std::unique_lock lock(mutex_);
  done_.wait(lock, [&] { return stop_ || waiting_.size() < options_.max_waiting; });
  if (stop_) return MakeError(ErrorCode::kUnavailable, "records: being closed");
  waiting_.push_back(job);
  wake_.notify_one();
  done_.wait(lock, [&] { return job->outcome.has_value(); });
  return *job->outcome;
}

void RecordStore::Work() {
  for (;;) {
    std::vector<std::shared_ptr<Job>> batch;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stop_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      batch.swap(waiting_);
    }
    const auto outcome = Write(batch);
    const std::lock_guard lock(mutex_);
    for (const auto& job : batch) job->outcome.emplace(outcome);
    done_.notify_all();
  }
}

Result<void> RecordStore::Write(const std::vector<std::shared_ptr<Job>>& batch) {
  RLAR_TRY(Execute(database_, "BEGIN IMMEDIATE"));
  bool good = true;
  std::size_t written = 0;
  {
    const std::string again = " VALUES(?, ?, ?) ON CONFLICT(hash) DO UPDATE SET last = excluded.last WHERE excluded.last >= last + " + std::to_string(kLag);
    Statement query(database_, ("INSERT INTO queries" + again).c_str());
    Statement response(database_, ("INSERT INTO responses" + again).c_str());
    Statement reward(database_,
                     "INSERT INTO rewards(at, library_version, task, route, tool, query, response, status, class, value, components, ms) "
                     "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    good = query.ready() && response.ready() && reward.ready();
    for (std::size_t i = 0; i < batch.size() && good; ++i) {
      const Job& job = *batch[i];
      for (const Job::Line& line : job.lines) {
        reward.Real(1, job.at).Text(2, line.library_version).Text(3, line.task).Text(4, line.route).Text(5, line.tool);
        reward.Text(6, job.query_hash).Text(7, line.hash).Text(8, line.status).Text(9, line.error_class);
        good = good && reward.Real(10, line.value).Text(11, line.components).Real(12, line.ms).Run();
        const std::int64_t id = sqlite3_last_insert_rowid(database_);
        good = good && response.Text(1, line.hash).Text(2, line.body).Integer(3, id).Run();
      }
      const std::int64_t id = sqlite3_last_insert_rowid(database_);
      good = good && (job.lines.empty() || query.Text(1, job.query_hash).Text(2, job.row).Integer(3, id).Run());
      written += job.lines.size();
    }
  }
  if (!good) {
    const Error error = Trouble(database_, "a reward could not be written");
    (void)Execute(database_, "ROLLBACK");
    return error;
  }
  RLAR_TRY(Execute(database_, "COMMIT"));
  return Trim(written);
}

// Past the limit every write takes away twice as many old rewards as it brought, never most of the file, with the texts that nothing
// names any more: no write waits for a long one. The file's pages are used again.
Result<void> RecordStore::Trim(std::size_t written) {
  Statement size(database_, "SELECT (p.page_count - f.freelist_count) * s.page_size FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s");
  if (!size.ready() || size.Step() != SQLITE_ROW) return Trouble(database_, "the file's size cannot be read");
  if (static_cast<double>(size.Integer(0)) <= 1e6 * static_cast<double>(options_.max_mb)) return {};
  // SQLite finds a lone min or max by the index; both in one SELECT would read the whole table.
  Statement ends(database_, "SELECT (SELECT min(id) FROM rewards), (SELECT max(id) FROM rewards)");
  if (!ends.ready() || ends.Step() != SQLITE_ROW) return Trouble(database_, "the oldest reward cannot be found");
  const std::int64_t oldest = ends.Integer(0);
  const std::int64_t first = oldest + std::min<std::int64_t>(2 * static_cast<std::int64_t>(written), 1 + (ends.Integer(1) - oldest) / 10);
  const std::string unnamed = " WHERE last < " + std::to_string(first - kLag) + ";";
  const std::string sql =
      "BEGIN IMMEDIATE;"
      "DELETE FROM rewards WHERE id < " +
      std::to_string(first) +
      ";"
      "DELETE FROM responses" +
      unnamed + "DELETE FROM queries" + unnamed + "COMMIT";
  auto done = Execute(database_, sql.c_str());
  if (!done) (void)Execute(database_, "ROLLBACK");
  return done;
}

Result<Json::Array> RecordStore::Last(std::size_t count) const {
  Statement some(database_,
                 "SELECT r.id, r.at, r.library_version, r.task, r.route, r.tool, r.status, r.class, r.value, r.components, r.ms, q.row, a.body "
                 "FROM rewards r JOIN queries q ON q.hash = r.query JOIN responses a ON a.hash = r.response ORDER BY r.id DESC LIMIT ?");
  if (!some.ready()) return Trouble(database_, "they cannot be read");
  some.Integer(1, static_cast<std::int64_t>(count));
  Json::Array found;
  int step = some.Step();
  for (; step == SQLITE_ROW; step = some.Step()) {
    Json one;
    one.Set("id", some.Integer(0));
    one.Set("at", some.Number(1).value_or(0));
    int at = 2;
    for (const char* name : {"library_version", "task", "route", "tool", "status", "class"}) one.Set(name, some.Column(at++));
    const auto value = some.Number(8);
    one.Set("value", value ? Json(*value) : Json());
    one.Set("ms", some.Number(10).value_or(0));
    for (const auto& [name, column] : {std::pair("components", 9), std::pair("row", 11), std::pair("response", 12)}) {
      auto json = ParseJson(some.Column(column));
      if (!json) return MakeError(ErrorCode::kCorrupt, "records: reward " + one.Find("id")->Dump() + " is damaged");
      one.Set(name, std::move(*json));
    }
    found.push_back(std::move(one));
  }
  if (step != SQLITE_DONE) return Trouble(database_, "they cannot be read");
  return found;
}

Result<void> RecordStore::ForEach(const std::function<bool(RecordedReward&&)>& each) const {
  Statement all(database_,
                "SELECT r.id, r.library_version, r.task, r.route, r.tool, r.status, r.class, r.value, q.row, a.body FROM rewards r "
                "JOIN queries q ON q.hash = r.query JOIN responses a ON a.hash = r.response ORDER BY r.id");
  if (!all.ready()) return Trouble(database_, "they cannot be read");
  int step = all.Step();
  for (; step == SQLITE_ROW; step = all.Step()) {
    RecordedReward one;
    one.id = all.Integer(0);
    one.library_version = all.Column(1);
    one.task = all.Column(2);
    one.route = all.Column(3);
    one.tool = all.Column(4);
    one.status = all.Column(5);
    one.error_class = all.Column(6);
    one.value = all.Number(7);
    auto parsed = ParseRowText(all.Column(8));
    auto* group = std::get_if<Group>(&parsed);
    auto body = ParseJson(all.Column(9));
    if (group == nullptr || !body) return MakeError(ErrorCode::kCorrupt, "records: reward " + std::to_string(one.id) + " is damaged");
    one.query = std::move(group->query);
    one.response = ReadBody(*body);
    if (!each(std::move(one))) return {};
  }
  if (step != SQLITE_DONE) return Trouble(database_, "they cannot be read");
  return {};
}

}  // namespace rlar
