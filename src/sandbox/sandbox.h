// The sandbox: runs untrusted programs in warm, sealed interpreters (docs/security.md), many at once.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "rlar/json.h"
#include "sandbox/run.h"

namespace rlar {

struct SandboxOptions {
  std::string python = "/usr/bin/python3";
  std::optional<IsolationLevel> level;  // none: the strongest that this host allows
  unsigned max_in_flight = 16;          // runs at once; more wait for their turn until their deadline
  int recycle_after = 2'000;            // runs of one interpreter before it is replaced
  std::vector<std::string> preload = DefaultPreload();
  bool control_groups = true;
  double rest = 0;  // seconds that a caller waits after its run, for each second that the run took; at most kLongestRest

  static std::vector<std::string> DefaultPreload();
  // The defaults with what RLAR_SANDBOX_LEVEL, RLAR_SANDBOX_PYTHON and RLAR_SANDBOX_REST say.
  static SandboxOptions FromEnvironment();
};

// What the harness says about tests of functions.
struct TestReport {
  RunResult run;              // how the guest ended; kOk where the harness had the last word
  std::vector<bool> results;  // one per test that was run, in order
  enum class Stage { kDone, kLoad, kGone, kData, kBrokenTests } stage = Stage::kGone;
  std::size_t total = 0;        // how many tests there are, as far as the harness can tell
  std::string error;            // the first failure, or why the tests cannot be run
  bool guest_compared = false;  // a verdict rests on the guest's own comparison of its objects
};

// Thread-safe. Nothing is started before the first run.
class Sandbox {
 public:
  explicit Sandbox(SandboxOptions options);
  ~Sandbox();
  // The one that tools share, with options from the environment.
  static Sandbox& Shared();

  // The level in use, found by setting one interpreter up; the error names what this host forbids at the weakest full level.
  Result<IsolationLevel> Level();

  // A program: `job.mode` is script, program, build or check.
  RunResult RunProgram(const RunJob& job, const Deadline& deadline);
  // Functions of `sources` (tried in turn until one compiles, after the job's own "setup") under the tests of `harness_job` (see guest/harness.py).
  TestReport RunTests(const std::vector<std::string>& sources, const Json& harness_job, const Limits& limits, const Deadline& deadline);

 private:
  class Lease;
  using Slots = std::vector<std::unique_ptr<Interpreter>>;
  Result<std::unique_ptr<Interpreter>> Take(InterpreterRole role, const Deadline& deadline);
  void Return(std::unique_ptr<Interpreter> interpreter);
  Result<std::unique_ptr<Interpreter>> StartOne(InterpreterRole role, const Deadline& deadline);
  void ReadVerdict(int socket, TestReport& report, bool& clean, bool& heard) const;

  SandboxOptions options_;
  std::mutex mutex_;
  std::condition_variable turn_;
  Slots guests_, harnesses_;  // idle
  unsigned running_ = 0;
  std::optional<IsolationLevel> level_;
};

}  // namespace rlar
