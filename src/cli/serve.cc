// rlar serve: rewards over HTTP until SIGINT or SIGTERM; SIGHUP takes the library's current version.
#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <stop_token>
#include <thread>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/evolver.h"
#include "serve/service.h"
#include "tools/reward_model/spend.h"

namespace rlar::cli {
namespace {

Result<void> ParseAddress(const std::string& listen, HttpOptions& options) {
  const std::size_t colon = listen.rfind(':');
  const std::string port = colon == std::string::npos ? "" : listen.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 && std::all_of(port.begin(), port.end(), IsAsciiDigit);
  if (!digits || std::stoi(port) > 65535) return MakeError(ErrorCode::kInvalidArgument, "--listen must be HOST:PORT, got '" + listen + "'");
  options.host = listen.substr(0, colon);
  if (options.host.starts_with('[') && options.host.ends_with(']')) options.host = options.host.substr(1, options.host.size() - 2);
  options.port = static_cast<unsigned short>(std::stoi(port));
  return {};
}

Result<std::optional<double>> ParseOnFailure(const std::string& text) {
  if (text == "error") return std::optional<double>();
  if (text.starts_with("neutral=")) {
    auto number = ParseJson(text.substr(8));
    if (number && number->is_number()) return std::optional<double>(number->number());
  }
  return MakeError(ErrorCode::kInvalidArgument, "--on-failure must be error or neutral=NUMBER, got '" + text + "'");
}

sigset_t HandledSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// Ends after SIGINT or SIGTERM; the caller sends itself one if the server stops for another reason.
void WatchSignals(HttpServer& server, RewardService& service) {
  const sigset_t set = HandledSignals();
  for (;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) continue;
    if (signal != SIGHUP) {
      server.Stop();
      return;
    }
    auto version = service.Reload();
    std::fprintf(stderr, "rlar: %s\n",
                 version ? ("now serving library version " + *version).c_str() : ("reload failed, serving on: " + version.error().ToString()).c_str());
  }
}

// Housekeeping until the server ends, and once more then: nothing gathered is lost.
void Ticks(RewardService& service, std::chrono::milliseconds every, const std::stop_source& stop) {
  std::string told;
  for (bool last = false; !last;) {
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop.get_token(), every, [] { return false; });
    last = stop.stop_requested();
    const auto ticked = service.Tick();
    const std::string says = ticked ? "" : ticked.error().ToString();
    if (!says.empty() && says != told) std::fprintf(stderr, "rlar: %s\n", says.c_str());
    told = says;
  }
}

}  // namespace

int Serve(const ServeOptions& options) {
  HttpOptions http;
  if (auto parsed = ParseAddress(options.listen, http); !parsed) return UsageError(parsed.error().ToString());
  auto neutral = ParseOnFailure(options.on_failure);
  if (!neutral) return UsageError(neutral.error().ToString());
  if (options.evolve && options.library.empty()) return UsageError("--evolve needs --library: the one that it evolves");
  const auto policy = LengthPolicyFromName(options.length_policy);
  if (!policy) return UsageError("--length-policy must be keep, zero or mask");
  const auto follow = ParseFollowRule(options.follow);
  if (!follow) return UsageError("--follow: " + follow.error().ToString());
  const sigset_t set = HandledSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);  // before any thread starts: loading a library with models starts some
  auto snapshot = LoadSnapshot(options.library, "");
  if (!snapshot) return UsageError(snapshot.error().ToString());
  std::optional<LibraryStore> store;
  if (!options.library.empty()) store = std::move(LibraryStore::Open(options.library).value());
  std::unique_ptr<RecordStore> records;
  if (!options.records.empty()) {
    auto opened = RecordStore::Open(options.records, {.max_mb = options.records_max_mb});
    if (!opened) return UsageError(opened.error().ToString());
    records = std::move(*opened);
  }
  http.fast_workers = options.threads > 0 ? options.threads : ThreadCount(0);
  http.queue = options.queue;
  http.workers = std::clamp<std::size_t>(options.queue, 1, http.workers);
  http.max_body_bytes = options.max_body_bytes;

  if (options.max_usd_per_1000 > 0) Spend::Process().SetCap(options.max_usd_per_1000);
  Metrics metrics;
  RewardService service(*snapshot, std::move(store),
                        ServiceOptions{.token = options.token,
                                       .deadline = std::chrono::milliseconds(options.deadline_ms),
                                       .neutral = *neutral,
                                       .length_policy = *policy,
                                       .gather = options.gather || options.evolve,
                                       .records = records.get(),
                                       .follow = *follow,
                                       .cache_bytes = options.cache_mb << 20,
                                       .runners = options.runners > 0 ? options.runners : std::max<std::size_t>(16, 4 * ThreadCount(0))},
                        metrics);
  auto server = HttpServer::Listen(http, [&](const HttpRequest& request) { return service.Handle(request); }, metrics);
  if (!server) return UsageError(server.error().ToString());
  std::stop_source stop;
  std::thread watcher([&] { WatchSignals(**server, service); });
  std::thread evolver;
  if (options.evolve) evolver = std::thread([&] { RunEvolver(options.library, options.config, stop.get_token()); });
  std::thread ticker([&] { Ticks(service, std::chrono::milliseconds(options.tick_ms), stop); });
  std::fprintf(stderr, "rlar: serving on http://%s:%d%s%s\n", http.host.c_str(), (*server)->port(), options.library.empty() ? "" : ", library version ",
               (*snapshot)->version().c_str());
  (*server)->Run(std::chrono::seconds(10));
  watcher.join();
  stop.request_stop();
  ticker.join();
  if (evolver.joinable()) evolver.join();
  return 0;
}

}  // namespace rlar::cli
