// RecordStore: rewards that were given, in one SQLite file, so that each can be traced and replayed. Queries and responses stand in it once,
// named by their hashes.
//
//   queries(hash, row, last)              row: docs/schemas/row.json, without responses; last: the newest reward that names it, or one shortly before
//   responses(hash, body, last)           body: {"text", "finish_reason"?, …}
//   rewards(id, at, library_version, task, route, tool, query, response, status, class, value, components, ms)
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "rlar/engine.h"

struct sqlite3;

namespace rlar {

struct RecordedReward {
  std::int64_t id = 0;
  std::string library_version, task, route, tool, status, error_class;
  std::optional<double> value;
  Query query;
  Response response;
};

class RecordStore {
 public:
  struct Options {
    std::size_t max_mb = 2048;       // of the file; past it each write takes some of the oldest rewards away
    std::size_t max_waiting = 8192;  // groups; a full queue makes Add wait
  };
  // Made where there is none. WAL: readers do not stop the writer.
  static Result<std::unique_ptr<RecordStore>> Open(const std::string& path, Options options);
  static Result<std::unique_ptr<RecordStore>> OpenReadOnly(const std::string& path);
  ~RecordStore();
  // Returns once the group stands in the file: a process that is killed afterwards has lost nothing. Callers that come together
  // share one transaction. Thread-safe.
  Result<void> Add(const Group& group, const std::vector<Reward>& rewards);
  // The last `count` rewards, newest first, as objects (docs/schemas/rewards.json).
  Result<Json::Array> Last(std::size_t count) const;
  // Every recorded reward in order; `each` returns false to stop. Errors: kCorrupt for a row that cannot be read.
  Result<void> ForEach(const std::function<bool(RecordedReward&&)>& each) const;

 private:
  struct Job;
  RecordStore(sqlite3* database, Options options, bool writes);
  void Work();
  Result<void> Write(const std::vector<std::shared_ptr<Job>>& batch);
  Result<void> Trim(std::size_t written);

  sqlite3* const database_;
  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::vector<std::shared_ptr<Job>> waiting_;  // guarded by mutex_
  bool stop_ = false;                          // guarded by mutex_
  std::thread writer_;
};

}  // namespace rlar
