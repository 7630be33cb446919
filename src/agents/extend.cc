#include "agents/extend.h"

#include <algorithm>
#include <set>

#include "base/json_at.h"

namespace rlar {
namespace {

// Centroids of parts of one task are at least this alike, those of different tasks less (measured: label_groups.cc).
constexpr double kSameTask = 0.5;

Result<KnownTask> ReadTask(const Json& json) {
  auto model = TaskModelFromJson(json);
  if (!model) return model.error();
  KnownTask task;
  task.name = model->task;
  task.group.model = std::move(*model);
  task.group.label = TextAt(json, "label");
  task.group.shape = TextAt(json, "shape");
  const Json* answer = json.Find("answer");
  task.group.described = answer != nullptr && answer->is_string();
  if (task.group.described) task.group.answer = answer->string();
  const Json* rows = json.Find("sample_rows");
  if (rows != nullptr && rows->is_number() && rows->number() >= 0) task.tried_rows = static_cast<std::size_t>(rows->number());
  task.missing = TextAt(json, "missing");
  return task;
}

bool Shares(const std::set<std::string>& a, const std::set<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& item) { return b.count(item) != 0; });
}

KnownTask* SameTask(const TaskGroup& group, std::vector<KnownTask>& tasks) {
  KnownTask* best = nullptr;
  double highest = kSameTask;
  for (KnownTask& task : tasks) {
    const TaskModel& model = task.group.model;
    if (!Shares(model.shapes, group.model.shapes) || !Shares(model.param_names, group.model.param_names)) continue;
    const double similarity = Dot(model.centroid, group.model.centroid);
    if (similarity >= highest) highest = similarity, best = &task;
  }
  return best;
}

}  // namespace

Result<KnownRows> SortRows(const Snapshot& older, const Json& report, const std::vector<Query>& rows) {
  KnownRows known;
  std::map<std::string, std::size_t> index;
  if (const Json* tasks = older.manifest().Find("tasks"); tasks != nullptr && tasks->is_array()) {
    for (const Json& json : tasks->array()) {
      auto task = ReadTask(json);
      if (!task) return task.error();
      index.emplace(task->name, known.tasks.size());
      known.tasks.push_back(std::move(*task));
    }
  }
  if (const Json* told = report.Find("tasks"); told != nullptr && told->is_array()) {
    for (const Json& entry : told->array()) {
      const auto at = index.find(TextAt(entry, "task"));
      if (at != index.end()) known.tasks[at->second].tried_model = TextAt(entry, "tried_model");
    }
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TaskGuess guess = older.Classify(rows[i]);
    const auto at = index.find(guess.task);
    if (at == index.end() || guess.unusual) {
      known.fresh.push_back(i);
    } else {
      known.tasks[at->second].group.rows.push_back(i);
    }
  }
  return known;
}

void KeepNewGroups(Grouping& grouping, const std::vector<std::size_t>& fresh, KnownRows& known) {
  for (TaskGroup& group : grouping.groups) {
    KnownTask* same = SameTask(group, known.tasks);
    if (same == nullptr) continue;
    for (const std::size_t i : group.rows) same->group.rows.push_back(fresh[i]);
    std::sort(same->group.rows.begin(), same->group.rows.end());
    group.rows.clear();
  }
  TidyGroups(grouping);
}

void NameApart(Grouping& grouping, const KnownRows& known) {
  std::set<std::string> names;
  for (const KnownTask& task : known.tasks) names.insert(task.name);
  for (TaskGroup& group : grouping.groups) {
    const std::string name = group.model.task;
    for (int count = 2; !names.insert(group.model.task).second; ++count) group.model.task = name + "-" + std::to_string(count);
  }
}

std::unordered_map<std::uint32_t, float> KnownIdf(const Json& manifest) {
  std::unordered_map<std::uint32_t, float> idf;
  const Json* pairs = manifest.Find("idf");
  if (pairs == nullptr || !pairs->is_array()) return idf;
  for (std::size_t i = 0; i + 1 < pairs->array().size(); i += 2) {
    idf.emplace(static_cast<std::uint32_t>(pairs->array()[i].number()), static_cast<float>(pairs->array()[i + 1].number()));
  }
  return idf;
}

}  // namespace rlar
