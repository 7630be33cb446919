// Quarantine: a tool taken out of use for one task, or for all, because later evidence speaks against it. Never silently: the
// manifest's "quarantine" holds the tool, the task, the reason and the evidence, and the route it had, so that it can be restored.
#pragma once

#include <string>
#include <string_view>

#include "rlar/json.h"
#include "rlar/result.h"

namespace rlar {

// One entry of the manifest's list: {tool: "name@version", task: string or null (every task), why, evidence, routes: [...]}.
struct QuarantineCase {
  std::string tool;  // "name" or "name@version": all versions, or one
  std::string task;  // empty: every task
  std::string why;   // one sentence
  Json evidence;     // what was measured, or null
};

// The manifest with the routes that use the tool taken out; the tasks say so in "missing". Errors: kNotFound where no route of
// that task uses it, kAlreadyExists where it is held already.
Result<Json> Quarantine(Json manifest, const QuarantineCase& held);
// Takes the entry back and puts its routes in force again, but for tasks that have another route by now.
Result<Json> Restore(Json manifest, const std::string& tool, const std::string& task);
// Whether a build may try this tool for this task.
bool IsQuarantined(const Json& manifest, std::string_view tool_name, std::string_view tool_version, std::string_view task);

}  // namespace rlar
