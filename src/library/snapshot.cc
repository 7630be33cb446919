#include "rlar/snapshot.h"

#include "base/hash.h"
#include "base/text.h"
#include "classify/classifier.h"
#include "rlar/verifier.h"
#include "tools/factory.h"

namespace rlar {

Snapshot::Snapshot() = default;
Snapshot::~Snapshot() = default;

std::string ManifestVersion(const Json& manifest) { return Sha256Hex(manifest.DumpCanonical()).substr(0, 16); }

std::shared_ptr<const Snapshot> Snapshot::Builtin() {
  std::shared_ptr<Snapshot> snapshot(new Snapshot);
  snapshot->tools_ = MakeBuiltinTools();
  snapshot->classifier_ = std::make_unique<TaskClassifier>(std::vector<TaskModel>{}, std::unordered_map<std::uint32_t, float>{});
  return snapshot;
}

Result<std::shared_ptr<const Snapshot>> Snapshot::FromManifest(const Json& manifest, const ScaleOf& scale_of) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot);
  snapshot->manifest_ = manifest;
  snapshot->version_ = ManifestVersion(manifest);
  RLAR_TRY(snapshot->AddTools(manifest));
  RLAR_TRY(snapshot->AddRoutes(manifest));
  for (Route& route : snapshot->routes_) route.scale = scale_of ? scale_of(route) : 0;
  auto classifier = TaskClassifier::FromManifest(manifest);
  if (!classifier) return classifier.error();
  snapshot->classifier_ = std::move(*classifier);
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

// The manifest's own tools first, then every native one it does not hold, so that any tool can be called by name.
Result<void> Snapshot::AddTools(const Json& manifest) {
  if (const Json* cards = manifest.Find("tools"); cards != nullptr && cards->is_array()) {
    for (const Json& json : cards->array()) {
      auto card = ToolCardFromJson(json);
      if (!card) return card.error();
      if (card->status != ToolStatus::kAdmitted) continue;
      if (FindTool(card->id.name) != nullptr) {
        return MakeError(ErrorCode::kAlreadyExists, "tool '" + card->id.name + "' stands twice in the library");
      }
      auto tool = MakeTool(*card);
      if (!tool) return tool.error();
      tools_.push_back(std::move(*tool));
    }
  }
  for (auto& tool : MakeBuiltinTools()) {
    if (FindTool(tool->card().id.name) == nullptr) tools_.push_back(std::move(tool));
  }
  return {};
}

// The part's tool exists and takes its parameters; its version is filled in.
Result<void> Snapshot::CheckPart(const std::string& task, RoutePart& part) const {
  const auto fail = [&](const std::string& what, ErrorCode code) { return MakeError(code, "route of task '" + task + "': " + what); };
  const Tool* tool = FindTool(part.tool.name, part.tool.version);
  if (tool == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& known : tools_) names.push_back(known->card().id.name);
    const auto near = NearestName(part.tool.name, names);
    return fail("unknown tool '" + part.tool.ToString() + "'" + (near.empty() || near == part.tool.name ? "" : " (did you mean '" + std::string(near) + "'?)"),
                ErrorCode::kNotFound);
  }
  if (auto checked = tool->CheckParams(part.params); !checked) return fail(checked.error().ToString(), ErrorCode::kInvalidArgument);
  part.tool.version = tool->card().id.version;
  return {};
}

Result<void> Snapshot::AddRoutes(const Json& manifest) {
  const Json* routes = manifest.Find("routes");
  if (routes == nullptr || !routes->is_array()) return {};
  for (const Json& json : routes->array()) {
    auto route = RouteFromJson(json);
    if (!route) return route.error();
    if (FindRoute(route->task) != nullptr) {
      return MakeError(ErrorCode::kAlreadyExists, "task '" + route->task + "' has two routes");
    }
    for (RoutePart& part : route->parts) RLAR_TRY(CheckPart(route->task, part));
    if (route->second) RLAR_TRY(CheckPart(route->task, route->second->part));
    routes_.push_back(std::move(*route));
  }
  return {};
}

TaskGuess Snapshot::Classify(const Query& query) const {
  // A task may be pinned by hand without any rows to learn from: its name alone is enough.
  if (!query.task.empty() && FindRoute(query.task) != nullptr) return {query.task, 1.0, "the row names its task"};
  return classifier_->Classify(query);
}

const Route* Snapshot::FindRoute(std::string_view task) const {
  for (const Route& route : routes_) {
    if (route.task == task) return &route;
  }
  return nullptr;
}

const Tool* Snapshot::FindTool(std::string_view name, std::string_view version) const {
  if (const auto colon = name.find(':'); colon != name.npos && version.empty()) {
    version = name.substr(colon + 1);
    name = name.substr(0, colon);
  }
  for (const auto& tool : tools_) {
    if (tool->card().id.name == name && (version.empty() || tool->card().id.version == version)) return tool.get();
  }
  return nullptr;
}

}  // namespace rlar
