// rlar route learn: routes from labelled rows.
#include <cstdio>

#include "agents/learn_route.h"
#include "cli/commands.h"
#include "library/publish_edited.h"

namespace rlar::cli {
namespace {

Json ToJson(const LearnedRoute& learned) {
  Json json, credits = Json::Object{};
  for (const auto& [tool, credit] : learned.credits) credits.Set(tool, credit);
  json.Set("task", learned.task);
  json.Set("queries", static_cast<std::int64_t>(learned.queries));
  json.Set("outcome", learned.outcome);
  json.Set("why", learned.why);
  json.Set("credits", std::move(credits));
  return json;
}

}  // namespace

int RouteLearn(const RouteLearnOptions& options) {
  auto store = LibraryStore::Open(options.library);
  if (!store) return UsageError(store.error().ToString());
  auto snapshot = store->LoadSnapshot();
  if (!snapshot) return UsageError(snapshot.error().ToString());
  auto rows = LoadLabelled(options.labelled.empty() ? (store->directory() / "labels.jsonl").string() : options.labelled);
  if (!rows) return UsageError(rows.error().ToString());
  auto report = store->LoadReport();
  auto judges = MakeJudgeCalls({}, {}, options.library, nullptr);
  if (!judges) return UsageError(judges.error().ToString());
  const auto learned = LearnRoutes(**snapshot, report ? *report : Json(), *rows, judges->get());
  if (!learned) return UsageError(learned.error().ToString());
  for (const LearnedRoute& one : *learned) {
    if (options.json) {
      std::printf("%s\n", ToJson(one).Dump().c_str());
      continue;
    }
    std::printf("task '%s': %s: %s\n", one.task.c_str(), one.outcome.c_str(), one.why.c_str());
    for (const auto& [tool, credit] : one.credits) std::printf("  %.3f  %s\n", credit, tool.c_str());
  }
  auto version = PublishEdited(*store, WithRoutes((*snapshot)->manifest(), *learned), "routes learned from " + std::to_string(rows->size()) + " labelled rows");
  if (!version) return UsageError(version.error().ToString());
  if (!options.json) PrintJudges(**judges);
  if (!options.json) std::printf("library version %s\n", version->c_str());
  return 0;
}

}  // namespace rlar::cli
