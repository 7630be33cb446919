#include "base/fs.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <thread>

#include "base/unique_fd.h"

namespace rlar {
namespace {

std::function<void(int)> write_hook;  // set before threads start, by tests only
std::atomic<int> write_steps{0};

void Step() {
  if (write_hook) write_hook(++write_steps);
}

Error Io(const std::filesystem::path& path, const char* what) {
  const int code = errno;
  return MakeError(code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnreadable, std::string(what) + " '" + path.string() + "': " + std::strerror(code));
}

Result<void> WriteAll(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    // Two steps for a long content, so that a fault test also sees half-written files.
    const std::size_t part = content.size() > 1 && write_hook ? (content.size() + 1) / 2 : content.size();
    Step();
    const ssize_t done = ::write(fd, content.data(), part);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) return Io(path, "cannot write");
    content.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

Result<void> SyncDirectory(const std::filesystem::path& directory) {
  const UniqueFd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid()) return Io(directory, "cannot open");
  if (::fsync(fd.get()) != 0) return Io(directory, "cannot sync");
  return {};
}

Result<void> Lock(int fd, const std::filesystem::path& path) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) return Io(path, "cannot lock");
    if (std::chrono::steady_clock::now() >= end) {
      return MakeError(ErrorCode::kTimeout, "another process has been writing to '" + path.string() + "' for ten seconds");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return {};
}

// The file that has this name once it is ours: it may have been renamed while we waited.
Result<UniqueFd> OpenToAppend(const std::filesystem::path& path) {
  for (;;) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
    if (!fd.valid()) return Io(path, "cannot open");
    RLAR_TRY(Lock(fd.get(), path));
    struct stat opened{}, named{};
    if (::fstat(fd.get(), &opened) != 0) return Io(path, "cannot look at");
    if (::stat(path.c_str(), &named) == 0 && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev) return fd;
  }
}

}  // namespace

void SetWriteHook(std::function<void(int)> hook) {
  write_hook = std::move(hook);
  write_steps = 0;
}

Result<std::string> ReadFile(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return Io(path, "cannot open");
  std::string content;
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Io(path, "cannot read");
    if (got == 0) return content;
    content.append(buffer, static_cast<std::size_t>(got));
  }
}

Result<void> WriteFileAtomic(const std::filesystem::path& path, std::string_view content) {
  const std::filesystem::path directory = path.has_parent_path() ? path.parent_path() : ".";
  std::string temporary = (directory / (path.filename().string() + ".tmp.XXXXXX")).string();
  Step();
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return Io(path, "cannot write");
  const auto fail = [&](Error error) {
    ::unlink(temporary.c_str());
    return error;
  };
  if (auto written = WriteAll(fd.get(), content, path); !written) return fail(written.error());
  ::fchmod(fd.get(), 0644);
  Step();
  if (::fsync(fd.get()) != 0) return fail(Io(path, "cannot sync"));
  Step();
  if (::rename(temporary.c_str(), path.c_str()) != 0) return fail(Io(path, "cannot rename to"));
  Step();
  return SyncDirectory(directory);
}

Result<void> AppendLine(const std::filesystem::path& path, std::string_view line) {
  const auto file = OpenToAppend(path);
  if (!file) return file.error();
  const UniqueFd& fd = *file;
  // The end of the last whole line: usually the end of the file.
  off_t whole = ::lseek(fd.get(), 0, SEEK_END);
  for (char last = 0; whole > 0; --whole) {
    if (::pread(fd.get(), &last, 1, whole - 1) != 1) return Io(path, "cannot read");
    if (last == '\n') break;
  }
  Step();
  if (::ftruncate(fd.get(), whole) != 0) return Io(path, "cannot truncate");
  if (::lseek(fd.get(), 0, SEEK_END) < 0) return Io(path, "cannot seek");
  RLAR_TRY(WriteAll(fd.get(), std::string(line) + "\n", path));
  Step();
  if (::fsync(fd.get()) != 0) return Io(path, "cannot sync");
  return {};
}

Result<void> AwaitAppends(const std::filesystem::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.valid()) return Io(path, "cannot open");
  return Lock(fd.get(), path);
}

Result<void> MakeDirectories(const std::filesystem::path& path) {
  std::error_code code;
  Step();
  std::filesystem::create_directories(path, code);
  if (code) return MakeError(ErrorCode::kUnreadable, "cannot make the folder '" + path.string() + "': " + code.message());
  return {};
}

}  // namespace rlar
