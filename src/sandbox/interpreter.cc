#include "sandbox/interpreter.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <thread>

#include "base/fs.h"
#include "rlar/json.h"
#include "sandbox/filter.h"
#include "sandbox/guest_source.h"

namespace rlar {
namespace {

// Loads the extension from descriptor 3 and runs what the first packet on descriptor 4 holds.
constexpr const char* kStub =
    "from importlib.machinery import ExtensionFileLoader as L, ModuleSpec as S\n"
    "import importlib.util as u\n"
    "l = L('_rlar_guest', '/proc/self/fd/3'); g = u.module_from_spec(S('_rlar_guest', l, origin=l.path)); l.exec_module(g)\n"
    "n = {'__name__': 'boot'}; exec(compile(g.receive(4, 1 << 20, 0)[0], 'boot.py', 'exec'), n); n['main'](g, 4)\n";
constexpr int kExtensionFd = 3, kControlFd = 4;
constexpr std::size_t kMaxMessage = 64u << 10;
constexpr std::size_t kGroupMemory = 4ull << 30, kGroupTasks = 512;
// Users above any that a system gives out. One per interpreter, so that limits per user never meet.
constexpr unsigned kFirstUid = 0x60000000;

Error System(const std::string& what) { return MakeError(ErrorCode::kUnavailable, what + ": " + std::strerror(errno)); }

unsigned NextUid() {
  static std::atomic<unsigned> counter{0};
  return kFirstUid + static_cast<unsigned>(::getpid() % 100'000) * 1024 + counter++ % 1024;
}

// The extension as a file without a name.
Result<int> ExtensionFd() {
  static const int fd = [] {
    const int made = ::memfd_create("rlar_guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (made < 0) return -1;
    if (::write(made, kGuestExtension.data(), kGuestExtension.size()) != static_cast<ssize_t>(kGuestExtension.size()) ||
        ::fcntl(made, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
      ::close(made);
      return -1;
    }
    return made;
  }();
  if (fd < 0) return MakeError(ErrorCode::kUnavailable, "cannot make a memory file for the sandbox's extension");
  return fd;
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : bytes) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

Result<void> WaitReadable(int fd, const Deadline& deadline) {
  for (;;) {
    pollfd entry{fd, POLLIN, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(deadline.Slice().count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return System("cannot poll the sandbox");
    if (deadline.passed()) return MakeError(ErrorCode::kTimeout, "the sandbox did not answer in time");
  }
}

// One packet and the descriptors with it.
Result<std::string> ReceivePacket(int socket, std::vector<UniqueFd>& passed) {
  std::string data(kMaxMessage, '\0');
  alignas(cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
  iovec part{data.data(), data.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return MakeError(ErrorCode::kUnavailable, "the sandboxed interpreter is gone");
  for (cmsghdr* at = CMSG_FIRSTHDR(&message); at != nullptr; at = CMSG_NXTHDR(&message, at)) {
    if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t offset = CMSG_LEN(0); offset + sizeof(int) <= at->cmsg_len; offset += sizeof(int)) {
      int fd;
      std::memcpy(&fd, reinterpret_cast<const char*>(at) + offset, sizeof fd);
      passed.emplace_back(fd);
    }
  }
  data.resize(static_cast<std::size_t>(got));
  return data;
}

std::string Text(const Json& json, std::string_view key) {
  const Json* value = json.Find(key);
  return value != nullptr && value->is_string() ? value->string() : std::string();
}

}  // namespace

Result<std::unique_ptr<Interpreter>> Interpreter::Start(const InterpreterOptions& options, const Deadline& deadline) {
  std::unique_ptr<Interpreter> made(new Interpreter(options));
  RLAR_TRY(made->Launch());
  RLAR_TRY(made->Configure(deadline));
  return made;
}

Result<void> Interpreter::Launch() {
  auto extension = ExtensionFd();
  if (!extension) return extension.error();
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return System("cannot make the control socket");
  control_.Reset(pair[0]);
  // Away from the numbers that the child gives its own descriptors.
  const UniqueFd theirs(::fcntl(pair[1], F_DUPFD_CLOEXEC, 16)), file(::fcntl(*extension, F_DUPFD_CLOEXEC, 16));
  ::close(pair[1]);
  if (!theirs.valid() || !file.valid()) return System("cannot duplicate a descriptor");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  posix_spawn_file_actions_adddup2(&actions, 0, 1);
  posix_spawn_file_actions_adddup2(&actions, 0, 2);
  posix_spawn_file_actions_adddup2(&actions, file.get(), kExtensionFd);
  posix_spawn_file_actions_adddup2(&actions, theirs.get(), kControlFd);
  posix_spawn_file_actions_addclosefrom_np(&actions, kControlFd + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);  // a Ctrl-C in the terminal is for us alone
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  const char* argv[] = {options_.python.c_str(), "-s", "-B", "-c", kStub, nullptr};
  // A fixed seed for hashes: sets and dictionaries iterate alike in every run.
  const char* environment[] = {"PYTHONHASHSEED=0", "LC_ALL=C.UTF-8", "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", nullptr};
  const int code = ::posix_spawn(&pid_, argv[0], &actions, &attributes, const_cast<char**>(argv), const_cast<char**>(environment));
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code != 0) {
    pid_ = -1;
    return MakeError(ErrorCode::kUnavailable, "cannot start the interpreter '" + options_.python + "': " + std::strerror(code));
  }
  return {};
}

Result<void> Interpreter::Configure(const Deadline& deadline) {
  const bool harness = options_.role == InterpreterRole::kHarness;
  auto filter = SeccompFilter(options_.level, options_.level == IsolationLevel::kNamespaces && !harness);
  if (!filter) return filter.error();
  Json config;
  config.Set("role", harness ? "harness" : "guest");
  config.Set("level", Name(options_.level));
  config.Set("source",
             std::string(kPlainSource) + "\n" +
                 (harness ? std::string(kProxiesSource) + "\n" + std::string(kHarnessSource) : std::string(kGuestSource) + "\n" + std::string(kCallsSource)) +
                 (harness ? "" : "\n" + std::string(kInspectSource)));
  config.Set("filter", Hex(*filter));
  auto building = SeccompFilter(options_.level, true);  // compilers start processes at every level
  if (!building) return building.error();
  config.Set("build_filter", Hex(*building));
  config.Set("uid", static_cast<double>(NextUid()));
  config.Set("cgroups", options_.control_groups);
  config.Set("memory", static_cast<double>(harness ? 2ull << 30 : kGroupMemory));
  config.Set("pids", static_cast<double>(kGroupTasks));
  config.Set("tmp_bytes", static_cast<double>(Limits::kTmpBytes));
  config.Set("fail_at", options_.fail_at);
  config.Set("run_fail_at", options_.run_fail_at);
  Json preload = Json::Array{};
  for (const std::string& name : options_.preload) preload.Push(name);
  config.Set("preload", std::move(preload));
  RLAR_TRY(Send(kBootSource, {}));
  RLAR_TRY(Send(config.Dump(), {}));
  RLAR_TRY(WaitReadable(control_.get(), deadline));
  std::vector<UniqueFd> nothing;
  auto reply = ReceivePacket(control_.get(), nothing);
  if (!reply) return reply.error();
  auto json = ParseJson(*reply);
  if (!json) return json.error();
  if (const std::string error = Text(*json, "error"); !error.empty()) {
    return MakeError(ErrorCode::kUnavailable, "the sandbox (" + std::string(Name(options_.level)) + ") cannot be set up: " + error);
  }
  control_group_ = Text(*json, "cgroup");
  memory_folder_ = Text(*json, "memory_group");
  folder_ = Text(*json, "folder");
  const std::string outer = std::to_string(pid_);
  std::ifstream("/proc/" + outer + "/task/" + outer + "/children") >> inner_pid_;
  return {};
}

// Closing the control socket ends the inner process; the outer one then removes what is left and ends too.
Interpreter::~Interpreter() {
  control_.Reset();
  if (pid_ < 0) return;
  const auto end = Deadline::After(std::chrono::milliseconds(3'000));
  auto pause = std::chrono::microseconds(200);
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (end.passed()) {
      ::kill(-pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      return;
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(20'000));
  }
}

Result<void> SendPacket(int socket, std::string_view packet, std::span<const int> fds) {
  alignas(cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = {};
  RLAR_CHECK(fds.size() <= 8);
  iovec part{const_cast<char*>(packet.data()), packet.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
  }
  ssize_t sent;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent != static_cast<ssize_t>(packet.size())) return MakeError(ErrorCode::kUnavailable, "the sandboxed interpreter is gone");
  return {};
}

Result<void> Interpreter::Send(std::string_view packet, std::span<const int> fds) { return SendPacket(control_.get(), packet, fds); }

Result<Spare> Interpreter::TakeSpare(const Deadline& deadline) {
  while (!spare_.inbox.valid()) {
    auto message = Read(deadline);
    if (!message) return message.error();
    if (!message->failure.empty()) return MakeError(ErrorCode::kUnavailable, "a run cannot be set up: " + message->failure);
    if (message->spare.inbox.valid()) spare_ = std::move(message->spare);
  }
  return std::move(spare_);
}

bool Interpreter::Idle() const {
  if (spare_.inbox.valid()) return true;
  pollfd entry{control_.get(), POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0;
}

Result<ZygoteMessage> Interpreter::Read(const Deadline& deadline) {
  RLAR_TRY(WaitReadable(control_.get(), deadline));
  ZygoteMessage message;
  std::vector<UniqueFd> fds;
  auto packet = ReceivePacket(control_.get(), fds);
  if (!packet) return packet.error();
  struct {  // guest.py's EXITED
    char kind[4];
    std::int32_t status, tasks, padding;
    std::int64_t cpu_us, peak_kb, unused;
  } exit;
  if (packet->starts_with("EXIT") && packet->size() == sizeof exit) {
    std::memcpy(&exit, packet->data(), sizeof exit);
    message.exit = ExitNotice{exit.status, static_cast<unsigned>(exit.tasks), static_cast<double>(exit.cpu_us) / 1e3, static_cast<std::size_t>(exit.peak_kb)};
  } else if (packet->starts_with("FAIL")) {
    message.failure = packet->substr(4);
  } else if (*packet == "SPARE" && fds.size() == 2) {
    message.spare = {std::move(fds[0]), std::move(fds[1])};
  } else {
    auto json = ParseJson(*packet);
    return MakeError(ErrorCode::kUnavailable, "the sandboxed interpreter broke: " + (json ? Text(*json, "error") : *packet));
  }
  return message;
}

void Interpreter::LimitGroup(std::size_t bytes) {
  if (memory_folder_.empty() || bytes == group_limit_) return;
  std::ofstream file(memory_folder_ + (control_group_ == "v2" ? "/memory.max" : "/memory.limit_in_bytes"));
  file << bytes;
  file.close();
  if (file) group_limit_ = bytes;
}

bool Interpreter::RanOutOfMemory() {
  if (memory_folder_.empty()) return false;
  std::ifstream file(memory_folder_ + (control_group_ == "v2" ? "/memory.events" : "/memory.oom_control"));
  std::string key;
  for (long value; file >> key >> value;) {
    if (key == "oom_kill") return value > std::exchange(ooms_, value);
  }
  return false;
}

}  // namespace rlar
