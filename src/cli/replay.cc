// rlar replay: recorded responses scored again. rlar diff: what two versions of a library say of them, and for whom it changes.
#include <cmath>
#include <cstdio>
#include <map>

#include "cli/commands.h"
#include "library/store.h"
#include "records/record_store.h"

namespace rlar::cli {
namespace {

struct Verdict {
  std::string status, tool;
  std::optional<double> value;
  bool operator==(const Verdict&) const = default;
};

struct TaskChange {
  std::size_t count = 0, changed = 0, both = 0;
  double before = 0, after = 0, largest = 0;
  std::string example;
};

Verdict ScoreAgain(const Engine& engine, const RecordedReward& recorded) {
  Group group{recorded.query, {recorded.response}};
  const auto rewards = engine.ScoreGroup(group);
  return {std::string(Name(rewards.front().score.status())), rewards.front().tool, rewards.front().score.value()};
}

Json Line(const RecordedReward& recorded, const Verdict& before, const Verdict& after) {
  const auto side = [](const Verdict& verdict) {
    Json json;
    json.Set("status", verdict.status);
    json.Set("value", verdict.value ? Json(*verdict.value) : Json());
    json.Set("tool", verdict.tool);
    return json;
  };
  Json json;
  json.Set("record", recorded.id);
  json.Set("id", recorded.query.id);
  json.Set("task", recorded.task);
  json.Set("before", side(before));
  json.Set("after", side(after));
  json.Set("same", before.status == after.status && before.value == after.value);
  return json;
}

void Count(const RecordedReward& recorded, const Verdict& before, const Verdict& after, std::map<std::string, TaskChange>& tasks) {
  TaskChange& task = tasks[recorded.task];
  ++task.count;
  if (before.value && after.value) {
    ++task.both;
    task.before += *before.value;
    task.after += *after.value;
  }
  if (before.status == after.status && before.value == after.value) return;
  ++task.changed;
  const double size = before.value && after.value ? std::abs(*before.value - *after.value) : 1;
  if (size <= task.largest) return;
  task.largest = size;
  const auto shown = [](const Verdict& verdict) { return verdict.value ? Json(*verdict.value).Dump() : verdict.status; };
  task.example = shown(before) + " → " + shown(after) + ": " + Json(recorded.query.prompt.substr(0, 60)).Dump();
}

void Print(const std::map<std::string, TaskChange>& tasks, std::size_t count, std::size_t changed) {
  std::printf("%zu rewards, %zu changed\n", count, changed);
  for (const auto& [name, task] : tasks) {
    const double both = static_cast<double>(std::max<std::size_t>(1, task.both));
    std::printf("  %-32s %6zu rewards, %6zu changed, mean %.4f → %.4f%s%s\n", name.empty() ? "(no task)" : name.c_str(), task.count, task.changed,
                task.before / both, task.after / both, task.example.empty() ? "" : ", e.g. ", task.example.c_str());
  }
}

}  // namespace

int Replay(const ReplayOptions& options) {
  auto records = RecordStore::OpenReadOnly(options.records);
  if (!records) return UsageError(records.error().ToString());
  auto to = LoadSnapshot(options.library, options.to);
  if (!to) return UsageError(to.error().ToString());
  const Engine after(*to);
  std::optional<Engine> before;
  if (!options.from.empty()) {
    auto from = LoadSnapshot(options.library, options.from);
    if (!from) return UsageError(from.error().ToString());
    before.emplace(*from);
  }
  std::map<std::string, TaskChange> tasks;
  std::size_t count = 0, changed = 0;
  auto read = (*records)->ForEach([&](RecordedReward&& recorded) {
    // A reward that a version gave is replayed by that version's own routes only where the caller asks for it.
    if (options.own_version && recorded.library_version != (*to)->version()) return true;
    const Verdict old = before ? ScoreAgain(*before, recorded) : Verdict{recorded.status, recorded.tool, recorded.value};
    const Verdict now = ScoreAgain(after, recorded);
    ++count;
    changed += old.status != now.status || old.value != now.value ? 1 : 0;
    if (options.json) std::printf("%s\n", Line(recorded, old, now).Dump().c_str());
    Count(recorded, old, now, tasks);
    return true;
  });
  if (!read) return UsageError(read.error().ToString());
  if (!options.json) Print(tasks, count, changed);
  return changed == 0 ? 0 : 1;
}

}  // namespace rlar::cli
