// Workers that run on this machine beside any one program (`rlar models start`): what stands about each in a directory,
// and whether it is true.
//
//   DIR/NAME.json   WorkerState, replaced whole
//   DIR/NAME.sock   a supervised reading-and-answering worker listens here (supervise.h)
//   DIR/NAME.log    what it wrote to standard error
//   DIR/NAME.lock   locked as long as a supervisor of that name lives
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rlar/json.h"
#include "rlar/result.h"

namespace rlar {

// A process and when it began (clock ticks since the machine did): the same number with another beginning is another
// process.
struct ProcessMark {
  pid_t pid = -1;
  std::int64_t begun = 0;
  bool operator==(const ProcessMark&) const = default;
};
// pid -1 where there is no such process.
ProcessMark MarkOf(pid_t pid);
bool IsAlive(const ProcessMark& mark);
// Resident bytes of all processes of the group.
double GroupBytes(pid_t group);

struct WorkerState {
  std::string name;
  std::string kind;   // transformers | llamacpp
  std::string model;  // its folder or file
  std::string key;    // names what it was started with; empty where nobody looks for it
  std::string state;  // starting | ready | restarting | failed
  std::string error;  // of the last failure
  std::string url;    // llamacpp: where it serves
  ProcessMark supervisor, worker;
  int restarts = 0;
  std::int64_t memory_limit_mb = 0;  // 0: none
  std::int64_t started = 0;          // Unix time
  Json ToJson() const;               // docs/schemas/worker_state.json
};
Result<WorkerState> WorkerStateFromJson(const Json& json);

// $RLAR_WORKERS, else $XDG_STATE_HOME/rlar/workers, else ~/.local/state/rlar/workers.
std::filesystem::path WorkerDirectory();
// 1 to 64 letters, digits, '_', '-' and '.', not beginning with '.': an error says so.
Result<void> CheckWorkerName(const std::string& name);
// By name; files that cannot be read are passed over. An absent directory is an empty list.
std::vector<WorkerState> ListWorkers(const std::filesystem::path& directory);
// The worker with that key whose supervisor lives and has not given up.
std::optional<WorkerState> FindWorker(const std::filesystem::path& directory, const std::string& key);

}  // namespace rlar
