#include "agents/write_verifier/draft.h"

namespace rlar {

Json Draft::ToJson() const {
  Json json, needs = Json::Array{};
  needs.Push("prompt");
  needs.Push("reference");
  json.Set("name", name);
  json.Set("summary", summary);
  json.Set("needs", std::move(needs));
  json.Set("params", Json(Json::Array{}));
  json.Set("extract", extract);
  json.Set("origin", origin);
  return json;
}

}  // namespace rlar
