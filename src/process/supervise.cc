#include "process/supervise.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <deque>
#include <thread>

#include "base/fs.h"
#include "base/json_at.h"

namespace rlar {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kTick = std::chrono::milliseconds(200);
constexpr auto kStartLimit = std::chrono::minutes(10), kAnswerLimit = std::chrono::minutes(10), kStartsWithin = std::chrono::minutes(10);
constexpr auto kMemoryEvery = std::chrono::seconds(1), kWriteLimit = std::chrono::seconds(30);
constexpr std::size_t kMostStarts = 5, kMostClients = 64, kMostLine = 64u << 20;

std::atomic<bool> stopping{false};

Error System(const std::string& what) { return MakeError(ErrorCode::kUnavailable, what + ": " + std::strerror(errno)); }

Json Texts(const std::vector<std::string>& texts) {
  Json list = Json::Array{};
  for (const std::string& text : texts) list.Push(text);
  return list;
}

std::vector<std::string> TextsAt(const Json& json, std::string_view key) {
  std::vector<std::string> texts;
  for (const Json& text : ListAt(json, key)) texts.push_back(text.is_string() ? text.string() : "");
  return texts;
}

Result<UniqueFd> Listen(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path) {
    return MakeError(ErrorCode::kInvalidArgument, "'" + path.string() + "' is too long a path for a socket: name a shorter directory with RLAR_WORKERS");
  }
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return System("cannot make a socket");
  ::unlink(path.c_str());               // of a supervisor that was killed: its lock is ours now
  const mode_t before = ::umask(0177);  // nobody else may ask
  const bool bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::umask(before);
  if (!bound || ::listen(fd.get(), 16) != 0) return System("cannot listen on '" + path.string() + "'");
  return fd;
}

struct Client {
  UniqueFd fd;
  std::string asked;  // bytes of a line that is not whole yet
};

class Supervisor {
 public:
  explicit Supervisor(const SuperviseJob& job) : job_(job), state_(job.worker) {}

