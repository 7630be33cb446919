// rlar route: which route each row takes and why; `rlar route set` pins one by hand.
#include <algorithm>
#include <cstdio>

#include "agents/admit/prove.h"
#include "agents/second_tool.h"
#include "base/text.h"
#include "cli/commands.h"
#include "library/publish_edited.h"
#include "route/chooser.h"
#include "rows/reader.h"

namespace rlar::cli {
namespace {

std::string RouteLine(const NumberedRow& row, const Snapshot& snapshot) {
  Json line;
  line.Set("line", static_cast<std::int64_t>(row.line));
  if (const auto* error = std::get_if<RowError>(&row.row)) {
    line.Set("id", error->id);
    line.Set("task", Json());
    line.Set("confidence", 0);
    line.Set("tool", Json());
    line.Set("params", Json());
    line.Set("why", std::string(Name(error->error_class)) + ": " + error->reason);
  } else {
    const Query& query = std::get<Group>(row.row).query;
    const TaskGuess guess = snapshot.Classify(query);
    const rlar::Route* route = guess.task.empty() ? nullptr : snapshot.FindRoute(guess.task);
    line.Set("id", query.id);
    line.Set("task", guess.task.empty() ? Json() : Json(guess.task));
    line.Set("confidence", guess.confidence);
    const RoutePart* part = route != nullptr && route->parts.size() == 1 ? &route->parts[0] : nullptr;
    std::string why = guess.why + (route == nullptr ? "; no route serves it" : "; " + route->why);
    if (route != nullptr && route->chooser != nullptr) {
      const Choosing choosing = route->chooser->Choose(query);
      part = &route->parts[choosing.part];
      why += "; " + choosing.ToString();
    }
    line.Set("tool", route == nullptr ? Json() : part != nullptr ? Json(part->tool.ToString()) : Json("route:" + route->ToString()));
    line.Set("params", part != nullptr ? part->params : Json());
    line.Set("why", why);
  }
  line.Set("library_version", snapshot.version());
  return line.Dump();
}

// The base of the route's second tool, from rows of the task: those that name it, or all where none names any.
Result<void> MeasureSecond(const RouteSetOptions& options, const Json& manifest, rlar::Route& route) {
  if (!route.second || route.parts.size() != 1) return MakeError(ErrorCode::kInvalidArgument, "--data is for a route of one tool with a --second");
  auto snapshot = Snapshot::FromManifest(manifest);
  if (!snapshot) return snapshot.error();
  const RoutePart& first = route.parts[0];
  const Tool* tool = (*snapshot)->FindTool(first.tool.name, first.tool.version);
  const Tool* second = (*snapshot)->FindTool(route.second->part.tool.name, route.second->part.tool.version);
  if (tool == nullptr || second == nullptr)
    return MakeError(ErrorCode::kNotFound, "unknown tool '" + (tool == nullptr ? first : route.second->part).tool.ToString() + "'");
  auto queries = ReadQueries(options.data);
  if (!queries) return queries.error();
  const bool named = std::any_of(queries->begin(), queries->end(), [](const Query& query) { return !query.task.empty(); });
  std::vector<const Query*> own, rows;
  for (const Query& query : *queries) {
    if (!query.reference.empty() && (!named || query.task == route.task)) own.push_back(&query);
  }
  const std::size_t count = std::min<std::size_t>(64, own.size());
  for (std::size_t i = 0; i < count; ++i) rows.push_back(own[i * own.size() / count]);
  MeasureBase(*tool, first.params, *second, rows, {}, *route.second);
  const SecondTool& measured = *route.second;
  if (2 * measured.doubted > measured.accepted) {
    return MakeError(ErrorCode::kInvalidArgument, "the second tool " + second->card().id.ToString() + " refuses " +
                                                      CountOf(measured.doubted, measured.accepted) + " right answers of '" + options.data + "' that " +
                                                      first.tool.name + " accepts: it would tell nothing; choose another");
  }
  if (measured.accepted > 0) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   "'" + options.data + "' holds no row of task '" + route.task + "' with a reference that " + first.tool.name + " accepts");
}

}  // namespace

int Route(const RouteOptions& options) {
  if (options.library.empty()) return UsageError("route needs --library DIR");
  auto snapshot = LoadSnapshot(options.library, options.library_version);
  if (!snapshot) return UsageError(snapshot.error().ToString());
  auto reader = OpenInput(options.input);
  if (!reader) return UsageError(reader.error().ToString());
  bool all = true;
  for (;;) {
    auto row = (*reader)->Next();
    if (!row) return UsageError(row.error().ToString());
    if (!row->has_value()) return all ? 0 : 1;
    all = all && std::holds_alternative<Group>((*row)->row);
    std::printf("%s\n", RouteLine(**row, **snapshot).c_str());
  }
}

int RouteSet(const RouteSetOptions& options) {
  auto store = LibraryStore::Create(options.library);
  if (!store) return UsageError(store.error().ToString());
  auto current = store->CurrentVersion();
  if (!current) return UsageError(current.error().ToString());
  Json manifest;
  manifest.Set("schema_version", 1);
  if (!current->empty()) {
    auto loaded = store->LoadManifest();
    if (!loaded) return UsageError(loaded.error().ToString());
    manifest = std::move(*loaded);
  }
  auto params = ParseParams(options.params);
  if (!params) return UsageError(params.error().ToString());
  Json route, parts = Json::Array{};
  for (const std::string& tool : options.tools) {
    Json part;
    part.Set("tool", ReplaceAll(tool, ":", "@"));
    part.Set("params", *params);
    parts.Push(std::move(part));
  }
  route.Set("task", options.task);
  route.Set("combine", options.combine);
  route.Set("parts", std::move(parts));
  if (!options.second.empty()) {
    Json second;
    second.Set("tool", ReplaceAll(options.second, ":", "@"));
    route.Set("second", std::move(second));
  }
  route.Set("pinned", true);
  route.Set("why", options.why.empty() ? "pinned by hand" : options.why);
  auto parsed = RouteFromJson(route);
  if (!parsed) return UsageError(parsed.error().ToString());
  if (!options.data.empty()) {
    if (auto measured = MeasureSecond(options, manifest, *parsed); !measured) return UsageError(measured.error().ToString());
    StampVersion(*parsed);
  }
  Json routes = Json::Array{};
  if (const Json* old = manifest.Find("routes"); old != nullptr && old->is_array()) {
    for (const Json& item : old->array()) {
      if (!(item.Find("task") != nullptr && *item.Find("task") == Json(options.task))) routes.Push(item);
    }
  }
  routes.Push(parsed->ToJson());
  manifest.Set("routes", std::move(routes));
  auto version = PublishEdited(*store, manifest, "route of task '" + options.task + "' pinned by hand");
  if (!version) return UsageError(version.error().ToString());
  std::printf("task '%s' → %s, library version %s\n", options.task.c_str(), parsed->parts[0].tool.name.c_str(), version->c_str());
  return 0;
}

}  // namespace rlar::cli
