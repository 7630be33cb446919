#include "rlar/route.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/hash.h"
#include "base/json_at.h"
#include "base/text.h"
#include "reward/calibrate.h"
#include "route/chooser.h"

namespace rlar {
namespace {

constexpr std::array<std::pair<Combine, std::string_view>, 6> kCombines{{{Combine::kSingle, "single"},
                                                                         {Combine::kWeighted, "weighted"},
                                                                         {Combine::kGate, "gate"},
                                                                         {Combine::kMin, "min"},
                                                                         {Combine::kFirst, "first"},
                                                                         {Combine::kChoose, "choose"}}};

Error Bad(const std::string& task, const std::string& what) { return MakeError(ErrorCode::kInvalidArgument, "route of task '" + task + "': " + what); }

Result<RoutePart> PartFromJson(const std::string& task, const Json& json) {
  const Json* tool = json.Find("tool");
  if (tool == nullptr || !tool->is_string()) return Bad(task, "a part names no tool");
  RoutePart part;
  const auto pieces = Split(tool->string(), '@');
  if (pieces.size() > 2) return Bad(task, "'" + tool->string() + "' is not name@version");
  part.tool.name = pieces[0];
  if (pieces.size() == 2) part.tool.version = pieces[1];
  if (const Json* params = json.Find("params"); params != nullptr && !params->is_null()) {
    if (!params->is_object()) return Bad(task, "the params of " + part.tool.name + " must be an object");
    part.params = *params;
  }
  if (const Json* weight = json.Find("weight")) {
    if (!weight->is_number() || !(weight->number() > 0) || !std::isfinite(weight->number())) {
      return Bad(task, "the weight of " + part.tool.name + " must be a number above 0");
    }
    part.weight = weight->number();
  }
  if (const Json* calibration = json.Find("calibration"); calibration != nullptr && !calibration->is_null()) {
    auto read = Calibration::FromJson(*calibration);
    if (!read) return Bad(task, part.tool.name + ": " + read.error().message);
    part.calibration = std::make_shared<const Calibration>(std::move(*read));
  }
  return part;
}

Json PartToJson(const RoutePart& part) {
  Json item;
  item.Set("tool", part.tool.ToString());
  item.Set("params", part.params);
  item.Set("weight", part.weight);
  if (part.calibration != nullptr) item.Set("calibration", part.calibration->ToJson());
  return item;
}

Json SecondToJson(const SecondTool& second) {
  Json item = PartToJson(second.part);
  if (second.accepted == 0) return item;
  Json base;
  base.Set("accepted", static_cast<std::int64_t>(second.accepted));
  base.Set("doubted", static_cast<std::int64_t>(second.doubted));
  item.Set("base", std::move(base));
  return item;
}

Result<SecondTool> SecondFromJson(const std::string& task, const Json& json) {
  auto part = PartFromJson(task, json);
  if (!part) return part.error();
  SecondTool second{std::move(*part)};
  const Json* base = json.Find("base");
  if (base == nullptr || base->is_null()) return second;
  const double accepted = NumberAt(*base, "accepted"), doubted = NumberAt(*base, "doubted");
  if (!(doubted >= 0 && doubted <= accepted && accepted <= 1e9)) return Bad(task, "the base of its second tool needs 0 <= doubted <= accepted");
  second.accepted = static_cast<std::size_t>(accepted);
  second.doubted = static_cast<std::size_t>(doubted);
  return second;
}

}  // namespace

std::string_view Name(Combine combine) {
  for (const auto& [value, name] : kCombines) {
    if (value == combine) return name;
  }
  return "single";
}

Json Route::ToJson() const {
  Json json;
  json.Set("task", task);
  json.Set("version", version);
  json.Set("combine", Name(combine));
  Json list = Json::Array{};
  for (const RoutePart& part : parts) list.Push(PartToJson(part));
  json.Set("parts", std::move(list));
  if (second) json.Set("second", SecondToJson(*second));
  json.Set("pinned", pinned);
  json.Set("why", why);
  if (chooser != nullptr) json.Set("chooser", chooser->ToJson());
  return json;
}

void StampVersion(Route& route) {
  route.version.clear();
  route.version = Sha256Hex(route.ToJson().DumpCanonical()).substr(0, 8);
}

Result<Route> RouteFromJson(const Json& json) {
  const Json* task = json.Find("task");
  if (task == nullptr || !task->is_string() || task->string().empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "a route needs the name of its task");
  }
  Route route;
  route.task = task->string();
  if (const Json* combine = json.Find("combine")) {
    const auto at =
        std::find_if(kCombines.begin(), kCombines.end(), [&](const auto& entry) { return combine->is_string() && entry.second == combine->string(); });
    if (at == kCombines.end()) return Bad(route.task, "combine must be single, weighted, gate, min, first or choose");
    route.combine = at->first;
  }
  const Json* parts = json.Find("parts");
  if (parts == nullptr || !parts->is_array() || parts->array().empty()) return Bad(route.task, "it has no parts");
  for (const Json& item : parts->array()) {
    auto part = PartFromJson(route.task, item);
    if (!part) return part.error();
    route.parts.push_back(std::move(*part));
  }
  if (route.combine == Combine::kSingle && route.parts.size() != 1) return Bad(route.task, "'single' takes one tool");
  if (route.combine == Combine::kGate && route.parts.size() < 2) return Bad(route.task, "'gate' takes a gate and a tool");
  if (route.combine == Combine::kChoose) {
    if (route.parts.size() < 2) return Bad(route.task, "'choose' takes two tools or more");
    const Json* chooser = json.Find("chooser");
    if (chooser == nullptr) return Bad(route.task, "'choose' needs a chooser; `rlar route learn` makes one");
    auto read = Chooser::FromJson(*chooser, route.parts.size());
    if (!read) return Bad(route.task, read.error().message);
    route.chooser = std::move(*read);
  }
  if (const Json* second = json.Find("second"); second != nullptr && !second->is_null()) {
    auto read = SecondFromJson(route.task, *second);
    if (!read) return read.error();
    route.second = std::move(*read);
  }
  if (const Json* pinned = json.Find("pinned"); pinned != nullptr && pinned->is_bool()) route.pinned = pinned->boolean();
  if (const Json* why = json.Find("why"); why != nullptr && why->is_string()) route.why = why->string();
  StampVersion(route);
  return route;
}

}  // namespace rlar
