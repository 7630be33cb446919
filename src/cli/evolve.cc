// rlar evolve: new versions from what a server gathered; rlar versions and rlar rollback: the library's history.
#include "agents/evolve/evolve.h"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

#include "base/fs.h"
#include "base/json_at.h"
#include "base/text.h"
#include "cli/commands.h"

namespace rlar::cli {
namespace {

std::atomic<bool> stopped{false};
constexpr int kNice = 10;  // scoring comes first
// Making and ending a sandbox interrupts every core, however nice the guest is: a watcher's runs leave time between them.
constexpr const char* kRest = "9";
constexpr auto kTimeToStop = std::chrono::seconds(5);

// A round that was told to stop ends at its next step. A step may be a long trial: after kTimeToStop the program ends in the middle of
// it, which costs that trial and nothing else, for a round may be killed at any moment.
void StopOnSignal() {
  struct sigaction action{};
  action.sa_handler = [](int) { stopped = true; };
  action.sa_flags = SA_RESETHAND;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::thread([] {
    while (!stopped) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    std::this_thread::sleep_for(kTimeToStop);
    std::fprintf(stderr, "rlar: stopped within a trial, which begins anew when evolve runs again\n");
    std::_Exit(1);
  }).detach();
}

// A server that started this process holds the other end of its standard input: it is over when that is.
bool InputEnded() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) > 0;
}

// Of this process, and of its children that have ended.
double ProcessorMinutes() {
  double seconds = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    getrusage(who, &used);
    for (const timeval& time : {used.ru_utime, used.ru_stime}) seconds += static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  }
  return seconds / 60;
}

// While a round works: writes down the processor time that it takes, and halts it where the hour's is used up or the program is to end.
class Meter {
 public:
  Meter(HourBudget& hour, std::atomic<bool>& halt) : hour_(hour), halt_(halt), thread_([this] { Watch(); }) {}
  ~Meter() {
    over_ = true;
    thread_.join();
    Write();
  }
  Meter(const Meter&) = delete;

 private:
  void Watch() {
    for (int slice = 1; !over_; ++slice) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      if (slice % 20 == 0) Write();
      if (stopped || !hour_.MinutesLeft()) halt_ = true;
    }
  }
  void Write() {
    const double now = ProcessorMinutes();
    if (auto written = hour_.SpendMinutes(now - written_); !written) halt_ = true;  // what cannot be counted is not spent
    written_ = now;
  }
  HourBudget& hour_;
  std::atomic<bool>& halt_;
  std::atomic<bool> over_{false};
  double written_ = ProcessorMinutes();
  std::thread thread_;  // last: it uses the rest
};

// null: no limit an hour.
Result<std::unique_ptr<HourBudget>> OpenHour(const EvolveOptions& options, const LibraryStore& store) {
  if (options.budget_per_hour.empty()) return std::unique_ptr<HourBudget>();
  auto limits = ParseBudget(options.budget_per_hour);
  if (!limits) return MakeError(ErrorCode::kInvalidArgument, "--budget-per-hour", limits.error());
  RLAR_TRY(NeedsPrice(options.llm, limits->usd, "--budget-per-hour"));
  RLAR_TRY(NeedsJudgePrice(options.judge, options.llm, limits->usd, "--budget-per-hour"));
  RLAR_TRY(MakeDirectories(store.directory() / "evolve"));
  return HourBudget::Open(store.directory() / "evolve" / "spent.jsonl", *limits);
}

void Tell(const EvolveResult& result) {
  if (!result.refused.empty()) std::printf("held back: %s\n", result.refused.c_str());
  for (const std::string& change : result.changes) std::printf("%s\n", change.c_str());
  std::printf("library version %s%s; %zu rows wait\n", result.version.c_str(), result.published ? " (new)" : "", result.pending);
  std::fflush(stdout);
}

}  // namespace

