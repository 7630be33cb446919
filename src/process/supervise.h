// The supervisor of one worker: starts it, watches it, starts it anew, and hands it the requests of any number of
// programs.
#pragma once

#include <filesystem>

#include "process/child.h"
#include "process/worker_state.h"

namespace rlar {

struct SuperviseJob {
  std::filesystem::path directory;
  WorkerState worker;    // name, kind, model, key, memory limit; the rest is filled in
  ChildOptions program;  // its first line says that it is ready: {"ready": true}, {"ready": false, "error"}, or {"url"}
  bool answers = true;   // reads a line and answers a line: then it is reached through DIR/NAME.sock
  Json ToJson() const;
};
Result<SuperviseJob> SuperviseJobFromJson(const Json& json);

// Until SIGTERM or SIGINT, which end the worker too. A worker that ends, that takes more memory than its limit, or that
// does not answer for ten minutes is started anew after 1, 2, 4, … 30 s; after five starts in ten minutes it is given
// up, and its state says "failed". One that says why it will never run is given up at once. A request that a worker's
// end cut off has its connection closed: who asked asks again. Errors: already_exists (a supervisor of that name
// lives), and what the directory or the socket refuses.
Result<void> Supervise(const SuperviseJob& job);

// Starts `argv` as a session of its own, with /dev/null as standard input and `log` (appended) as its outputs.
Result<pid_t> SpawnDetached(const std::vector<std::string>& argv, const std::vector<std::string>& environment, const std::filesystem::path& log);

// Ends a supervisor and its worker, gently and after `grace` by force, and removes what stands about it. Only processes
// that are those that were marked are ended. False where nothing ran.
Result<bool> StopWorker(const std::filesystem::path& directory, const WorkerState& worker, std::chrono::milliseconds grace);

}  // namespace rlar
