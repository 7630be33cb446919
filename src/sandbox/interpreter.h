// A warm, sandboxed interpreter process: the zygote that forks a sealed child per run, or the harness that runs tests.
#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "rlar/result.h"
#include "rlar/tool.h"
#include "sandbox/limits.h"

namespace rlar {

enum class InterpreterRole { kGuest, kHarness };

struct InterpreterOptions {
  std::string python = "/usr/bin/python3";  // named explicitly, never looked up
  InterpreterRole role = InterpreterRole::kGuest;
  IsolationLevel level = IsolationLevel::kNamespaces;
  std::vector<std::string> preload;  // modules imported once; missing ones are passed over
  bool control_groups = true;        // use a memory and process group where the host lends one
  int fail_at = 0;                   // fault tests: the N-th step of setting the interpreter up fails
  int run_fail_at = 0;               // fault tests: the N-th step of setting a run up fails
};

// What the zygote says of a run that ended.
struct ExitNotice {
  int status = 0;      // as of wait4
  unsigned tasks = 0;  // processes and threads ever made; 0 where not counted
  double cpu_ms = 0;
  std::size_t peak_kb = 0;
};

// A child of the zygote that is walled in and waits for its job.
struct Spare {
  UniqueFd pidfd, inbox;
};

// A message of the zygote: a child is ready, a run ended, or no child could be made.
struct ZygoteMessage {
  Spare spare;
  std::optional<ExitNotice> exit;
  std::string failure;
};

// One packet with descriptors (at most 8) on a packet socket.
Result<void> SendPacket(int socket, std::string_view packet, std::span<const int> fds);

// Owns the process and everything below it; one thread at a time.
class Interpreter {
 public:
  // Starts and waits until it is ready. The error names the step that could not be set up.
  static Result<std::unique_ptr<Interpreter>> Start(const InterpreterOptions& options, const Deadline& deadline);
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  int control() const { return control_.get(); }
  const InterpreterOptions& options() const { return options_; }
  const std::string& control_group() const { return control_group_; }  // "v2", "v1" or "none"
  // The folder of its runs where it is the host's (level confined), else empty.
  const std::string& folder() const { return folder_; }
  // Sends a packet with descriptors (at most 8) to a harness.
  Result<void> Send(std::string_view packet, std::span<const int> fds);
  // Reads one message of a zygote; waits until the deadline. An error means that the interpreter is gone or broken.
  Result<ZygoteMessage> Read(const Deadline& deadline);
  // The child that is ready, waiting for it where needed. One run each.
  Result<Spare> TakeSpare(const Deadline& deadline);
  // True where the next call of TakeSpare need not wait for a run to end.
  bool Idle() const;
  // Limits the memory of the whole control group, where there is one.
  void LimitGroup(std::size_t bytes);
  // True if the group ran out of memory since this was last asked.
  bool RanOutOfMemory();

  // The process that runs inside, as this one numbers it; -1 where it cannot be told.
  int inner_pid() const { return inner_pid_; }

  int runs = 0;  // so far; the pool recycles by it

 private:
  explicit Interpreter(InterpreterOptions options) : options_(std::move(options)) {}
  Result<void> Launch();
  Result<void> Configure(const Deadline& deadline);

  InterpreterOptions options_;
  pid_t pid_ = -1;
  Spare spare_;
  UniqueFd control_;
  std::string control_group_ = "none", memory_folder_, folder_;
  std::size_t group_limit_ = 0;
  int inner_pid_ = -1;
  long ooms_ = 0;
};

}  // namespace rlar
