// rlar calibrate: quantiles of graded tools on a user's own responses, frozen in a new library version.
#include "reward/calibrate.h"

#include <cstdio>
#include <map>

#include "cli/commands.h"
#include "library/publish_edited.h"

namespace rlar::cli {
namespace {

constexpr std::size_t kMostValues = 20'000;

// Values of each task's one tool on the rows' responses.
Result<std::map<std::string, std::vector<double>>> Gather(RowReader& reader, const Snapshot& snapshot) {
  std::map<std::string, std::vector<double>> values;
  for (;;) {
    auto row = reader.Next();
    if (!row) return row.error();
    if (!row->has_value()) return values;
    const auto* group = std::get_if<Group>(&(*row)->row);
    if (group == nullptr || group->responses.empty()) continue;
    const rlar::Route* route = snapshot.FindRoute(snapshot.Classify(group->query).task);
    if (route == nullptr || route->parts.size() != 1 || values[route->task].size() >= kMostValues) continue;
    const Tool* tool = snapshot.FindTool(route->parts[0].tool.name, route->parts[0].tool.version);
    if (tool->card().binary) continue;
    for (const rlar::Score& score : tool->Run(group->query, group->responses, route->parts[0].params, CallContext{})) {
      if (score.value()) values[route->task].push_back(*score.value());
    }
  }
}

}  // namespace

int Calibrate(const CalibrateOptions& options) {
  auto store = LibraryStore::Open(options.library);
  if (!store) return UsageError(store.error().ToString());
  auto snapshot = store->LoadSnapshot();
  if (!snapshot) return UsageError(snapshot.error().ToString());
  auto reader = OpenInput(options.input);
  if (!reader) return UsageError(reader.error().ToString());
  auto values = Gather(**reader, **snapshot);
  if (!values) return UsageError(values.error().ToString());
  Json manifest = (*snapshot)->manifest(), routes = Json::Array{};
  std::size_t calibrated = 0;
  for (rlar::Route route : (*snapshot)->routes()) {
    const auto at = values->find(route.task);
    if (at != values->end() && !at->second.empty()) {
      if (const auto fitted = Calibration::Fit(at->second)) {
        route.parts[0].calibration = std::make_shared<const Calibration>(*fitted);
        StampVersion(route);
        ++calibrated;
        std::printf("task '%s': calibrated on %zu values of %s\n", route.task.c_str(), at->second.size(), route.parts[0].tool.ToString().c_str());
      } else {
        std::printf("task '%s': %zu values are too few, or too alike\n", route.task.c_str(), at->second.size());
      }
    }
    routes.Push(route.ToJson());
  }
  if (calibrated == 0) {
    std::fprintf(stderr, "rlar: nothing to calibrate: no task that a graded tool serves has %zu responses or more here\n", Calibration::kFewest);
    return 1;
  }
  manifest.Set("routes", std::move(routes));
  auto version = PublishEdited(*store, manifest, "calibrated " + std::to_string(calibrated) + " routes");
  if (!version) return UsageError(version.error().ToString());
  std::printf("library version %s\n", version->c_str());
  return 0;
}

}  // namespace rlar::cli
