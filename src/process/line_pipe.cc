#include "process/line_pipe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

namespace rlar {
namespace {

Error System(const char* what) { return MakeError(ErrorCode::kUnavailable, std::string(what) + ": " + std::strerror(errno)); }

// Waits until `fd` is ready for `events`; an error past the deadline.
Result<void> WaitReady(int fd, short events, const Deadline& deadline) {
  for (;;) {
    pollfd entry{fd, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(deadline.Slice().count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return System("cannot poll");
    if (deadline.passed()) return MakeError(ErrorCode::kTimeout, "the deadline passed");
  }
}

}  // namespace

LinePipe::LinePipe(UniqueFd input, UniqueFd output) : input_(std::move(input)), output_(std::move(output)) {
  for (const int fd : {input_.get(), output_.get()}) ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

Result<LinePipe> LinePipe::Connect(const std::filesystem::path& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof address.sun_path) return MakeError(ErrorCode::kUnavailable, "'" + socket.string() + "' is too long a path for a socket");
  std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return System("cannot make a socket");
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return System("cannot connect to the worker");
  UniqueFd other(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!other.valid()) return System("cannot copy a descriptor");
  return LinePipe(std::move(fd), std::move(other));
}

Result<void> LinePipe::Write(std::string_view data, const Deadline& deadline) {
  while (!data.empty()) {
    const ssize_t done = ::write(input_.get(), data.data(), data.size());
    if (done > 0) {
      data.remove_prefix(static_cast<std::size_t>(done));
    } else if (errno == EAGAIN) {
      RLAR_TRY(WaitReady(input_.get(), POLLOUT, deadline));
    } else if (errno != EINTR) {
      return MakeError(ErrorCode::kUnavailable, "the process no longer reads");
    }
  }
  return {};
}

Result<std::string> LinePipe::ReadLine(const Deadline& deadline, std::size_t max_bytes) {
  std::size_t searched = 0;
  for (;;) {
    const std::size_t at = buffer_.find('\n', searched);
    if (at != std::string::npos) {
      std::string line = buffer_.substr(0, at);
      buffer_.erase(0, at + 1);
      return line;
    }
    searched = buffer_.size();
    if (searched > max_bytes) return MakeError(ErrorCode::kOverloaded, "the process wrote an endless line");
    if (at_end_) return MakeError(ErrorCode::kUnavailable, "the process ended its output");
    RLAR_TRY(WaitReady(output_.get(), POLLIN, deadline));
    char chunk[65536];
    const ssize_t got = ::read(output_.get(), chunk, sizeof chunk);
    if (got > 0) {
      buffer_.append(chunk, static_cast<std::size_t>(got));
    } else if (got == 0 || errno == ECONNRESET) {
      at_end_ = true;
    } else if (errno != EAGAIN && errno != EINTR) {
      return System("cannot read from the process");
    }
  }
}

}  // namespace rlar
