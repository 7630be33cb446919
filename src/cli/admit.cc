// rlar admit: the gate alone, on drafts (folders with check.py and draft.json) and a file of rows; no language model.
#include <cstdio>

#include "agents/admit/prove.h"
#include "cli/commands.h"
#include "tools/synthesized/synthesized_tool.h"

namespace rlar::cli {

int Admit(const AdmitOptions& options) {
  auto rows = ReadQueries(options.data);
  if (!rows) return UsageError(rows.error().ToString());
  std::optional<LibraryStore> store;
  GateSettings settings;
  if (!options.library.empty()) {
    auto opened = LibraryStore::Create(options.library);
    if (!opened) return UsageError(opened.error().ToString());
    store = std::move(*opened);
    auto read = LoadGateSettings((store->directory() / "settings.toml").string());
    if (!read) return UsageError(read.error().ToString());
    settings = *read;
  }
  int refused = 0;
  Json list = Json::Array{};
  for (const std::string& folder : options.drafts) {
    auto card = ReadDraft(folder);
    if (!card) return UsageError(folder + ": " + card.error().ToString());
    auto tool = MakeSynthesizedTool(*card);
    if (!tool) return UsageError(folder + ": " + tool.error().ToString());
    const auto findings = ProveOnTasks(**tool, *rows, settings);
    const bool admitted = WriteFindings(findings, *card);
    refused += !admitted;
    if (store) {
      if (auto version = PublishCard(*store, *card); !version) return UsageError(version.error().ToString());
    }
    if (options.json) {
      Json found = FindingsJson(*card, findings);
      found.Set("draft", folder);
      found.Set("tool", card->id.ToString());
      list.Push(std::move(found));
      continue;
    }
    std::printf("%s (%s) %s\n", folder.c_str(), card->id.ToString().c_str(), admitted ? "admitted" : "refused");
    for (const TaskFinding& finding : findings) {
      std::printf("  %s: %s: %s\n", finding.task.c_str(), finding.verdict.admitted ? "fits" : "does not fit", finding.verdict.why.c_str());
    }
  }
  // One object a draft, one a line: a single draft prints the single object of docs/schemas/admission.json.
  if (options.json) {
    for (const Json& found : list.array()) std::printf("%s\n", found.Dump().c_str());
  }
  return refused > 0 ? 1 : 0;
}

}  // namespace rlar::cli
