// From what a build found to the manifest of the next library version.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "agents/discover_tasks/group_rows.h"
#include "agents/task_result.h"
#include "rlar/json.h"

namespace rlar {

// The manifest (docs/schemas/library.json) of `tasks`; fills their route_key. Routes pinned by hand and the user's own tools of
// `old_manifest` (or null) are kept. Tasks named in `kept` stand in the new manifest as they stand in the old one: entry, route and
// the tools it uses, with their versions.
Json MakeManifest(std::vector<TaskResult>& tasks, const std::unordered_map<std::uint32_t, float>& idf, const Json& old_manifest,
                  const std::vector<std::string>& kept);

}  // namespace rlar
