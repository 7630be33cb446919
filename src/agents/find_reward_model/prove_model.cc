#include "agents/find_reward_model/prove_model.h"

#include "base/hash.h"
#include "base/json_at.h"
#include "rows/reader.h"
#include "tools/factory.h"
#include "tools/reward_model/reward_model_tool.h"

namespace rlar {
namespace {

constexpr std::size_t kMostRows = 20'000, kMostProbes = 200;

}  // namespace

Result<ModelData> ReadModelData(const std::string& path) {
  auto reader = OpenRows(path, {});
  if (!reader) return reader.error();
  ModelData data;
  while (data.queries.size() < kMostRows) {
    auto row = (*reader)->Next();
    if (!row) return row.error();
    if (!row->has_value()) break;
    auto* group = std::get_if<Group>(&(*row)->row);
    if (group == nullptr) continue;
    if (auto labelled = LabelsOf(*group)) data.labels.emplace(Hash64(group->query.prompt), std::move(*labelled));
    data.queries.push_back(std::move(group->query));
  }
  if (data.queries.empty()) return MakeError(ErrorCode::kInvalidArgument, "'" + path + "' holds no usable row");
  return data;
}

std::vector<TaskFinding> ProveModel(const Tool& tool, const ModelData& data, const HeardRows& heard) {
  std::vector<TaskFinding> findings;
  const ModelGate gate;
  for (const TaskGroup& group : GroupRows(data.queries).groups) {
    const ProbeSet probes = MakeModelProbes(group, data.queries, data.labels, gate.min_rows, kMostProbes);
    const ModelEvidence measured = TryModel(tool, Json(), probes, heard);
    findings.push_back({group.model.task, measured.ToEvidence(), JudgeModel(measured, gate)});
  }
  return findings;
}

Result<ToolCard> ModelCardFromJson(const Json& json) {
  const auto bad = [](const std::string& what) { return MakeError(ErrorCode::kInvalidArgument, what); };
  if (!json.is_object()) return bad("it must be a JSON object with 'name' and the fields of an adapter");
  const std::string name = TextAt(json, "name");
  if (name.empty()) return bad("'name' is missing: what the tool is called");
  if (FindNativeVerifier(name) != nullptr) return bad("a native tool is called '" + name + "': give another name");
  const Json* program = json.Find("program");
  auto adapter = AdapterFromJson(program == nullptr ? json : *program);
  if (!adapter) return adapter.error();
  const std::string summary = TextAt(json, "summary");
  const std::string plain = adapter->backend == "judge" ? "a judge: " + adapter->model : "a reward model on " + adapter->backend;
  return RewardModelCard(name, summary.empty() ? plain : summary, *adapter);
}

}  // namespace rlar
