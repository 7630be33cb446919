#include "agents/admit/prove.h"

#include "agents/discover_tasks/group_rows.h"
#include "library/publish_edited.h"
#include "rows/reader.h"

namespace rlar {
namespace {

constexpr std::size_t kRowsPerTask = 16;
constexpr std::size_t kMaxRows = 5'000;

// The manifest with the card in `list` ("tools" or "refused"), replacing one of the same name in either.
void PutCard(Json& manifest, std::string_view list, const ToolCard& card) {
  for (const char* name : {"tools", "refused"}) {
    Json kept = Json::Array{};
    if (const Json* old = manifest.Find(name); old != nullptr && old->is_array()) {
      for (const Json& other : old->array()) {
        if (!(other.Find("name") != nullptr && *other.Find("name") == Json(card.id.name))) kept.Push(other);
      }
    }
    if (name == list) kept.Push(card.ToJson());
    manifest.Set(name, std::move(kept));
  }
}

}  // namespace

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

std::vector<TaskFinding> ProveOnTasks(const Tool& tool, const std::vector<Query>& rows, const GateSettings& settings) {
  std::vector<TaskFinding> findings;
  for (const TaskGroup& group : GroupRows(rows).groups) {
    std::vector<const Query*> chosen;
    const std::size_t count = std::min(kRowsPerTask, group.rows.size());
    for (std::size_t i = 0; i < count; ++i) chosen.push_back(&rows[group.rows[i * group.rows.size() / count]]);
    Evidence evidence = TryTool(tool, Json(), chosen, group.shape, NatureOf(chosen, group.shape, nullptr), settings.without);
    Verdict verdict = Judge(evidence, settings);
    findings.push_back({group.model.task, std::move(evidence), std::move(verdict)});
  }
  return findings;
}

bool WriteFindings(const std::vector<TaskFinding>& findings, ToolCard& card) {
  bool admitted = false;
  Evidence pooled;
  for (const TaskFinding& finding : findings) {
    card.evidence.Set(finding.task, finding.evidence.ToJson());
    if (!finding.verdict.admitted) continue;
    admitted = true;
    pooled.Pool(finding.evidence);
  }
  card.faults = pooled.Faults();
  card.status = admitted ? ToolStatus::kAdmitted : ToolStatus::kRefused;
  return admitted;
}

Json FindingsJson(const ToolCard& card, const std::vector<TaskFinding>& findings) {
  Json json, failed = Json::Array{}, tasks = Json::Array{};
  json.Set("draft", card.id.ToString());
  json.Set("admitted", card.status == ToolStatus::kAdmitted);
  json.Set("faults", card.faults);
  for (const TaskFinding& finding : findings) {
    const Json evidence = finding.evidence.ToJson();
    for (const Json& probe : evidence.Find("failed_probes")->array()) {
      Json item;
      item.Set("probe", *probe.Find("probe"));
      item.Set("task", finding.task);
      item.Set("case", probe);
      failed.Push(std::move(item));
    }
    Json task;
    task.Set("task", finding.task);
    task.Set("admitted", finding.verdict.admitted);
    task.Set("why", finding.verdict.why);
    tasks.Push(std::move(task));
  }
  json.Set("failed_probes", std::move(failed));
  json.Set("tasks", std::move(tasks));
  return json;
}

Result<std::string> PublishCard(LibraryStore& store, const ToolCard& card) {
  Json manifest;
  manifest.Set("schema_version", 1);
  auto current = store.CurrentVersion();
  if (!current) return current.error();
  if (!current->empty()) {
    auto loaded = store.LoadManifest();
    if (!loaded) return loaded.error();
    manifest = std::move(*loaded);
  }
  const bool admitted = card.status == ToolStatus::kAdmitted;
  PutCard(manifest, admitted ? "tools" : "refused", card);
  return PublishEdited(store, manifest, (admitted ? "added tool " : "refused tool ") + card.id.ToString());
}

}  // namespace rlar
