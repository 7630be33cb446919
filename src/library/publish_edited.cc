#include "library/publish_edited.h"

#include "base/json_at.h"

namespace rlar {
namespace {

// A task's entry (docs/schemas/report.json) with the route that it has now.
Json Refreshed(Json entry, const Route* route, const Json& published, const std::string& why) {
  const std::string task = TextAt(entry, "task"), missing = TextAt(entry, "missing");
  entry.Set("route", route == nullptr ? Json() : route->ToJson());
  entry.Set("missing", route != nullptr ? Json() : Json(missing.empty() ? "another tool: " + why : missing));
  std::erase_if(entry.object(), [](const Json::Member& member) { return member.first == "scale"; });
  for (const Json& change : ListAt(published, "scales")) {
    if (TextAt(change, "task") == task) entry.Set("scale", change);
  }
  return entry;
}

bool IsServed(const Json& entry) {
  const Json* route = entry.Find("route");
  return route != nullptr && route->is_object();
}

// Rows of a task whose route came or went change sides.
void Move(Json& rows, double count) {
  rows.Set("served", static_cast<std::int64_t>(NumberAt(rows, "served") + count));
  rows.Set("unserved", static_cast<std::int64_t>(NumberAt(rows, "unserved") - count));
}

}  // namespace

Result<std::string> PublishEdited(LibraryStore& store, const Json& manifest, const std::string& why) {
  auto report = store.LoadReport();
  auto version = store.Publish(manifest, why);
  if (!version || !report) return version;
  auto snapshot = store.LoadSnapshot(*version);
  if (!snapshot) return snapshot.error();
  const Json published = store.JournalEntry(*version);
  Json tasks = Json::Array{}, rows = report->Find("rows") == nullptr ? Json() : *report->Find("rows");
  for (const Json& before : ListAt(*report, "tasks")) {
    Json entry = Refreshed(before, (*snapshot)->FindRoute(TextAt(before, "task")), published, why);
    if (IsServed(entry) != IsServed(before)) Move(rows, (IsServed(entry) ? 1 : -1) * NumberAt(entry, "rows"));
    tasks.Push(std::move(entry));
  }
  report->Set("library_version", *version);
  report->Set("rows", std::move(rows));
  report->Set("tasks", std::move(tasks));
  RLAR_TRY(store.WriteReport(*version, *report));
  return version;
}

}  // namespace rlar
