#include "sandbox/sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/wait.h"

namespace rlar {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMaxVerdict = 1u << 20;
constexpr auto kStartLimit = milliseconds(30'000);
constexpr std::chrono::seconds kLongestRest{1};

std::string_view kLevelNames[] = {"namespaces", "confined"};
constexpr std::string_view kOutcomeNames[] = {"ok",           "nonzero_exit",  "signal",     "cpu_limit", "wall_limit",
                                              "memory_limit", "process_limit", "file_limit", "overload",  "unavailable"};

RunResult Unavailable(const Error& error) {
  RunResult result;
  result.outcome = error.code == ErrorCode::kTimeout ? Outcome::kOverload : Outcome::kUnavailable;
  result.detail = error.ToString();
  return result;
}

Result<void> WriteFrame(int socket, std::string_view data) {
  const auto length = static_cast<std::uint32_t>(data.size());
  std::string frame(reinterpret_cast<const char*>(&length), sizeof length);
  frame.append(data);
  for (std::string_view left = frame; !left.empty();) {
    const ssize_t wrote = ::send(socket, left.data(), left.size(), MSG_NOSIGNAL);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return MakeError(ErrorCode::kUnavailable, "the harness does not read");
    left.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return {};
}

Result<std::string> ReadFrame(int socket, const Deadline& deadline) {
  std::string data;
  std::uint32_t length = 0;
  while (data.size() < sizeof length || data.size() - sizeof length < length) {
    pollfd entry{socket, POLLIN, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(deadline.Slice().count()));
    if (ready <= 0 && deadline.passed()) return MakeError(ErrorCode::kTimeout, "the harness did not answer");
    if (ready <= 0) continue;
    char chunk[16384];
    const ssize_t got = ::recv(socket, chunk, sizeof chunk, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return MakeError(ErrorCode::kUnavailable, "the harness is gone");
    data.append(chunk, static_cast<std::size_t>(got));
    if (data.size() >= sizeof length) std::memcpy(&length, data.data(), sizeof length);
    if (length > kMaxVerdict) return MakeError(ErrorCode::kInternal, "the harness's verdict is too long");
  }
  return data.substr(sizeof length);
}

std::optional<IsolationLevel> LevelFromEnvironment() {
  const char* name = std::getenv("RLAR_SANDBOX_LEVEL");
  if (name == nullptr) return std::nullopt;
  if (std::string_view(name) == "confined") return IsolationLevel::kConfined;
  if (std::string_view(name) == "namespaces") return IsolationLevel::kNamespaces;
  return std::nullopt;
}

}  // namespace

std::string_view Name(IsolationLevel level) { return kLevelNames[static_cast<int>(level)]; }
std::string_view Name(Outcome outcome) { return kOutcomeNames[static_cast<int>(outcome)]; }

std::vector<std::string> SandboxOptions::DefaultPreload() {
  // What solutions import most; each costs every fork a little, so the rest is imported by those who want it.
  return {"math",   "cmath", "re",     "random",   "collections", "itertools", "functools", "heapq",    "bisect",
          "string", "json",  "typing", "copy",     "operator",    "datetime",  "time",      "decimal",  "fractions",
          "enum",   "abc",   "array",  "textwrap", "io",          "struct",    "traceback", "warnings", "linecache"};
}

SandboxOptions SandboxOptions::FromEnvironment() {
  SandboxOptions options;
  options.level = LevelFromEnvironment();
  if (const char* python = std::getenv("RLAR_SANDBOX_PYTHON"); python != nullptr) options.python = python;
  if (const char* rest = std::getenv("RLAR_SANDBOX_REST"); rest != nullptr) options.rest = std::clamp(std::strtod(rest, nullptr), 0.0, 100.0);
  return options;
}

Sandbox::Sandbox(SandboxOptions options) : options_(std::move(options)) {}
Sandbox::~Sandbox() = default;

Sandbox& Sandbox::Shared() {
  static std::mutex mutex;
  static std::unique_ptr<Sandbox> shared;
  static pid_t owner = -1;
  const std::lock_guard lock(mutex);
  if (shared && owner != ::getpid()) (void)shared.release();  // a fork of the owner: the interpreters are the parent's
  if (!shared) {
    shared = std::make_unique<Sandbox>(SandboxOptions::FromEnvironment());
    owner = ::getpid();
  }
  return *shared;
}

Result<std::unique_ptr<Interpreter>> Sandbox::StartOne(InterpreterRole role, const Deadline& deadline) {
  InterpreterOptions options;
  options.python = options_.python;
  options.role = role;
  options.preload = options_.preload;
  options.control_groups = options_.control_groups;
  std::optional<IsolationLevel> known;
  {
    const std::lock_guard lock(mutex_);
    known = level_;
  }
  const Deadline limit = deadline.Within(kStartLimit);
  Error first = MakeError(ErrorCode::kInternal, "no level was tried");
  for (const IsolationLevel level : {IsolationLevel::kNamespaces, IsolationLevel::kConfined}) {
    if (options_.level.value_or(known.value_or(level)) != level) continue;
    options.level = level;
    auto made = Interpreter::Start(options, limit);
    if (made) {
      const std::lock_guard lock(mutex_);
      level_ = level;
      return made;
    }
    first = level == IsolationLevel::kNamespaces || options_.level || known ? made.error() : MakeError(made.error().code, made.error().message, first);
  }
  return first;
}

// An idle interpreter, a new one, or the next that is returned.
Result<std::unique_ptr<Interpreter>> Sandbox::Take(InterpreterRole role, const Deadline& deadline) {
  Slots& idle = role == InterpreterRole::kGuest ? guests_ : harnesses_;
  std::unique_ptr<Interpreter> taken;
  {
    std::unique_lock lock(mutex_);
    if (role == InterpreterRole::kGuest) {
      const auto free = [&] { return running_ < options_.max_in_flight; };
      if (!WaitUntil(turn_, lock, deadline, free)) return MakeError(ErrorCode::kTimeout, "no sandbox came free before the deadline");
      ++running_;
    }
    // One whose last run is over already; else, below the bound, rather a new one than to wait.
    auto at = std::find_if(idle.begin(), idle.end(), [](const auto& i) { return i->options().role == InterpreterRole::kHarness || i->Idle(); });
    if (at == idle.end() && idle.size() >= 2) at = idle.begin();
    if (at != idle.end()) {
      taken = std::move(*at);
      idle.erase(at);
    }
  }
  if (taken) return taken;
  auto made = StartOne(role, deadline);
  if (!made) {
    const std::lock_guard lock(mutex_);
    if (role == InterpreterRole::kGuest) --running_;
    turn_.notify_one();
  }
  return made;
}

void Sandbox::Return(std::unique_ptr<Interpreter> interpreter) {
  const InterpreterRole role = interpreter->options().role;
  const bool keep = interpreter->runs < options_.recycle_after;
  {
    const std::lock_guard lock(mutex_);
    if (role == InterpreterRole::kGuest) --running_;
    if (keep) (role == InterpreterRole::kGuest ? guests_ : harnesses_).push_back(std::move(interpreter));
  }
  turn_.notify_one();
}

// Holds an interpreter for one run, a guest for the rest after it too. One that broke is dropped, not returned.
class Sandbox::Lease {
 public:
  Lease(Sandbox& owner, std::unique_ptr<Interpreter> held) : owner_(owner), held_(std::move(held)) {}
  ~Lease() {
    if (broken_) held_->runs = owner_.options_.recycle_after;
    if (owner_.options_.rest > 0 && held_->options().role == InterpreterRole::kGuest) {
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
      std::this_thread::sleep_for(std::min<std::chrono::duration<double>>(owner_.options_.rest * took, kLongestRest));
    }
    owner_.Return(std::move(held_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  Interpreter& operator*() const { return *held_; }
  Interpreter* operator->() const { return held_.get(); }
  void Break() { broken_ = true; }

 private:
  Sandbox& owner_;
  std::unique_ptr<Interpreter> held_;
  bool broken_ = false;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

Result<IsolationLevel> Sandbox::Level() {
  {
    const std::lock_guard lock(mutex_);
    if (level_) return *level_;
  }
  auto taken = Take(InterpreterRole::kGuest, Deadline::After(kStartLimit));
  if (!taken) return taken.error();
  const IsolationLevel level = (*taken)->options().level;
  Return(std::move(*taken));
  return level;
}

RunResult Sandbox::RunProgram(const RunJob& job, const Deadline& deadline) {
  auto taken = Take(InterpreterRole::kGuest, deadline);
  if (!taken) return Unavailable(taken.error());
  Lease zygote(*this, std::move(*taken));
  RunResult result = Run(*zygote, job, deadline);
  if (result.outcome == Outcome::kUnavailable) zygote.Break();
  return result;
}

void Sandbox::ReadVerdict(int socket, TestReport& report, bool& clean, bool& heard) const {
  auto frame = ReadFrame(socket, Deadline::After(milliseconds(2'000)));
  auto json = frame ? ParseJson(*frame) : Result<Json>(frame.error());
  clean = heard = false;
  if (!json) return;
  heard = true;
  if (const Json* results = json->Find("results"); results != nullptr && results->is_array()) {
    for (const Json& result : results->array()) report.results.push_back(result.is_bool() && result.boolean());
  }
  const auto text = [&](const char* key) {
    const Json* value = json->Find(key);
    return value != nullptr && value->is_string() ? value->string() : std::string();
  };
  const auto flag = [&](const char* key) {
    const Json* value = json->Find(key);
    return value != nullptr && value->is_bool() && value->boolean();
  };
  const std::string stage = text("stage");
  report.stage = stage == "done"    ? TestReport::Stage::kDone
                 : stage == "load"  ? TestReport::Stage::kLoad
                 : stage == "tests" ? TestReport::Stage::kBrokenTests
                 : stage == "data"  ? TestReport::Stage::kData
                                    : TestReport::Stage::kGone;
  report.error = text("error");
  if (const Json* total = json->Find("total"); total != nullptr && total->is_number()) {
    report.total = static_cast<std::size_t>(total->number());
  }
  report.guest_compared = flag("guest_compared");
  clean = flag("clean");
}

TestReport Sandbox::RunTests(const std::vector<std::string>& sources, const Json& harness_job, const Limits& limits, const Deadline& deadline) {
  TestReport report;
  auto guest = Take(InterpreterRole::kGuest, deadline);
  if (!guest) {
    report.run = Unavailable(guest.error());
    return report;
  }
  Lease zygote(*this, std::move(*guest));
  auto trusted = Take(InterpreterRole::kHarness, deadline);
  if (!trusted) {
    report.run = Unavailable(trusted.error());
    return report;
  }
  Lease harness(*this, std::move(*trusted));
  int rpc[2], job[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, rpc) != 0) {
    report.run.detail = "cannot make a socket pair";
    return report;
  }
  UniqueFd rpc_guest(rpc[0]), rpc_harness(rpc[1]);
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, job) != 0) {
    report.run.detail = "cannot make a socket pair";
    return report;
  }
  UniqueFd ours(job[0]), theirs(job[1]);
  RunJob run;
  Json list = Json::Array{};
  for (const std::string& source : sources) list.Push(source);
  Json guest_job;
  guest_job.Set("mode", "functions");
  guest_job.Set("sources", std::move(list));
  if (const Json* setup = harness_job.Find("setup"); setup != nullptr) guest_job.Set("setup", *setup);
  run.job = guest_job.Dump();
  run.capture = false;
  run.rpc = rpc_guest.get();
  run.until = ours.get();
  run.partner = harness->inner_pid();
  run.limits = limits;
  ++harness->runs;
  const int fds[] = {theirs.get(), rpc_harness.get()};
  auto sent = harness->Send("job", fds);
  theirs.Reset();
  rpc_harness.Reset();
  if (sent) sent = WriteFrame(ours.get(), harness_job.Dump());
  if (!sent) {
    harness.Break();
    report.run.detail = sent.error().message;
    return report;
  }
  report.run = Run(*zygote, run, deadline);
  rpc_guest.Reset();
  if (report.run.outcome == Outcome::kUnavailable) zygote.Break();
  bool clean = false, heard = false;
  ReadVerdict(ours.get(), report, clean, heard);
  if (!clean) harness.Break();
  if (!heard && report.run.outcome == Outcome::kOk) {
    // A guest that ended by itself and left the harness with answers that take this long to read: its own affair.
    report.run.outcome = report.run.by_verdict ? Outcome::kUnavailable : Outcome::kWallLimit;
    report.run.detail = "the harness did not answer";
  }
  return report;
}

}  // namespace rlar
