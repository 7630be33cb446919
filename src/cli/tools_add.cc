// rlar tools add: a user's own reward function becomes a tool, if the gate lets it.
#include <cstdio>

#include "agents/admit/prove.h"
#include "cli/commands.h"
#include "library/store.h"
#include "tools/external/describe.h"
#include "tools/factory.h"

namespace rlar::cli {

int ToolsAdd(const ToolsAddOptions& options) {
  auto card = DescribeExternal({options.target, options.name, options.form, options.range, options.python, static_cast<long>(options.timeout_ms)});
  if (!card) return UsageError(card.error().ToString());
  if (FindNativeVerifier(card->id.name) != nullptr) return UsageError("a native tool is called '" + card->id.name + "': give another --name");
  auto store = LibraryStore::Create(options.library);
  if (!store) return UsageError(store.error().ToString());
  auto settings = LoadGateSettings((store->directory() / "settings.toml").string());
  if (!settings) return UsageError(settings.error().ToString());
  auto rows = ReadQueries(options.data);
  if (!rows) return UsageError(rows.error().ToString());
  auto tool = MakeTool(*card);
  if (!tool) return UsageError(tool.error().ToString());

  const auto findings = ProveOnTasks(**tool, *rows, *settings);
  const bool admitted = WriteFindings(findings, *card);
  auto version = PublishCard(*store, *card);
  if (!version) return UsageError(version.error().ToString());
  if (options.json) {
    std::printf("%s\n", FindingsJson(*card, findings).Dump().c_str());
  } else {
    std::printf("%s %s (isolation %s), library version %s\n", card->id.ToString().c_str(), admitted ? "admitted" : "refused", card->isolation.c_str(),
                version->c_str());
    for (const TaskFinding& finding : findings) {
      std::printf("  %s: %s: %s\n", finding.task.c_str(), finding.verdict.admitted ? "fits" : "does not fit", finding.verdict.why.c_str());
    }
  }
  return admitted ? 0 : 1;
}

}  // namespace rlar::cli
