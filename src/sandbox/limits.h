// What one run in the sandbox may use, and how it ended.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace rlar {

// How strong the walls are (docs/security.md). Both count as full; nothing weaker is used.
enum class IsolationLevel { kNamespaces, kConfined };
std::string_view Name(IsolationLevel level);  // "namespaces", "confined"

struct Limits {
  std::chrono::milliseconds cpu{5'000};                 // processor time of the run; also how long it may sleep and wait in all
  std::chrono::milliseconds wall{0};                    // hard end; 0: ten times `cpu` and at least 10 s
  std::size_t memory_bytes = 1u << 30;                  // above what the warm interpreter holds
  std::size_t file_bytes = 64u << 20;                   // one file
  static constexpr std::size_t kTmpBytes = 256u << 20;  // the private /tmp
  std::size_t output_bytes = 8u << 20;                  // kept of standard output, and of standard error; the rest is read and dropped
  unsigned processes = 64;                              // processes and threads at once
  bool reserves_memory = false;                         // reserves address space it never uses (JavaScript engines)

  std::chrono::milliseconds HardEnd() const { return wall.count() > 0 ? wall : std::max(cpu * 10, std::chrono::milliseconds(10'000)); }
};

enum class Outcome {
  kOk,
  kNonzeroExit,
  kSignal,
  kCpuLimit,
  kWallLimit,
  kMemoryLimit,
  kProcessLimit,
  kFileLimit,
  kOverload,     // the machine did not give it the time: nobody's verdict
  kUnavailable,  // the walls could not be set up, or the sandbox itself broke
};
std::string_view Name(Outcome outcome);  // "ok", "nonzero_exit", … as in docs/schemas/run_result.json
// True where the program, not the sandbox or the machine, is to blame or to praise.
inline bool IsProgramsOwn(Outcome outcome) { return outcome != Outcome::kOverload && outcome != Outcome::kUnavailable; }

struct RunResult {
  Outcome outcome = Outcome::kUnavailable;
  int exit_code = 0;       // where it exited
  int signal = 0;          // where a signal ended it
  bool truncated = false;  // output beyond `output_bytes` was dropped
  std::string out, err;
  std::string detail;  // why it is unavailable or overloaded; a sentence
  double cpu_ms = 0, wall_ms = 0;
  bool by_verdict = false;  // RunJob::until ended it
};

}  // namespace rlar
