// rlar evolve: new versions from what a server gathered; rlar versions and rlar rollback: the library's history.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>

#include "agents/evolve/evolve.h"
#include "base/fs.h"
#include "base/text.h"
#include "cli/commands.h"

namespace rlar::cli {
namespace {

std::atomic<bool> stopped{false};
constexpr int kNice = 10;  // scoring comes first

void StopOnSignal() {
  struct sigaction action {};
  action.sa_handler = [](int) { stopped = true; };
  action.sa_flags = SA_RESETHAND;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

// A server that started this process holds the other end of its standard input: it is over when that is.
bool InputEnded() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return ::poll(&input, 1, 0) > 0;
}

void Tell(const EvolveResult& result) {
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
  if (options.watch && ::nice(kNice) == -1) std::fprintf(stderr, "rlar: evolve runs at the priority of what it works beside\n");
  if (options.until_eof) {
    std::thread([] {
      while (!InputEnded()) std::this_thread::sleep_for(std::chrono::milliseconds(200));
      stopped = true;
    }).detach();
  }
  auto purse = MakePurse(options.llm, !options.judge.empty());
  if (!purse) return UsageError(purse.error().ToString());
  auto client = MakeLlm(options.llm, options.library, &stopped, {}, *purse);
  if (!client) return UsageError(client.error().ToString());
  auto judges = MakeJudgeCalls(options.llm, options.library, &stopped, *purse);
  if (!judges) return UsageError(judges.error().ToString());
  HubClient hub;
  auto web = MakeWeb(options.web_search);
  if (!web) return UsageError("--web-search: " + web.error().ToString());
  EvolveJob job;
  job.build.models.web = web->get();
  job.min_rows = options.min_rows;
  job.build.threads = ThreadCount(options.threads);
  job.build.labels = options.labels;
  job.build.llm = client->get();
  job.build.judge = {options.judge, options.judge_model};
  job.build.judges = judges->get();
  job.build.hub = options.hub == "on" ? &hub : nullptr;
  job.build.cancelled = &stopped;
  for (;;) {
    auto result = EvolveOnce(*store, job);
    if (!result && (!options.watch || stopped)) return stopped ? 1 : UsageError(result.error().ToString());
    if (!result) {
      std::fprintf(stderr, "rlar: %s\n", result.error().ToString().c_str());
    } else if (!options.watch || result->published) {
      Tell(*result);
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

int Versions(const std::string& library) {
  auto store = LibraryStore::Open(library);
  if (!store) return UsageError(store.error().ToString());
  auto journal = ReadFile(store->directory() / "journal.jsonl");
  if (!journal) return UsageError(journal.error().ToString());
  auto current = store->CurrentVersion();
  for (const std::string_view line : Split(*journal, '\n')) {
    auto entry = ParseJson(line);
    if (!entry) continue;
    const std::string version = entry->Find("version")->string();
    const std::time_t time = static_cast<std::time_t>(entry->Find("time")->number());
    char when[32];
    std::strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S", std::gmtime(&time));
    std::printf("%s %s %s  %s\n", current && *current == version ? "*" : " ", version.c_str(), when, entry->Find("why")->string().c_str());
  }
  return 0;
}

}  // namespace rlar::cli
