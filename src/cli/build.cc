// rlar build: the agents' job, with a progress bar.
#include <unistd.h>

#include <cstdio>

#include "agents/build.h"
#include "cli/commands.h"
#include "cli/report_text.h"

namespace rlar::cli {
namespace {

// On a terminal one line that is redrawn; elsewhere nothing but the result.
void ShowProgress(const std::string& step, double share) {
  constexpr int kWidth = 24;
  std::string bar;
  for (int i = 0; i < kWidth; ++i) bar += i < share * kWidth ? '#' : '.';
  std::fprintf(stderr, "\r\033[K[%s] %3.0f %%  %.80s", bar.c_str(), 100 * share, step.c_str());
  std::fflush(stderr);
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
  return {};
}

}  // namespace

int Build(const BuildOptions& options) {
  if (options.llm != "none") {
    return UsageError("--llm '" + options.llm + "' is not available in this version: only 'none' is (native tools, no language model)");
  }
  auto store = LibraryStore::Create(options.out);
  if (!store) return UsageError(store.error().ToString());
  if (!options.library.empty()) {
    if (auto copied = CopyLibrary(options.library, *store); !copied) return UsageError(copied.error().ToString());
  }
  BuildJob job;
  job.data = options.input.path;
  job.reading.max_row_bytes = options.input.max_row_bytes;
  if (!options.input.map.empty()) {
    auto map = ParseFieldMap(options.input.map);
    if (!map) return UsageError("--map: " + map.error().ToString());
    job.reading.map = std::move(*map);
  }
  job.threads = ThreadCount(options.threads);
  const bool terminal = !options.quiet && ::isatty(2) == 1;
  if (terminal) job.progress = &ShowProgress;
  auto result = BuildLibrary(*store, job);
  if (terminal) std::fprintf(stderr, "\r\033[K");
  if (!result) return UsageError(result.error().ToString());
  std::fputs(ReportText(result->report).c_str(), stdout);
  if (result->unserved > 0) {
    std::printf("rows without a tool are listed in %s/unserved.jsonl; a language model (--llm) could write verifiers for some\n",
                options.out.c_str());
  }
  return result->invalid > 0 ? 1 : 0;
}

}  // namespace rlar::cli
