#include "library/quarantine.h"

#include <algorithm>

#include "base/json_at.h"

namespace rlar {
namespace {

// "name" means every version, "name@version" one; a route that was pinned by hand may name no version either.
bool SameTool(std::string_view pattern, std::string_view id) {
  const auto any = [](std::string_view tool) { return tool.find('@') == tool.npos || tool.ends_with('@'); };
  const auto name = [](std::string_view tool) { return tool.substr(0, tool.find('@')); };
  return pattern == id || (name(pattern) == name(id) && (any(pattern) || any(id)));
}

bool Uses(const Json& route, std::string_view tool) {
  const Json::Array& parts = ListAt(route, "parts");
  return std::any_of(parts.begin(), parts.end(), [&](const Json& part) { return SameTool(tool, TextAt(part, "tool")); });
}

bool SameCase(const Json& entry, std::string_view tool, std::string_view task) { return TextAt(entry, "tool") == tool && TextAt(entry, "task") == task; }

// No other tool has been tried on any rows since: the next extension looks for one, however few rows are new.
void ForgetTrial(Json& manifest, std::string_view task) {
  Json::Array tasks = ListAt(manifest, "tasks");
  for (Json& entry : tasks) {
    if (TextAt(entry, "name") == task) entry.Set("sample_rows", 0);
  }
  manifest.Set("tasks", Json(std::move(tasks)));
}

void SetMissing(Json& manifest, std::string_view task, const Json& missing) {
  Json::Array tasks = ListAt(manifest, "tasks");
  for (Json& entry : tasks) {
    if (TextAt(entry, "name") == task) entry.Set("missing", missing);
  }
  manifest.Set("tasks", Json(std::move(tasks)));
}

}  // namespace

Result<Json> Quarantine(Json manifest, const QuarantineCase& held) {
  Json::Array entries = ListAt(manifest, "quarantine");
  for (const Json& entry : entries) {
    if (SameCase(entry, held.tool, held.task)) {
      return MakeError(ErrorCode::kAlreadyExists, "'" + held.tool + "' is in quarantine already: " + TextAt(entry, "why"));
    }
  }
  Json::Array stay, taken;
  for (const Json& route : ListAt(manifest, "routes")) {
    const bool concerned = (held.task.empty() || TextAt(route, "task") == held.task) && Uses(route, held.tool);
    (concerned ? taken : stay).push_back(route);
  }
  if (taken.empty()) {
    return MakeError(ErrorCode::kNotFound,
                     "no route" + (held.task.empty() ? "" : " of task '" + held.task + "'") + " uses '" + held.tool + "' (see rlar report)");
  }
  for (const Json& route : taken) {
    ForgetTrial(manifest, TextAt(route, "task"));
    SetMissing(manifest, TextAt(route, "task"), Json("another tool: " + held.tool + " is in quarantine: " + held.why));
  }
  Json entry;
  entry.Set("tool", held.tool);
  entry.Set("task", held.task.empty() ? Json() : Json(held.task));
  entry.Set("why", held.why);
  entry.Set("evidence", held.evidence);
  entry.Set("routes", Json(std::move(taken)));
  entries.push_back(std::move(entry));
  manifest.Set("routes", Json(std::move(stay)));
  manifest.Set("quarantine", Json(std::move(entries)));
  return manifest;
}

Result<Json> Restore(Json manifest, const std::string& tool, const std::string& task) {
  Json::Array entries = ListAt(manifest, "quarantine");
  const auto at = std::find_if(entries.begin(), entries.end(), [&](const Json& entry) { return SameCase(entry, tool, task); });
  if (at == entries.end()) {
    return MakeError(ErrorCode::kNotFound, "'" + tool + "' is not in quarantine" + (task.empty() ? "" : " for task '" + task + "'"));
  }
  Json::Array routes = ListAt(manifest, "routes");
  for (const Json& route : ListAt(*at, "routes")) {
    const std::string name = TextAt(route, "task");
    const bool served = std::any_of(routes.begin(), routes.end(), [&](const Json& other) { return TextAt(other, "task") == name; });
    if (served) continue;
    SetMissing(manifest, name, Json());
    routes.push_back(route);
  }
  entries.erase(at);
  manifest.Set("routes", Json(std::move(routes)));
  manifest.Set("quarantine", Json(std::move(entries)));
  return manifest;
}

bool IsQuarantined(const Json& manifest, std::string_view tool_name, std::string_view tool_version, std::string_view task) {
  const std::string id = std::string(tool_name) + "@" + std::string(tool_version);
  const Json::Array& entries = ListAt(manifest, "quarantine");
  return std::any_of(entries.begin(), entries.end(), [&](const Json& entry) {
    const std::string held = TextAt(entry, "task");
    return SameTool(TextAt(entry, "tool"), id) && (held.empty() || held == task);
  });
}

}  // namespace rlar
