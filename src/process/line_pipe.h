// LinePipe: lines to and from another process, over pipes or a socket, each with a deadline.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "rlar/result.h"
#include "rlar/tool.h"

namespace rlar {

// One thread at a time. Precondition: SIGPIPE is ignored.
class LinePipe {
 public:
  LinePipe() = default;
  // `input` is written to, `output` is read from; both become non-blocking.
  LinePipe(UniqueFd input, UniqueFd output);
  // A connection to a Unix socket. Errors: unavailable (nobody listens, or the path is too long for a socket).
  static Result<LinePipe> Connect(const std::filesystem::path& socket);

  // Writes everything, reading nothing. Fails when the other side is gone or the deadline passes.
  Result<void> Write(std::string_view data, const Deadline& deadline);
  void CloseInput() { input_.Reset(); }
  // The next line without its newline. Fails at the end of output, past the deadline, or past `max_bytes`.
  Result<std::string> ReadLine(const Deadline& deadline, std::size_t max_bytes);
  // True once everything was read and the output is closed.
  bool at_end() const { return at_end_ && buffer_.empty(); }

 private:
  UniqueFd input_, output_;
  std::string buffer_;
  bool at_end_ = false;
};

}  // namespace rlar
