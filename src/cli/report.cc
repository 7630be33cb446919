// rlar report: what a library holds, was refused, and why.
#include <cstdio>

#include "base/fs.h"
#include "cli/commands.h"
#include "cli/report_text.h"
#include "library/store.h"

namespace rlar::cli {

int Report(const ReportOptions& options) {
  auto store = LibraryStore::Open(options.directory);
  if (!store) return UsageError(store.error().ToString());
  auto report = store->LoadReport(options.library_version);
  if (!report) return UsageError(report.error().ToString());
  if (!options.html.empty()) {
    if (auto written = WriteFileAtomic(options.html, ReportHtml(*report)); !written) return UsageError(written.error().ToString());
  }
  if (options.json) {
    std::printf("%s\n", report->Dump().c_str());
  } else if (options.html.empty()) {
    std::fputs(ReportText(*report).c_str(), stdout);
  }
  return 0;
}

}  // namespace rlar::cli
