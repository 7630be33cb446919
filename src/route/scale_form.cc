#include "route/scale_form.h"

#include "base/hash.h"
#include "reward/calibrate.h"
#include "route/chooser.h"

namespace rlar {
namespace {

Json HashOf(const Json& json) { return Json(Sha256Hex(json.DumpCanonical()).substr(0, 8)); }

}  // namespace

Json ScaleForm(const Route& route) {
  Json form, parts = Json::Array{};
  form.Set("combine", Name(route.combine));
  for (const RoutePart& part : route.parts) {
    Json item;
    item.Set("tool", part.tool.ToString());
    item.Set("params", part.params);
    if (route.parts.size() > 1) item.Set("weight", part.weight);
    if (part.calibration != nullptr) item.Set("calibration", HashOf(part.calibration->ToJson()));
    parts.Push(std::move(item));
  }
  form.Set("parts", std::move(parts));
  if (route.chooser != nullptr) form.Set("chooser", HashOf(route.chooser->ToJson()));
  return form;
}

}  // namespace rlar