  Result<void> Run() {
    RLAR_TRY(MakeDirectories(job_.directory));
    lock_ = UniqueFd(::open(File(".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock_.valid()) return System("cannot open '" + File(".lock").string() + "'");
    if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) return MakeError(ErrorCode::kAlreadyExists, "a worker '" + state_.name + "' runs already");
    state_.supervisor = MarkOf(::getpid());
    state_.started = std::time(nullptr);
    if (job_.answers) {
      auto listening = Listen(File(".sock"));
      if (!listening) return listening.error();
      listening_ = std::move(*listening);
    }
    while (!stopping && StartWorker()) {
      Serve();
      if (!stopping) ++state_.restarts;
    }
    EndWorker();
    std::error_code code;
    fs::remove(File(".sock"), code);
    if (stopping) fs::remove(File(".json"), code);  // one that gave up goes on saying why
    return {};
  }

 private:
  fs::path File(const char* ending) const { return job_.directory / (state_.name + ending); }

  void Say(const std::string& state, const std::string& error) {
    state_.state = state;
    if (!error.empty()) state_.error = error;
    // A full disk is no reason to end a worker that runs.
    if (auto written = WriteFileAtomic(File(".json"), state_.ToJson().Dump() + "\n"); !written) {
      std::fprintf(stderr, "rlar: %s\n", written.error().ToString().c_str());
    }
  }

  // True once the worker is ready; false where it never will be, or where it is to stop.
  bool StartWorker() {
    for (;;) {
      const auto now = Clock::now();
      while (!starts_.empty() && now - starts_.front() > kStartsWithin) starts_.pop_front();
      if (starts_.size() >= kMostStarts) {
        Say("failed", "given up after " + std::to_string(kMostStarts) + " starts in ten minutes: " + state_.error);
        return false;
      }
      if (!starts_.empty()) {
        Say("restarting", "");
        const auto pause = std::min<std::chrono::seconds>(std::chrono::seconds(1 << (starts_.size() - 1)), std::chrono::seconds(30));
        for (const auto until = Clock::now() + pause; Clock::now() < until && !stopping;) std::this_thread::sleep_for(kTick);
        if (stopping) return false;
      } else {
        Say("starting", "");
      }
      starts_.push_back(Clock::now());
      auto child = Child::Spawn(job_.program);
      if (!child) {
        state_.error = child.error().ToString();
        continue;
      }
      child_ = std::make_unique<Child>(std::move(*child));
      state_.worker = MarkOf(child_->pid());
      const auto line = WaitForLine(Deadline::After(kStartLimit));
      if (!line) {
        if (stopping) return false;
        EndWorker();
        state_.error = "it did not start: " + line.error().message;
        continue;
      }
      const auto json = ParseJson(*line);
      if (const std::string error = json ? TextAt(*json, "error") : ""; !error.empty()) {
        EndWorker();
        Say("failed", error);
        return false;
      }
      state_.url = json ? TextAt(*json, "url") : "";
      Say("ready", "");
      return true;
    }
  }

  void EndWorker() {
    child_.reset();
    state_.worker = {};
    clients_.clear();
  }

  // What ends a worker, looked for a few times a second; empty where all is well.
  std::string Trouble() {
    if (!child_->Running()) return "it ended by itself";
    const auto now = Clock::now();
    if (state_.memory_limit_mb <= 0 || now - weighed_ < kMemoryEvery) return "";
    weighed_ = now;
    const double mb = GroupBytes(child_->pid()) / (1 << 20);
    return mb > static_cast<double>(state_.memory_limit_mb)
               ? "it took " + std::to_string(static_cast<long>(mb)) + " MB, more than its limit of " + std::to_string(state_.memory_limit_mb) + " MB"
               : "";
  }

  Result<std::string> WaitForLine(const Deadline& deadline) {
    for (;;) {
      auto line = child_->ReadLine(Deadline::After(kTick), kMostLine);
      if (line || line.error().code != ErrorCode::kTimeout) return line;
      if (stopping) return MakeError(ErrorCode::kOverloaded, "it is to stop");
      if (deadline.passed()) return MakeError(ErrorCode::kTimeout, "it did not answer in time");
      if (const std::string trouble = Trouble(); !trouble.empty()) return MakeError(ErrorCode::kUnavailable, trouble);
    }
  }

  // Until the worker must be started anew, or is to stop.
  void Serve() {
    std::string trouble;
    while (!stopping && trouble.empty()) {
      trouble = Trouble();
      if (trouble.empty()) trouble = ServeClients();
    }
    EndWorker();
    if (trouble.empty()) return;
    state_.error = trouble;
    std::fprintf(stderr, "rlar: worker '%s': %s\n", state_.name.c_str(), trouble.c_str());
  }

  // One look at who asks; what ended the worker meanwhile, or empty.
  std::string ServeClients() {
    std::vector<pollfd> entries;
    for (const Client& client : clients_) entries.push_back({client.fd.get(), POLLIN, 0});
    const bool room = listening_.valid() && clients_.size() < kMostClients;
    if (room) entries.push_back({listening_.get(), POLLIN, 0});
    if (::poll(entries.data(), entries.size(), static_cast<int>(kTick.count())) <= 0) return "";
    std::vector<Client> kept;
    std::string trouble;
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      if (trouble.empty() && entries[i].revents != 0 && !ServeOne(clients_[i], trouble)) continue;
      kept.push_back(std::move(clients_[i]));
    }
    clients_ = std::move(kept);
    if (room && entries.back().revents != 0) {
      UniqueFd fd(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      if (fd.valid()) clients_.push_back({std::move(fd), ""});
    }
    return trouble;
  }

  // Reads what a client sent and answers whole lines; false where it is gone. `trouble`: the worker's.
  bool ServeOne(Client& client, std::string& trouble) {
    char chunk[65536];
    const ssize_t got = ::read(client.fd.get(), chunk, sizeof chunk);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0 || client.asked.size() > kMostLine) return false;
    client.asked.append(chunk, static_cast<std::size_t>(got));
    for (std::size_t end = client.asked.find('\n'); end != std::string::npos; end = client.asked.find('\n')) {
      const std::string line = client.asked.substr(0, end + 1);
      client.asked.erase(0, end + 1);
      auto written = child_->Write(line, Deadline::After(kWriteLimit));
      auto answer = written ? WaitForLine(Deadline::After(kAnswerLimit)) : Result<std::string>(written.error());
      if (!answer) {
        trouble = answer.error().message;
        return false;
      }
      if (!Send(client.fd.get(), *answer + "\n")) return false;
    }
    return true;
  }

  static bool Send(int fd, std::string_view data) {
    const auto deadline = Deadline::After(kWriteLimit);
    while (!data.empty()) {
      const ssize_t done = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
      if (done > 0) {
        data.remove_prefix(static_cast<std::size_t>(done));
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN || deadline.passed()) return false;
      pollfd entry{fd, POLLOUT, 0};
      ::poll(&entry, 1, static_cast<int>(kTick.count()));
    }
    return true;
  }

  const SuperviseJob& job_;
  WorkerState state_;
  UniqueFd lock_, listening_;
  std::unique_ptr<Child> child_;
  std::vector<Client> clients_;
  std::deque<Clock::time_point> starts_;  // within the last ten minutes
  Clock::time_point weighed_{};
};

// Waits until the process is gone; false past the deadline.
bool IsGone(const ProcessMark& mark, const Deadline& deadline) {
  while (IsAlive(mark)) {
    if (deadline.passed()) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Json SuperviseJob::ToJson() const {
  Json json;
  json.Set("directory", directory.string());
  json.Set("worker", worker.ToJson());
  json.Set("argv", Texts(program.argv));
  json.Set("environment", Texts(program.environment));
  json.Set("answers", answers);
  return json;
}

Result<SuperviseJob> SuperviseJobFromJson(const Json& json) {
  SuperviseJob job;
  const Json* worker = json.Find("worker");
  auto state = worker == nullptr ? Result<WorkerState>(MakeError(ErrorCode::kInvalidArgument, "'worker' is missing")) : WorkerStateFromJson(*worker);
  if (!state) return state.error();
  RLAR_TRY(CheckWorkerName(state->name));
  job.worker = std::move(*state);
  job.directory = TextAt(json, "directory");
  job.program.argv = TextsAt(json, "argv");
  job.program.environment = TextsAt(json, "environment");
  job.program.keep_stderr = true;  // which is the log
  job.answers = FlagAt(json, "answers");
  if (job.program.argv.empty() || job.directory.empty()) return MakeError(ErrorCode::kInvalidArgument, "'argv' or 'directory' is missing");
  return job;
}

Result<void> Supervise(const SuperviseJob& job) {
  struct sigaction action{};
  action.sa_handler = [](int) { stopping = true; };
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
  return Supervisor(job).Run();
}

Result<pid_t> SpawnDetached(const std::vector<std::string>& argv, const std::vector<std::string>& environment, const fs::path& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  pid_t pid = -1;
  const int code = ::posix_spawnp(&pid, argv[0].c_str(), &actions, &attributes, Pointers(argv).data(), Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code != 0) return MakeError(ErrorCode::kUnavailable, "cannot start '" + argv[0] + "': " + std::strerror(code));
  return pid;
}

Result<bool> StopWorker(const fs::path& directory, const WorkerState& worker, std::chrono::milliseconds grace) {
  const bool ran = IsAlive(worker.supervisor);
  if (ran) {
    ::kill(worker.supervisor.pid, SIGTERM);
    if (!IsGone(worker.supervisor, Deadline::After(grace))) ::kill(worker.supervisor.pid, SIGKILL);
    if (!IsGone(worker.supervisor, Deadline::After(std::chrono::seconds(5)))) {
      return MakeError(ErrorCode::kUnavailable, "process " + std::to_string(worker.supervisor.pid) + " does not end");
    }
  }
  // Its supervisor ends it; where that was killed it may be left.
  const bool left = IsAlive(worker.worker);
  if (left) ::kill(-worker.worker.pid, SIGKILL);
  std::error_code code;
  for (const char* ending : {".json", ".sock", ".lock"}) fs::remove(directory / (worker.name + ending), code);
  return ran || left;
}

}  // namespace rlar
