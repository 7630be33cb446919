// GET /v1/status: what is served, how it fares, and how the library came to be.
#include "base/fs.h"
#include "base/text.h"
#include "serve/service.h"
#include "tools/reward_model/spend.h"

namespace rlar {
namespace {

constexpr std::size_t kVersions = 50;

// The last versions of the journal, newest first.
Json Versions(const LibraryStore& store) {
  Json::Array entries;
  auto journal = ReadFile(store.directory() / "journal.jsonl");
  if (!journal) return Json(std::move(entries));
  for (const std::string_view line : Split(*journal, '\n')) {
    if (auto entry = ParseJson(line)) entries.push_back(std::move(*entry));
  }
  std::reverse(entries.begin(), entries.end());
  if (entries.size() > kVersions) entries.resize(kVersions);
  return Json(std::move(entries));
}

}  // namespace

HttpReply HandleStatus(RewardService& service) {
  const auto snapshot = service.engine().snapshot();
  Json body = service.watch().Status();
  Json routes = Json::Array{};
  for (const Route& route : snapshot->routes()) {
    Json entry, tools = Json::Array{};
    entry.Set("task", route.task);
    entry.Set("combine", Name(route.combine));
    for (const RoutePart& part : route.parts) tools.Push(part.tool.ToString());
    entry.Set("tools", std::move(tools));
    entry.Set("pinned", route.pinned);
    entry.Set("why", route.why);
    routes.Push(std::move(entry));
  }
  body.Set("routes", std::move(routes));
  const Json* held = snapshot->manifest().Find("quarantine");
  body.Set("quarantine", held == nullptr ? Json(Json::Array{}) : *held);
  body.Set("versions", service.store() ? Versions(*service.store()) : Json(Json::Array{}));
  body.Set("spent", Spend::Process().Status());
  body.Set("waits", service.steps().Status(std::chrono::steady_clock::now()));
  if (service.store()) {
    if (auto report = service.store()->LoadReport(snapshot->version())) {
      if (const Json* cost = report->Find("cost")) body.Set("cost", *cost);
    }
  }
  return {200, body.Dump()};
}

}  // namespace rlar
