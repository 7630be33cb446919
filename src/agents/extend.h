// What a new build may leave alone: which rows an older library version knows, and which of its tasks are well.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agents/discover_tasks/group_rows.h"
#include "rlar/json.h"
#include "rlar/snapshot.h"

namespace rlar {

// A task of the older version and the rows that fall to it.
struct KnownTask {
  std::string name;
  TaskGroup group;             // as the older version describes it; `rows` index the rows given
  std::size_t tried_rows = 0;  // rows it was last built on
  std::string tried_model;     // the language model that was asked then, or empty
  std::string missing;         // what its rows needed then, or empty
};

struct KnownRows {
  std::vector<KnownTask> tasks;    // every task of the older version, by name
  std::vector<std::size_t> fresh;  // rows worded like no task's, or only unusually so
};

// Sorts rows by the older version's own classifier; `report` is that version's, or null. Deterministic.
Result<KnownRows> SortRows(const Snapshot& older, const Json& report, const std::vector<Query>& rows);

// Drops the groups of fresh rows that are worded like a known task after all (their rows go to it). What is left are new tasks.
void KeepNewGroups(Grouping& grouping, const std::vector<std::size_t>& fresh, KnownRows& known);
// Gives new groups names that no known task has.
void NameApart(Grouping& grouping, const KnownRows& known);

// The older version's feature weights.
std::unordered_map<std::uint32_t, float> KnownIdf(const Json& manifest);

}  // namespace rlar
