// Child: one process of ours with pipes to its standard input and output, in a process group of its own that is killed whole.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "process/line_pipe.h"
#include "rlar/result.h"
#include "rlar/tool.h"

namespace rlar {

struct ChildOptions {
  std::vector<std::string> argv;         // argv[0] is looked up in PATH
  std::vector<std::string> environment;  // the whole environment, "KEY=VALUE"
  bool keep_stderr = false;              // false: standard error goes to /dev/null
  std::string stderr_file = {};          // not empty: standard error is appended to this file
};

// Owns the process: the destructor kills its whole group and reaps it. One thread at a time.
class Child {
 public:
  static Result<Child> Spawn(const ChildOptions& options);
  Child(Child&&) noexcept;
  Child& operator=(Child&&) noexcept;
  ~Child();

  // To its standard input and from its standard output (line_pipe.h).
  Result<void> Write(std::string_view data, const Deadline& deadline) { return pipe_.Write(data, deadline); }
  void CloseInput() { pipe_.CloseInput(); }
  Result<std::string> ReadLine(const Deadline& deadline, std::size_t max_bytes) { return pipe_.ReadLine(deadline, max_bytes); }
  bool at_end() const { return pipe_.at_end(); }
  // False once the process has ended (it stays to be waited for).
  bool Running() const;
  // Waits for the process to end by itself until the deadline, then kills it. The exit status, or 128 + signal.
  int Wait(const Deadline& deadline);
  void Kill();
  pid_t pid() const { return pid_; }

 private:
  Child(pid_t pid, LinePipe pipe);
  pid_t pid_ = -1;
  LinePipe pipe_;
};

}  // namespace rlar
