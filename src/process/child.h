// Child: one process of ours with pipes to its standard input and output, in a process group of its own that is killed whole.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/unique_fd.h"
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

  // Writes everything, reading nothing. Fails when the child is gone or the deadline passes.
  Result<void> Write(std::string_view data, const Deadline& deadline);
  void CloseInput() { input_.Reset(); }
  // The next line without its newline. Fails at the end of output, past the deadline, or past `max_bytes`.
  Result<std::string> ReadLine(const Deadline& deadline, std::size_t max_bytes);
  // True once everything was read and the output is closed.
  bool at_end() const { return at_end_ && buffer_.empty(); }
  // False once the process has ended (it stays to be waited for).
  bool Running() const;
  // Waits for the process to end by itself until the deadline, then kills it. The exit status, or 128 + signal.
  int Wait(const Deadline& deadline);
  void Kill();
  pid_t pid() const { return pid_; }

 private:
  Child(pid_t pid, UniqueFd input, UniqueFd output);
  pid_t pid_ = -1;
  UniqueFd input_, output_;
  std::string buffer_;
  bool at_end_ = false;
};

}  // namespace rlar
