// rlar build: the agents' job, with a progress bar.
#include "agents/build.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "cli/commands.h"
#include "cli/report_text.h"

namespace rlar::cli {
namespace {

std::atomic<bool> cancelled{false};

// The first Ctrl-C stops the build at its next step, with everything found kept; the second ends the program at once.
void StopOnInterrupt() {
  struct sigaction action{};
  action.sa_handler = [](int) { cancelled = true; };
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

// On a terminal one line that is redrawn; elsewhere nothing but the result.
void ShowProgress(const std::string& step, double share, const LlmClient* llm) {
  constexpr int kWidth = 24;
  std::string bar;
  for (int i = 0; i < kWidth; ++i) bar += i < share * kWidth ? '#' : '.';
  std::string cost;
  if (llm != nullptr) {
    const LlmUsage usage = llm->usage();
    char text[96];
    std::snprintf(text, sizeof text, "  %lld calls, %.0f tokens, $%.2f, %.1f min", static_cast<long long>(usage.calls), usage.tokens, usage.usd, usage.minutes);
    cost = text;
  }
  std::fprintf(stderr, "\r\033[K[%s] %3.0f %%  %.60s%s", bar.c_str(), 100 * share, step.c_str(), cost.c_str());
  std::fflush(stderr);
}

// What a model did and did not do, in a line or two.
void PrintLlm(const char* what, const LlmClient& llm) {
  const LlmUsage usage = llm.usage();
  std::printf("%s %s: %lld calls, %lld answered from the record, %.0f tokens, $%.4f, %.1f minutes\n", what, llm.model().c_str(),
              static_cast<long long>(usage.calls), static_cast<long long>(usage.replayed), usage.tokens, usage.usd, usage.minutes);
  if (usage.failed == 0) return;
  std::printf("%lld calls gave no usable answer, and the build went on without them:\n", static_cast<long long>(usage.failed));
  for (const std::string& lost : usage.lost) std::printf("  %s\n", lost.c_str());
}

Result<void> CopyLibrary(const std::string& from, LibraryStore& to) {
  auto current = to.CurrentVersion();
  if (!current) return current.error();
  if (!current->empty()) return {};
  auto old = LibraryStore::Open(from);
  if (!old) return old.error();
  auto manifest = old->LoadManifest();
  if (!manifest) return manifest.error();
  auto version = to.Publish(*manifest, "copied from " + from);
  if (!version) return version.error();
  if (auto report = old->LoadReport()) RLAR_TRY(to.WriteReport(*version, *report));
  return {};
}

}  // namespace

int Build(const BuildOptions& options) {
  auto store = LibraryStore::Create(options.out);
  if (!store) return UsageError(store.error().ToString());
  if (!options.library.empty()) {
    if (auto copied = CopyLibrary(options.library, *store); !copied) return UsageError(copied.error().ToString());
  }
  BuildJob job;
  job.extend = !options.library.empty();
  job.labels = options.labels;
  if (options.hub != "on" && options.hub != "off" && options.hub != "auto") return UsageError("--hub must be on, off or auto, got '" + options.hub + "'");
  HubClient hub;
  // Searching is a matter of minutes and gigabytes: by itself a build only does it where the Hub was named or a token given.
  const bool named = std::getenv("HF_ENDPOINT") != nullptr || std::getenv("HF_TOKEN") != nullptr;
  if (options.hub == "on" || (options.hub == "auto" && named)) job.hub = &hub;
  auto web = MakeWeb(options.web_search);
  if (!web) return UsageError("--web-search: " + web.error().ToString());
  job.models.web = web->get();
  job.models.trials = options.hub_trials;
  job.models.max_bytes = options.hub_max_gb * 1e9;
  job.data = options.input.path;
  job.rollouts = options.rollouts;
  job.reading.max_row_bytes = options.input.max_row_bytes;
  if (!options.input.map.empty()) {
    auto map = ParseFieldMap(options.input.map);
    if (!map) return UsageError("--map: " + map.error().ToString());
    job.reading.map = std::move(*map);
  }
  job.threads = ThreadCount(options.threads);
  const bool terminal = !options.quiet && ::isatty(2) == 1;
  std::unique_ptr<LlmClient> llm;
  if (terminal) job.progress = [&](const std::string& step, double share) { ShowProgress(step, share, llm.get()); };
  StopOnInterrupt();
  auto purse = MakePurse(options.llm);
  if (!purse) return UsageError(purse.error().ToString());
  auto client = MakeLlm(options.llm, options.out, &cancelled, job.progress, *purse);
  if (!client) return UsageError(client.error().ToString());
  llm = std::move(*client);
  job.llm = llm.get();
  if (options.policy.llm != "none" && options.policy.llm.find("://") == std::string::npos) {
    return UsageError("--policy '" + options.policy.llm + "' is no address (http://…)");
  }
  auto policy = MakeLlm(options.policy, options.out, &cancelled, {});
  if (!policy) return UsageError("--policy: " + policy.error().ToString());
  job.policy = policy->get();
  job.policy_responses = options.policy_responses;
  auto judges = MakeJudgeCalls(options.judge, options.llm, options.out, &cancelled, *purse);
  if (!judges) return UsageError(judges.error().ToString());
  job.judges = judges->get();
  auto price = ParsePrice("--judge-price", options.judge.price);
  if (!price) return UsageError(price.error().ToString());
  job.judge = {options.judge.url, options.judge.model, *price};
  job.cancelled = &cancelled;
  auto result = BuildLibrary(*store, job);
  if (terminal) std::fprintf(stderr, "\r\033[K");
  if (!result && cancelled) {
    std::fprintf(stderr, "rlar: %s\n", result.error().message.c_str());
    return 1;
  }
  if (!result) return UsageError(result.error().ToString());
  std::fputs(ReportText(result->report).c_str(), stdout);
  if (llm != nullptr) PrintLlm("language model", *llm);
  if (*policy != nullptr) PrintLlm("policy", **policy);
  PrintJudges(**judges);
  if (result->unserved > 0) {
    std::printf("rows without a tool are listed in %s/unserved.jsonl%s\n", options.out.c_str(),
                llm == nullptr ? "; a language model (--llm local or an address) could name the tasks and write verifiers for some of them" : "");
  }
  return result->invalid > 0 ? 1 : 0;
}

}  // namespace rlar::cli
