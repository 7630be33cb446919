// rlar admit: the gate alone, on drafts (folders with check.py and draft.json, or files with a model's or judge's card) and a file of rows.
#include <cstdio>

#include "agents/admit/prove.h"
#include "agents/find_reward_model/prove_model.h"
#include "base/fs.h"
#include "cli/commands.h"
#include "tools/reward_model/reward_model_tool.h"
#include "tools/synthesized/synthesized_tool.h"

namespace rlar::cli {
namespace {

bool IsModel(const std::string& draft) { return draft.ends_with(".json"); }

Result<ToolCard> ReadCard(const std::string& draft) {
  if (!IsModel(draft)) return ReadDraft(draft);
  auto text = ReadFile(draft);
  if (!text) return text.error();
  auto json = ParseJson(*text);
  if (!json) return json.error();
  return ModelCardFromJson(*json);
}

// Verifiers pass the gate of verifiers; models that of models, on pairs of the rows, and judges are attacked.
Result<std::vector<TaskFinding>> ProveDraft(const std::string& draft, const ToolCard& card, const AdmitOptions& options, const std::vector<Query>& rows,
                                            const GateSettings& settings) {
  // With a library at hand a judge's answers are kept there, and not asked for twice.
  auto judges = MakeJudgeCalls({}, {}, options.library, nullptr);
  if (!judges) return judges.error();
  const bool recorded = card.kind == ToolKind::kJudge && !options.library.empty();
  auto tool = recorded ? (*judges)->Open(card) : IsModel(draft) ? MakeRewardModelTool(card) : MakeSynthesizedTool(card);
  if (!tool) return tool.error();
  if (!IsModel(draft)) return ProveOnTasks(**tool, rows, settings);
  auto data = ReadModelData(options.data);
  if (!data) return data.error();
  return ProveModel(**tool, *data);
}

}  // namespace

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
  settings.without.insert(options.without.begin(), options.without.end());
  if (store && !settings.without.empty()) return UsageError("--without-probe is for trials only: a draft tried with fewer probes enters no library");
  int refused = 0;
  Json list = Json::Array{};
  for (const std::string& folder : options.drafts) {
    auto card = ReadCard(folder);
    if (!card) return UsageError(folder + ": " + card.error().ToString());
    const auto proven = ProveDraft(folder, *card, options, *rows, settings);
    if (!proven) return UsageError(folder + ": " + proven.error().ToString());
    const std::vector<TaskFinding>& findings = *proven;
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
