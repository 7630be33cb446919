// Snapshot: one immutable version of the tool library, ready to score with. Shared as shared_ptr<const Snapshot>.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rlar/route.h"
#include "rlar/tool.h"

namespace rlar {

class TaskClassifier;

// What the snapshot makes of a query.
struct TaskGuess {
  std::string task;       // empty where no task fits
  double confidence = 0;  // [0, 1]
  std::string why;
  // Worded less typically than 19 of 20 rows of the task the library was built on, or of no known task. One such query means
  // nothing; many of them are news.
  bool unusual = false;
};

class Snapshot {
 public:
  // All native tools and no routes: what `rlar score --tool` uses without a library.
  static std::shared_ptr<const Snapshot> Builtin();
  // Builds and checks a snapshot from its manifest (docs/schemas/library.json): an unknown tool, a wrong or missing parameter
  // and a name that stands twice are errors that name it. `scale_of` gives each route its scale (Route::scale); without it they have none.
  using ScaleOf = std::function<int(const Route&)>;
  static Result<std::shared_ptr<const Snapshot>> FromManifest(const Json& manifest, const ScaleOf& scale_of = {});
  ~Snapshot();

  // Content hash of the manifest, 16 hex digits; empty for Builtin().
  const std::string& version() const { return version_; }
  const Json& manifest() const { return manifest_; }

  TaskGuess Classify(const Query& query) const;
  // nullptr where the task has no route.
  const Route* FindRoute(std::string_view task) const;
  // By name, or "name:version"; nullptr where there is none.
  const Tool* FindTool(std::string_view name, std::string_view version = {}) const;
  const std::vector<std::unique_ptr<Tool>>& tools() const { return tools_; }
  const std::vector<Route>& routes() const { return routes_; }

 private:
  Snapshot();
  Result<void> AddTools(const Json& manifest);
  Result<void> CheckPart(const std::string& task, RoutePart& part) const;
  Result<void> AddRoutes(const Json& manifest);
  std::string version_;
  Json manifest_;
  std::vector<std::unique_ptr<Tool>> tools_;
  std::vector<Route> routes_;
  std::unique_ptr<TaskClassifier> classifier_;
};

// The version of a manifest: the first 16 hex digits of the SHA-256 of its canonical text.
std::string ManifestVersion(const Json& manifest);

}  // namespace rlar
