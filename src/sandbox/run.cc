#include "sandbox/run.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "sandbox/usage.h"

namespace rlar {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMaxFrame = 64u << 20;
constexpr int kDescriptors = 256;
constexpr std::uint32_t kDataLimit = 1, kStartsProcesses = 2;  // guest.py's flags
constexpr std::size_t kMaxFiles = 16'384;                      // as in a cell's own /tmp
constexpr double kFolderLookMs = 20;
constexpr auto kSetUpLimit = milliseconds(20'000);

struct Request {  // guest.py's REQUEST
  std::uint64_t memory, file_bytes;
  std::uint32_t cpu_seconds, processes, flags, descriptors;
};

double Since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

std::string Framed(std::string_view data) {
  const auto length = static_cast<std::uint32_t>(data.size());
  std::string frame(reinterpret_cast<const char*>(&length), sizeof length);
  return frame.append(data);
}

// A pipe or socket end of ours that is read until its end.
struct Drain {
  UniqueFd fd;
  std::string data;
  std::size_t keep = 0;
  bool truncated = false;

  // Reads what is there; closes at the end.
  void Read() {
    char chunk[65536];
    for (;;) {
      const ssize_t got = ::read(fd.get(), chunk, sizeof chunk);
      if (got > 0) {
        const std::size_t room = keep - std::min(keep, data.size());
        data.append(chunk, std::min(room, static_cast<std::size_t>(got)));
        truncated |= static_cast<std::size_t>(got) > room;
        if (static_cast<std::size_t>(got) < sizeof chunk) return;
        continue;
      }
      if (got < 0 && errno == EINTR) continue;
      if (got < 0 && errno == EAGAIN) return;
      fd.Reset();
      return;
    }
  }
};

class Supervisor {
 public:
  Supervisor(Interpreter& zygote, const RunJob& job, const Deadline& deadline) : zygote_(zygote), job_(job), deadline_(deadline), start_(Clock::now()) {}

  RunResult Go() {
    if (!Begin()) return std::move(result_);
    while (!done_) Turn();
    Drain_(out_);
    Drain_(err_);
    result_.out = std::move(out_.data);
    result_.err = std::move(err_.data);
    result_.truncated = out_.truncated || err_.truncated;
    result_.wall_ms = Since(start_);
    return std::move(result_);
  }

 private:
  bool Fail(std::string why) {
    result_.outcome = Outcome::kUnavailable;
    result_.detail = std::move(why);
    done_ = true;
    return false;
  }

  // Makes the run's descriptors and sends the request.
  bool Begin() {
    int sockets[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) return Fail("cannot make a socket pair");
    run_.Reset(sockets[0]);
    UniqueFd theirs(sockets[1]);
    ::fcntl(run_.get(), F_SETFL, O_NONBLOCK);
    const UniqueFd input = Input();
    UniqueFd out, err;
    if (!input.valid() || !Output(out_, out) || !Output(err_, err)) return Fail("cannot make the run's descriptors");
    const Limits& limits = job_.limits;
    const Request request{limits.memory_bytes, limits.file_bytes,
                          // A backstop behind our own watch, which is finer than whole seconds.
                          static_cast<std::uint32_t>(std::ceil(static_cast<double>(limits.cpu.count()) / 1000.0)) + 1, limits.processes,
                          (limits.reserves_memory ? kDataLimit : 0) | (job_.starts_processes ? kStartsProcesses : 0), kDescriptors};
    zygote_.LimitGroup(limits.memory_bytes + Limits::kTmpBytes + (128u << 20));
    int fds[] = {input.get(), out.get(), err.get(), theirs.get(), job_.rpc};
    pending_ = Framed(job_.job);
    if (!job_.attachment.empty()) pending_ += Framed(job_.attachment);
    WritePending();  // what fits is there before the run begins
    auto spare = zygote_.TakeSpare(deadline_);
    if (!spare) return Fail(spare.error().message);
    pidfd_ = std::move(spare->pidfd);
    start_ = Clock::now();
    const auto sent =
        SendPacket(spare->inbox.get(), {reinterpret_cast<const char*>(&request), sizeof request}, std::span<const int>(fds, job_.rpc >= 0 ? 5 : 4));
    if (!sent) return Fail(sent.error().message);
    ++zygote_.runs;
    if (job_.partner > 0) partner_waited_ = WaitedMs(job_.partner);
    return true;
  }

  UniqueFd Input() const {
    if (job_.input.empty()) return UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    UniqueFd file(::memfd_create("stdin", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    std::string_view left = job_.input;
    while (file.valid() && !left.empty()) {
      const ssize_t wrote = ::write(file.get(), left.data(), left.size());
      if (wrote <= 0) return UniqueFd();
      left.remove_prefix(static_cast<std::size_t>(wrote));
    }
    ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL);
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
  }

  bool Output(Drain& drain, UniqueFd& theirs) const {
    if (!job_.capture) {
      theirs.Reset(::open("/dev/null", O_WRONLY | O_CLOEXEC));
      return theirs.valid();
    }
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) return false;
    ::fcntl(pipe[1], F_SETPIPE_SZ, 1 << 20);  // so that talkative programs seldom wait for us
    drain.fd.Reset(pipe[0]);
    theirs.Reset(pipe[1]);
    drain.keep = job_.limits.output_bytes;
    ::fcntl(pipe[0], F_SETFL, O_NONBLOCK);
    return true;
  }

  void WritePending() {
    while (!pending_.empty() && run_.valid()) {
      const ssize_t wrote = ::send(run_.get(), pending_.data(), pending_.size(), MSG_NOSIGNAL);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0 && errno != EAGAIN) pending_.clear();  // the guest closed its end: its own affair
      if (wrote < 0) return;
      pending_.erase(0, static_cast<std::size_t>(wrote));
    }
  }

  void Turn() {
    pollfd entries[5];
    int count = 0;
    const auto add = [&](int fd, short events) {
      if (fd >= 0) entries[count++] = {fd, events, 0};
    };
    add(zygote_.control(), POLLIN);
    add(run_.get(), static_cast<short>(pending_.empty() ? POLLIN : POLLIN | POLLOUT));
    add(out_.fd.get(), POLLIN);
    add(err_.fd.get(), POLLIN);
    add(job_.until, POLLIN);
    const int ready = ::poll(entries, static_cast<nfds_t>(count), WaitMs());
    if (ready < 0 && errno != EINTR) {
      Fail("cannot poll");
      return;
    }
    for (int i = 0; i < count && !done_; ++i) {
      if (entries[i].revents == 0) continue;
      const int fd = entries[i].fd;
      if (fd == out_.fd.get()) {
        out_.Read();
      } else if (fd == err_.fd.get()) {
        err_.Read();
      } else if (fd == run_.get()) {
        if (entries[i].revents & POLLOUT) WritePending();
        if (entries[i].revents & (POLLIN | POLLHUP)) ReadFrames();
      } else if (fd == job_.until) {
        result_.outcome = Outcome::kOk;
        done_ = result_.by_verdict = true;
        ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
        return;
      } else if (fd == zygote_.control()) {
        OnControl();
      }
    }
    if (!done_ && !killed_) Watch();
  }

  int WaitMs() const {
    if (killed_) return 1000;
    const double spent = Since(start_);
    double wait = 50;
    if (sealed_) wait = next_look_ > 0 ? next_look_ - spent : static_cast<double>(job_.limits.cpu.count()) - Since(sealed_at_);
    if (!zygote_.folder().empty()) wait = std::min(wait, kFolderLookMs);
    wait = std::min(wait, static_cast<double>(deadline_.Slice().count()));
    return static_cast<int>(std::clamp(wait, 1.0, 60'000.0));
  }

  void OnControl() {
    auto message = zygote_.Read(deadline_);
    if (!message) {
      Fail(message.error().message);
    } else if (!message->failure.empty()) {
      Fail(message->failure);
    } else if (message->exit) {
      Ended(*message->exit);
    }
  }

  // Frames of the guest: the first, "sealed", comes before any foreign code runs; the rest is untrusted.
  void ReadFrames() {
    char chunk[65536];
    const ssize_t got = ::read(run_.get(), chunk, sizeof chunk);
    if (got <= 0) {
      if (got == 0 || (errno != EAGAIN && errno != EINTR)) run_.Reset();
      return;
    }
    frames_.append(chunk, static_cast<std::size_t>(got));
    std::size_t at = 0;
    while (frames_.size() - at >= sizeof(std::uint32_t)) {
      std::uint32_t length;
      std::memcpy(&length, frames_.data() + at, sizeof length);
      if (length > kMaxFrame) {
        run_.Reset();
        return;
      }
      if (frames_.size() - at - sizeof length < length) break;
      OnFrame(std::string_view(frames_).substr(at + sizeof length, length));
      at += sizeof length + length;
    }
    frames_.erase(0, at);
  }

  void OnFrame(std::string_view frame) {
    if (!sealed_) {
      if (frame == "sealed") {
        sealed_ = true;
        sealed_at_ = Clock::now();
      } else {
        seal_error_ = frame;
      }
    } else if (frame == "memory_limit" || frame == "file_limit" || frame == "process_limit") {
      note_ = frame;
    } else if (job_.on_frame) {
      if (const std::string reply = job_.on_frame(frame); !reply.empty()) {
        pending_ += Framed(reply);
        WritePending();
      }
    }
  }

  // Time: what the run used counts against its limit, and so does what it slept; what it waited for a core does not.
  void Watch() {
    const double spent = Since(start_);
    if (deadline_.passed()) return Kill(Outcome::kOverload, "the caller's deadline passed");
    if (!sealed_) {
      if (spent > static_cast<double>(kSetUpLimit.count())) Kill(Outcome::kUnavailable, "setting up the run took too long");
      return;
    }
    if (FolderFull()) return Kill(Outcome::kFileLimit, "");
    const double limit = static_cast<double>(job_.limits.cpu.count()), ran = Since(sealed_at_);
    if (ran < limit || spent < next_look_) return;
    Usage usage = UsageOf(pidfd_.get());
    if (job_.partner > 0) usage.waited_ms += WaitedMs(job_.partner) - partner_waited_;
    const double idle = ran - usage.cpu_ms - usage.waited_ms;
    if (usage.cpu_ms >= limit) return Kill(Outcome::kCpuLimit, "");
    if (idle >= limit) return Kill(Outcome::kWallLimit, "");
    if (ran >= static_cast<double>(job_.limits.HardEnd().count())) {
      return Kill(Outcome::kOverload, "it waited for a core most of its time");
    }
    next_look_ = spent + std::clamp(limit - std::max(usage.cpu_ms, idle), 2.0, 200.0);
  }

  // Without a mount namespace the run's folder is the host's, and no file system bounds it.
  bool FolderFull() {
    if (zygote_.folder().empty() || Since(start_) < next_folder_look_) return false;
    next_folder_look_ = Since(start_) + kFolderLookMs;
    const FolderUsage usage = UsageOfFolder(zygote_.folder(), kMaxFiles);
    return usage.files > kMaxFiles || usage.bytes > Limits::kTmpBytes;
  }

  void Kill(Outcome why, std::string detail) {
    killed_ = true;
    result_.outcome = why;
    result_.detail = std::move(detail);
    ::syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0);
  }

  void Ended(const ExitNotice& notice) {
    done_ = true;
    ReadFrames();  // notes that were on their way
    result_.cpu_ms = notice.cpu_ms;
    if (!sealed_ && !killed_) {
      Fail(seal_error_.empty() ? "the run ended before its walls stood" : "the walls could not be set up: " + seal_error_);
      return;
    }
    if (!killed_) result_.outcome = OutcomeOf(notice);
    // A group out of memory loses processes one by one; what is left may then end in any way.
    if (IsProgramsOwn(result_.outcome) && result_.outcome != Outcome::kOk && zygote_.RanOutOfMemory()) {
      result_.outcome = Outcome::kMemoryLimit;
    }
    const bool forked_out = job_.limits.processes > 0 && notice.tasks >= job_.limits.processes;
    if (forked_out && result_.outcome != Outcome::kOk && IsProgramsOwn(result_.outcome)) result_.outcome = Outcome::kProcessLimit;
    if (WIFEXITED(notice.status)) result_.exit_code = WEXITSTATUS(notice.status);
    if (WIFSIGNALED(notice.status)) result_.signal = WTERMSIG(notice.status);
  }

  Outcome OutcomeOf(const ExitNotice& notice) const {
    if (WIFEXITED(notice.status) && WEXITSTATUS(notice.status) == 0) return Outcome::kOk;
    if (note_ == "memory_limit") return Outcome::kMemoryLimit;
    if (note_ == "file_limit") return Outcome::kFileLimit;
    if (note_ == "process_limit") return Outcome::kProcessLimit;
    // Programs that are not ours to instrument say it on standard error.
    for (const char* sign : {"std::bad_alloc", "JavaScript heap out of memory", "Cannot allocate memory"}) {
      if (err_.data.find(sign) != std::string::npos) return Outcome::kMemoryLimit;
    }
    if (!WIFSIGNALED(notice.status)) return Outcome::kNonzeroExit;
    const int signal = WTERMSIG(notice.status);
    if (signal == SIGXFSZ) return Outcome::kFileLimit;
    if (signal == SIGXCPU || (signal == SIGKILL && notice.cpu_ms >= static_cast<double>(job_.limits.cpu.count()))) {
      return Outcome::kCpuLimit;
    }
    if (notice.peak_kb >= job_.limits.memory_bytes / 1024 * 9 / 10) return Outcome::kMemoryLimit;
    return Outcome::kSignal;
  }

  // After the end every writer is dead, so the pipe has an end.
  void Drain_(Drain& drain) {
    while (drain.fd.valid() && result_.outcome != Outcome::kUnavailable) {
      pollfd entry{drain.fd.get(), POLLIN, 0};
      if (::poll(&entry, 1, 1000) <= 0) break;
      drain.Read();
    }
  }

  Interpreter& zygote_;
  const RunJob& job_;
  const Deadline& deadline_;
  Clock::time_point start_;
  Clock::time_point sealed_at_;
  UniqueFd run_, pidfd_;
  Drain out_, err_;
  std::string pending_, frames_, note_, seal_error_;
  bool sealed_ = false, killed_ = false, done_ = false;
  double next_look_ = 0, next_folder_look_ = kFolderLookMs, partner_waited_ = 0;
  RunResult result_;
};

}  // namespace

RunResult Run(Interpreter& zygote, const RunJob& job, const Deadline& deadline) { return Supervisor(zygote, job, deadline).Go(); }

}  // namespace rlar
