// rlar models start, stop, list: workers of models that run on this machine beside any one program.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/fs.h"
#include "base/json_at.h"
#include "cli/commands.h"
#include "cli/serve_gguf_source.h"
#include "process/python.h"
#include "process/supervise.h"
#include "tools/reward_model/worker_program.h"

namespace rlar::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto kGrace = std::chrono::seconds(10);

std::vector<std::string> Environment() {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) all.emplace_back(*entry);
  return all;
}

// The worker of a reward model of the library.
Result<SuperviseJob> OfLibrary(const WorkerOptions& options) {
  auto snapshot = LoadSnapshot(options.library, "");
  if (!snapshot) return snapshot.error();
  auto tool = FindTool(**snapshot, options.name);
  if (!tool) return tool.error();
  const ToolCard& card = (*tool)->card();
  if (card.kind != ToolKind::kRewardModel) return MakeError(ErrorCode::kInvalidArgument, card.id.name + " is no reward model");
  auto adapter = AdapterFromJson(card.program);
  if (!adapter) return adapter.error();
  if (adapter->backend != "transformers") {
    return MakeError(ErrorCode::kInvalidArgument,
                     card.id.name + " is served by " + adapter->backend + " at " + adapter->url + ": that server is not rlar's to start");
  }
  SuperviseJob job;
  job.worker.name = card.id.name;
  job.worker.kind = "transformers";
  job.worker.model = adapter->model_dir;
  job.worker.key = WorkerKey(*adapter);
  job.program = WorkerProgram(*adapter);
  return job;
}

// A llama.cpp server of a reranking GGUF; it is asked at its address, so no request goes through the supervisor.
Result<SuperviseJob> OfGguf(const WorkerOptions& options) {
  std::error_code code;
  const fs::path file = fs::absolute(options.gguf, code);
  if (!fs::is_regular_file(file, code)) return MakeError(ErrorCode::kNotFound, "there is no file '" + options.gguf + "'");
  SuperviseJob job;
  job.worker.name = options.name;
  job.worker.kind = "llamacpp";
  job.worker.model = file.string();
  job.program = PythonProgram(kServeGgufSource, {file.string(), "--port", std::to_string(options.port)}, ModelsPython());
  if (const char* server = std::getenv("RLAR_LLAMA_SERVER")) job.program.environment.push_back("RLAR_LLAMA_SERVER=" + std::string(server));
  job.answers = false;
  return job;
}

std::optional<WorkerState> StateOf(const fs::path& directory, const std::string& name) {
  for (WorkerState& worker : ListWorkers(directory)) {
    if (worker.name == name) return std::move(worker);
  }
  return std::nullopt;
}

// Waits for the supervisor `mark` to say "ready"; an error says why it does not.
Result<WorkerState> WaitReady(const fs::path& directory, const std::string& name, const ProcessMark& mark, const Deadline& deadline) {
  const std::string log = (directory / (name + ".log")).string();
  for (;;) {
    const auto state = StateOf(directory, name);
    const bool its_own = state && state->supervisor == mark;
    if (its_own && state->state == "ready") return *state;
    if (its_own && state->state == "failed") return MakeError(ErrorCode::kUnavailable, "worker '" + name + "': " + state->error + "; its log: " + log);
    if (!IsAlive(mark)) return MakeError(ErrorCode::kUnavailable, "worker '" + name + "' ended before it was ready; its log: " + log);
    if (deadline.passed()) {
      return MakeError(ErrorCode::kTimeout, "worker '" + name + "' is not ready yet (it goes on; `rlar models stop " + name + "` ends it); its log: " + log);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

// What a person sees; a worker whose supervisor is gone does not run, whatever its file says.
std::string ShownState(const WorkerState& worker) { return worker.state == "failed" || IsAlive(worker.supervisor) ? worker.state : "gone"; }

Json Shown(const WorkerState& worker, const fs::path& directory) {
  Json json = worker.ToJson();
  json.Set("state", ShownState(worker));
  json.Set("memory_mb", IsAlive(worker.worker) ? Json(std::int64_t(GroupBytes(worker.worker.pid) / (1 << 20))) : Json());
  json.Set("log", (directory / (worker.name + ".log")).string());
  return json;
}

void Print(const WorkerState& worker, const fs::path& directory) {
  const Json json = Shown(worker, directory);
  std::printf("%s  %s  %s", worker.name.c_str(), TextAt(json, "state").c_str(), worker.kind.c_str());
  if (json.Find("memory_mb")->is_number()) std::printf("  %.0f MB", NumberAt(json, "memory_mb"));
  if (worker.restarts > 0) std::printf("  started anew %d times", worker.restarts);
  if (!worker.url.empty()) std::printf("  %s", worker.url.c_str());
  std::printf("  %s%s\n", worker.model.c_str(), worker.error.empty() ? "" : ("  (" + worker.error + ")").c_str());
}

}  // namespace

int WorkersStart(const WorkerOptions& options) {
  auto job = options.gguf.empty() ? OfLibrary(options) : OfGguf(options);
  if (!job) return UsageError(job.error().ToString());
  if (auto named = CheckWorkerName(job->worker.name); !named) return UsageError(named.error().ToString());
  job->directory = WorkerDirectory();
  job->worker.memory_limit_mb = options.memory_limit_mb;
  const std::string name = job->worker.name;
  if (auto made = MakeDirectories(job->directory); !made) return UsageError(made.error().ToString());
  if (const auto old = StateOf(job->directory, name); old && IsAlive(old->supervisor) && old->state != "failed") {
    return UsageError("a worker '" + name + "' runs already; `rlar models stop " + name + "` ends it");
  }
  std::error_code code;
  const auto self = fs::read_symlink("/proc/self/exe", code);
  auto pid = SpawnDetached({self.string(), "models", "supervise", job->ToJson().Dump()}, Environment(), job->directory / (name + ".log"));
  if (!pid) return UsageError(pid.error().ToString());
  auto ready = WaitReady(job->directory, name, MarkOf(*pid), Deadline::After(std::chrono::seconds(options.timeout_s)));
  if (!ready) {
    std::fprintf(stderr, "rlar: %s\n", ready.error().ToString().c_str());
    return 1;
  }
  Print(*ready, job->directory);
  return 0;
}

int WorkersStop(const std::string& name) {
  const auto directory = WorkerDirectory();
  const auto worker = StateOf(directory, name);
  if (!worker) return UsageError("there is no worker '" + name + "' in " + directory.string());
  auto stopped = StopWorker(directory, *worker, kGrace);
  if (!stopped) {
    std::fprintf(stderr, "rlar: %s\n", stopped.error().ToString().c_str());
    return 1;
  }
  std::printf("%s %s\n", name.c_str(), *stopped ? "stopped" : "did not run any more");
  return 0;
}

int WorkersList(bool json) {
  const auto directory = WorkerDirectory();
  for (const WorkerState& worker : ListWorkers(directory)) {
    if (json) {
      std::printf("%s\n", Shown(worker, directory).Dump().c_str());
    } else {
      Print(worker, directory);
    }
  }
  return 0;
}

int WorkersSupervise(const std::string& text) {
  const auto json = ParseJson(text);
  auto job = json ? SuperviseJobFromJson(*json) : Result<SuperviseJob>(json.error());
  if (!job) return UsageError(job.error().ToString());
  auto done = Supervise(*job);
  return done ? 0 : UsageError(done.error().ToString());
}

}  // namespace rlar::cli
