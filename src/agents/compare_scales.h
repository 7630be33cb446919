// Where a task's scale changes: how both versions judge the same probes, so that who compares rewards over the change knows what it did.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agents/rollouts.h"
#include "agents/task_result.h"
#include "library/store.h"

namespace rlar {

// {rows, responses, before, after, order, still_accepted, newly_accepted} (docs/evolution.md), or null where nothing was judged by both: only routes of
// native and stored verifiers are asked, which cost nothing. `rows`: queries of the task.
Json CompareScales(const std::shared_ptr<const Snapshot>& before, const std::shared_ptr<const Snapshot>& after, const std::string& task,
                   const std::vector<const Query*>& rows, const Rollouts& rollouts);

// For each task of `tasks` whose scale changes with `manifest`, by task: what Publish keeps. What cannot be compared is left out.
std::map<std::string, Json> CompareChanged(const LibraryStore& store, const Json& manifest, const std::vector<TaskResult>& tasks,
                                           const std::vector<Query>& rows, const Rollouts& rollouts);

}  // namespace rlar
