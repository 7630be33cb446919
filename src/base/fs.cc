#include "base/fs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

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
  return MakeError(code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnreadable,
                   std::string(what) + " '" + path.string() + "': " + std::strerror(code));
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
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!fd.valid()) return Io(path, "cannot open");
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

Result<void> MakeDirectories(const std::filesystem::path& path) {
  std::error_code code;
  Step();
  std::filesystem::create_directories(path, code);
  if (code) return MakeError(ErrorCode::kUnreadable, "cannot make the folder '" + path.string() + "': " + code.message());
  return {};
}

}  // namespace rlar
