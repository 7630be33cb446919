#include "agents/compare_scales.h"

#include <algorithm>

#include "agents/admit/probes.h"
#include "classify/features.h"
#include "rlar/engine.h"

namespace rlar {
namespace {

bool CostsNothing(const Snapshot& snapshot, const std::string& task) {
  const Route* route = snapshot.FindRoute(task);
  if (route == nullptr) return false;
  return std::all_of(route->parts.begin(), route->parts.end(), [&](const RoutePart& part) {
    const ToolKind kind = snapshot.FindTool(part.tool.name, part.tool.version)->card().kind;
    return kind == ToolKind::kNative || kind == ToolKind::kSynthesized;
  });
}

// Probes and rollouts of one row.
std::vector<Response> ResponsesFor(const std::vector<const Query*>& rows, std::size_t i, const Rollouts& rollouts) {
  std::vector<std::string> texts = rollouts.Of(*rows[i]);
  if (!rows[i]->reference.empty()) {
    for (const Probe& probe : MakeProbes(*rows[i], ReferenceShape(rows[i]->reference), OtherReferences(rows, i))) texts.push_back(probe.response);
  }
  return AsResponses(texts);
}

int Sign(double difference) { return (difference > 0) - (difference < 0); }

struct Tally {
  double rows = 0, responses = 0, before = 0, after = 0, agree = 0, pairs = 0;
  double accepted = 0, still = 0, refused = 0, newly = 0;

  void Add(const std::vector<std::pair<double, double>>& values) {
    if (values.empty()) return;
    ++rows;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto [old_value, new_value] = values[i];
      ++responses, before += old_value, after += new_value;
      (old_value >= 0.5 ? accepted : refused) += 1;
      if (new_value >= 0.5) (old_value >= 0.5 ? still : newly) += 1;
      for (std::size_t j = 0; j < i; ++j) {
        const int one = Sign(old_value - values[j].first), other = Sign(new_value - values[j].second);
        ++pairs, agree += one == other ? 1 : one == -other ? 0 : 0.5;
      }
    }
  }
  Json ToJson() const {
    Json json;
    json.Set("rows", rows);
    json.Set("responses", responses);
    json.Set("before", before / responses);
    json.Set("after", after / responses);
    json.Set("order", pairs > 0 ? Json(agree / pairs) : Json());
    json.Set("still_accepted", Json(Json::Array{Json(still), Json(accepted)}));
    json.Set("newly_accepted", Json(Json::Array{Json(newly), Json(refused)}));
    return json;
  }
};

}  // namespace

Json CompareScales(const std::shared_ptr<const Snapshot>& before, const std::shared_ptr<const Snapshot>& after, const std::string& task,
                   const std::vector<const Query*>& rows, const Rollouts& rollouts) {
  if (!CostsNothing(*before, task) || !CostsNothing(*after, task)) return {};
  const Engine older(before), newer(after);
  Tally tally;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Group group{*rows[i], ResponsesFor(rows, i, rollouts)};
    if (group.responses.empty()) continue;
    const auto then = older.ScoreGroup(group), now = newer.ScoreGroup(group);
    if (then.front().task != task || now.front().task != task) continue;
    std::vector<std::pair<double, double>> values;
    for (std::size_t k = 0; k < then.size(); ++k) {
      const auto old_value = then[k].score.value(), new_value = now[k].score.value();
      if (old_value && new_value) values.emplace_back(*old_value, *new_value);
    }
    tally.Add(values);
  }
  return tally.responses > 0 ? tally.ToJson() : Json();
}

std::map<std::string, Json> CompareChanged(const LibraryStore& store, const Json& manifest, const std::vector<TaskResult>& tasks,
                                           const std::vector<Query>& rows, const Rollouts& rollouts) {
  std::map<std::string, Json> compared;
  auto after = Snapshot::FromManifest(manifest);
  if (!after) return compared;  // Publish says why
  const auto changes = store.ScaleChanges(**after);
  if (!changes) return compared;
  std::map<std::string, std::shared_ptr<const Snapshot>> older;  // by version; null: does not load with this program
  for (const ScaleChange& change : *changes) {
    const auto task = std::find_if(tasks.begin(), tasks.end(), [&](const TaskResult& one) { return one.group.model.task == change.task; });
    if (change.kind != ScaleChange::Kind::kChanged || task == tasks.end()) continue;
    const std::string version = store.VersionOfScale(change.task, change.from);
    auto [at, fresh] = older.try_emplace(version);
    if (fresh && !version.empty()) {
      if (auto loaded = store.LoadSnapshot(version)) at->second = std::move(*loaded);
    }
    if (at->second == nullptr) continue;
    Json found = CompareScales(at->second, *after, change.task, TrialRows(task->group, rows), rollouts);
    if (!found.is_null()) compared.emplace(change.task, std::move(found));
  }
  return compared;
}

}  // namespace rlar
