// rlar tools add: a user's own reward function becomes a tool, if the gate lets it.
#include <cstdio>

#include "agents/admit/gate.h"
#include "agents/discover_tasks/group_rows.h"
#include "cli/commands.h"
#include "library/store.h"
#include "rows/reader.h"
#include "tools/external/describe.h"
#include "tools/factory.h"

namespace rlar::cli {
namespace {

constexpr std::size_t kRowsPerTask = 16;
constexpr std::size_t kMaxRows = 5'000;

Result<std::vector<Query>> ReadQueries(const std::string& path) {
  auto reader = OpenRows(path, {});
  if (!reader) return reader.error();
  std::vector<Query> queries;
  while (queries.size() < kMaxRows) {
    auto row = (*reader)->Next();
    if (!row) return row.error();
    if (!row->has_value()) break;
    if (auto* group = std::get_if<Group>(&(*row)->row)) queries.push_back(std::move(group->query));
  }
  if (queries.empty()) return MakeError(ErrorCode::kInvalidArgument, "'" + path + "' holds no usable row");
  return queries;
}

struct Finding {
  std::string task;
  Evidence evidence;
  Verdict verdict;
};

std::vector<Finding> TryOnTasks(const Tool& tool, const std::vector<Query>& rows, const GateSettings& settings) {
  std::vector<Finding> findings;
  for (const TaskGroup& group : GroupRows(rows).groups) {
    std::vector<const Query*> chosen;
    const std::size_t count = std::min(kRowsPerTask, group.rows.size());
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(&rows[group.rows[i * group.rows.size() / count]]);
    Evidence evidence = TryTool(tool, Json(), chosen, group.shape);
    Verdict verdict = Judge(evidence, settings);
    findings.push_back({group.model.task, std::move(evidence), std::move(verdict)});
  }
  return findings;
}

// The manifest with the card in `list` ("tools" or "refused"), replacing one of the same name in either.
void PutCard(Json& manifest, const char* list, const ToolCard& card) {
  for (const char* name : {"tools", "refused"}) {
    Json kept = Json::Array{};
    if (const Json* old = manifest.Find(name); old != nullptr && old->is_array()) {
      for (const Json& other : old->array()) {
        if (!(other.Find("name") != nullptr && *other.Find("name") == Json(card.id.name))) kept.Push(other);
      }
    }
    if (std::string_view(name) == list) kept.Push(card.ToJson());
    manifest.Set(name, std::move(kept));
  }
}

Json GateJson(const ToolCard& card, const std::vector<Finding>& findings, bool admitted) {
  Json json, failed = Json::Array{};
  json.Set("draft", card.id.ToString());
  json.Set("admitted", admitted);
  json.Set("faults", card.faults);
  for (const Finding& finding : findings) {
    const Json evidence = finding.evidence.ToJson();
    for (const Json& probe : evidence.Find("failed_probes")->array()) {
      Json item;
      item.Set("probe", *probe.Find("probe"));
      item.Set("task", finding.task);
      item.Set("case", probe);
      failed.Push(std::move(item));
    }
  }
  json.Set("failed_probes", std::move(failed));
  return json;
}

}  // namespace

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

  const auto findings = TryOnTasks(**tool, *rows, *settings);
  bool admitted = false;
  Evidence pooled;
  for (const Finding& finding : findings) {
    card->evidence.Set(finding.task, finding.evidence.ToJson());
    if (!finding.verdict.admitted) continue;
    admitted = true;
    pooled.accepts += finding.evidence.accepts;
    pooled.accept_probes += finding.evidence.accept_probes;
    pooled.refuses += finding.evidence.refuses;
    pooled.refuse_probes += finding.evidence.refuse_probes;
  }
  card->faults = pooled.Faults();
  card->status = admitted ? ToolStatus::kAdmitted : ToolStatus::kRefused;
  Json manifest;
  manifest.Set("schema_version", 1);
  auto current = store->CurrentVersion();
  if (!current) return UsageError(current.error().ToString());
  if (!current->empty()) {
    auto loaded = store->LoadManifest();
    if (!loaded) return UsageError(loaded.error().ToString());
    manifest = std::move(*loaded);
  }
  PutCard(manifest, admitted ? "tools" : "refused", *card);
  auto version = store->Publish(manifest, (admitted ? "added tool " : "refused tool ") + card->id.ToString());
  if (!version) return UsageError(version.error().ToString());
  if (options.json) {
    std::printf("%s\n", GateJson(*card, findings, admitted).Dump().c_str());
  } else {
    std::printf("%s %s (isolation %s), library version %s\n", card->id.ToString().c_str(), admitted ? "admitted" : "refused",
                card->isolation.c_str(), version->c_str());
    for (const Finding& finding : findings) {
      std::printf("  %s: %s: %s\n", finding.task.c_str(), finding.verdict.admitted ? "fits" : "does not fit", finding.verdict.why.c_str());
    }
  }
  return admitted ? 0 : 1;
}

}  // namespace rlar::cli
