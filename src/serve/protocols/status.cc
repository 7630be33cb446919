// GET /v1/status: what is served, how it fares, and how the library came to be.
#include "base/fs.h"
#include "base/json_at.h"
#include "base/text.h"
#include "serve/service.h"
#include "tools/reward_model/spend.h"

namespace rlar {
namespace {

constexpr std::size_t kVersions = 50;

// A version's marks without tasks that are new: there is nothing that their rewards could be compared with.
Json MarksOf(const Json& entry) {
  Json marks = Json::Array{};
  for (const Json& change : ListAt(entry, "scales")) {
    if (TextAt(change, "scale") != "new") marks.Push(change);
  }
  return marks;
}

// The last versions of the journal, newest first.
Json Versions(const LibraryStore& store) {
  Json::Array entries;
  auto journal = ReadFile(store.directory() / "journal.jsonl");
  if (!journal) return Json(std::move(entries));
  for (const std::string_view line : Split(*journal, '\n')) {
    auto entry = ParseJson(line);
    if (!entry) continue;
    entry->Set("scales", MarksOf(*entry));
    entries.push_back(std::move(*entry));
  }
  std::reverse(entries.begin(), entries.end());
  if (entries.size() > kVersions) entries.resize(kVersions);
  return Json(std::move(entries));
}

// Whether the route's rewards compare with those of the version before, by what the journal says of this version.
void SetScale(const Route& route, const Json& published, Json& entry) {
  entry.Set("scale", route.scale);
  entry.Set("scale_change", "same");
  for (const Json& change : ListAt(published, "scales")) {
    if (TextAt(change, "task") != route.task) continue;
    entry.Set("scale_change", TextAt(change, "scale"));
    for (const char* field : {"why", "probes"}) {
      if (const Json* said = change.Find(field)) entry.Set(std::string("scale_") + field, *said);
    }
  }
}

}  // namespace

HttpReply HandleStatus(RewardService& service) {
  const auto snapshot = service.engine().snapshot();
  const Json published = service.store() ? service.store()->JournalEntry(snapshot->version()) : Json();
  Json body = service.watch().Status();
  body.Set("history", service.watch().History());
  Json routes = Json::Array{};
  for (const Route& route : snapshot->routes()) {
    Json entry, tools = Json::Array{};
    entry.Set("task", route.task);
    entry.Set("combine", Name(route.combine));
    for (const RoutePart& part : route.parts) tools.Push(part.tool.ToString());
    entry.Set("tools", std::move(tools));
    entry.Set("pinned", route.pinned);
    entry.Set("why", route.why);
    SetScale(route, published, entry);
    routes.Push(std::move(entry));
  }
  body.Set("routes", std::move(routes));
  const Json* held = snapshot->manifest().Find("quarantine");
  body.Set("quarantine", held == nullptr ? Json(Json::Array{}) : *held);
  body.Set("versions", service.store() ? Versions(*service.store()) : Json(Json::Array{}));
  body.Set("waiting", service.follower().Waiting());
  body.Set("spent", Spend::Process().Status());
  body.Set("waits", service.steps().Status(std::chrono::steady_clock::now()));
  if (service.store()) {
    if (const auto round = ReadFile(service.store()->directory() / "evolve" / "round.json")) {
      if (auto json = ParseJson(*round)) body.Set("evolution", std::move(*json));
    }
    if (auto report = service.store()->LoadReport(snapshot->version())) {
      if (const Json* cost = report->Find("cost")) body.Set("cost", *cost);
    }
  }
  return {200, body.Dump()};
}

}  // namespace rlar
