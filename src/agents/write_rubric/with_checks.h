// A judge with checks beside it, as its route runs them: for the gate alone.
#pragma once

#include <vector>

#include "agents/task_result.h"
#include "rlar/route.h"
#include "rlar/tool.h"

namespace rlar {

class WithChecks final : public Tool {
 public:
  // The route's first part is the judge, `tools` are those of its parts, in order; they outlive this.
  WithChecks(Route route, std::vector<const Tool*> tools) : route_(std::move(route)), tools_(std::move(tools)) {}
  // The judge's: what is attacked and measured counts as its own.
  const ToolCard& card() const override { return tools_.front()->card(); }
  // Each part runs with the route's parameters for it; those given here are not used.
  std::vector<Score> Run(const Query& query, std::span<const Response> responses, const Json& params, const CallContext& context) const override;
  Result<void> CheckParams(const Json&) const override { return {}; }

 private:
  const Route route_;
  const std::vector<const Tool*> tools_;
};

// What the route runs beside its first part, and on which scale, becomes the trial's own.
void RunBeside(const Route& route, Trial& trial);

}  // namespace rlar
