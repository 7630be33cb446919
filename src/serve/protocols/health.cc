// GET /health: that the server answers, with what, and how isolated its tools run.
#include <set>

#include "serve/service.h"

namespace rlar {

HttpReply HandleHealth(RewardService& service) {
  const auto snapshot = service.engine().snapshot();
  std::set<std::string> levels;
  for (const auto& tool : snapshot->tools()) levels.insert(tool->isolation());
  Json isolation = Json::Array{};
  for (const std::string& level : levels) isolation.Push(level);
  Json body;
  body.Set("status", "ok");
  body.Set("version", RLAR_VERSION);
  body.Set("library_version", snapshot->version());
  body.Set("tools", static_cast<std::int64_t>(snapshot->tools().size()));
  body.Set("routes", static_cast<std::int64_t>(snapshot->routes().size()));
  body.Set("isolation", std::move(isolation));
  return {200, body.Dump()};
}

}  // namespace rlar
