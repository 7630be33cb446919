#include "agents/write_rubric/with_checks.h"

#include "reward/combine.h"

namespace rlar {

std::vector<Score> WithChecks::Run(const Query& query, std::span<const Response> responses, const Json&, const CallContext& context) const {
  std::vector<std::vector<Score>> parts;
  for (std::size_t i = 0; i < tools_.size(); ++i) parts.push_back(OnScale(route_.parts[i], tools_[i]->Run(query, responses, route_.parts[i].params, context)));
  return CombineByResponse(route_, std::move(parts));
}

void RunBeside(const Route& route, Trial& trial) {
  trial.beside.assign(route.parts.begin() + 1, route.parts.end());
  trial.combine = route.combine;
  trial.weight = route.parts[0].weight;
  trial.scale = route.parts[0].calibration;
}

}  // namespace rlar