int Evolve(const EvolveOptions& options) {
  auto store = LibraryStore::Open(options.library);
  if (!store) return UsageError(store.error().ToString());
  if (options.hub != "on" && options.hub != "off") return UsageError("--hub must be on or off, got '" + options.hub + "'");
  StopOnSignal();
  if (options.watch) ::setenv("RLAR_SANDBOX_REST", kRest, 0);
  if (options.watch && ::nice(kNice) == -1) std::fprintf(stderr, "rlar: evolve runs at the priority of what it works beside\n");
  if (options.until_eof) {
    std::thread([] {
      while (!InputEnded()) std::this_thread::sleep_for(std::chrono::milliseconds(200));
      stopped = true;
    }).detach();
  }
  auto hour = OpenHour(options, *store);
  if (!hour) return UsageError(hour.error().ToString());
  std::atomic<bool> halt{false};  // set by the meter
  const std::atomic<bool>* cancelled = *hour == nullptr ? &stopped : &halt;
  LlmChoice choice = options.llm;
  choice.hour = hour->get();
  std::unique_ptr<LlmClient> client;  // both of the round
  std::unique_ptr<JudgeCalls> judges;
  HubClient hub;
  auto web = MakeWeb(options.web_search);
  if (!web) return UsageError("--web-search: " + web.error().ToString());
  auto price = ParsePrice("--judge-price", options.judge.price);
  if (!price) return UsageError(price.error().ToString());
  EvolveJob job;
  job.hour = hour->get();
  job.connect = [&](BuildJob& build) -> Result<void> {
    client.reset();
    judges.reset();
    auto purse = MakePurse(choice);
    if (!purse) return purse.error();
    auto made = MakeLlm(choice, options.library, cancelled, {}, *purse);
    if (!made) return made.error();
    auto asked = MakeJudgeCalls(options.judge, choice, options.library, cancelled, *purse);
    if (!asked) return asked.error();
    client = std::move(*made);
    judges = std::move(*asked);
    build.llm = client.get();
    build.judges = judges.get();
    return {};
  };
  if (auto connected = job.connect(job.build); !connected) return UsageError(connected.error().ToString());
  job.build.models.web = web->get();
  job.build.judge = {options.judge.url, options.judge.model, *price};
  job.min_rows = options.min_rows;
  job.build.threads = ThreadCount(options.threads);
  job.build.labels = options.labels;
  job.build.hub = options.hub == "on" ? &hub : nullptr;
  job.build.cancelled = cancelled;
  std::string refused;
  for (;;) {
    halt = false;
    auto result = [&] {
      std::optional<Meter> meter;
      if (*hour != nullptr) meter.emplace(**hour, halt);
      return EvolveOnce(*store, job);
    }();
    if (!result && (!options.watch || stopped)) return stopped ? 1 : UsageError(result.error().ToString());
    if (!result) {
      std::fprintf(stderr, "rlar: %s\n", result.error().ToString().c_str());
    } else {
      if (!options.watch || result->published || (refused.empty() && !result->refused.empty())) Tell(*result);
      refused = result->refused;
    }
    if (!options.watch) return 0;
    for (std::size_t waited = 0; waited < 10 * options.every_s && !stopped; ++waited) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (stopped) return 0;
  }
}

int Rollback(const std::string& library, const std::string& wanted) {
  auto store = LibraryStore::Open(library);
  if (!store) return UsageError(store.error().ToString());
  std::string version = wanted;
  auto current = store->CurrentVersion();
  if (!current) return UsageError(current.error().ToString());
  if (version.empty()) {
    auto journal = ReadFile(store->directory() / "journal.jsonl");
    if (!journal) return UsageError(journal.error().ToString());
    for (const std::string_view line : Split(*journal, '\n')) {
      auto entry = ParseJson(line);
      const Json* of = entry ? entry->Find("version") : nullptr;
      const Json* parent = entry ? entry->Find("parent") : nullptr;
      if (of != nullptr && *of == Json(*current) && parent != nullptr && parent->is_string()) version = parent->string();
    }
    if (version.empty()) return UsageError("version " + *current + " has none before it");
  }
  auto manifest = store->LoadManifest(version);
  if (!manifest) return UsageError(manifest.error().ToString());
  auto published = store->Publish(*manifest, "rolled back from " + *current);
  if (!published) return UsageError(published.error().ToString());
  std::printf("library version %s is in force again\n", published->c_str());
  return 0;
}

int Approve(const std::string& library, const std::string& version) {
  auto store = LibraryStore::Open(library);
  if (!store) return UsageError(store.error().ToString());
  auto current = store->CurrentVersion();
  if (!current) return UsageError(current.error().ToString());
  const std::string& wanted = version.empty() ? *current : version;
  if (auto done = store->Approve(wanted); !done) return UsageError(done.error().ToString());
  std::printf("approved: %s\n", wanted.c_str());
  return 0;
}

int Versions(const std::string& library) {
  auto store = LibraryStore::Open(library);
  if (!store) return UsageError(store.error().ToString());
  auto journal = ReadFile(store->directory() / "journal.jsonl");
  if (!journal) return UsageError(journal.error().ToString());
  auto current = store->CurrentVersion();
  const auto approved = store->Approved();
  for (const std::string_view line : Split(*journal, '\n')) {
    auto entry = ParseJson(line);
    if (!entry) continue;
    const std::string version = entry->Find("version")->string();
    const std::time_t time = static_cast<std::time_t>(entry->Find("time")->number());
    char when[32];
    std::strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", std::gmtime(&time));
    std::printf("%s %s %s  %s%s\n", current && *current == version ? "*" : " ", version.c_str(), when, entry->Find("why")->string().c_str(),
                approved.contains(version) ? " (approved)" : "");
    for (const Json& change : ListAt(*entry, "scales")) {
      if (TextAt(change, "scale") != "changed") continue;
      std::printf("%40s  '%s' is on another scale: %s\n", "", TextAt(change, "task").c_str(), TextAt(change, "why").c_str());
    }
  }
  return 0;
}

}  // namespace rlar::cli
