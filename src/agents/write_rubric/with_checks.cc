#include "agents/write_rubric/with_checks.h"

#include "reward/combine.h"

namespace rlar {

std::vector<Score> WithChecks::Run(const Query& query, std::span<const Response> responses, const Json&,
                                   const CallContext& context) const {
  std::vector<std::vector<Score>> parts;
  for (std::size_t i = 0; i < tools_.size(); ++i)
    parts.push_back(tools_[i]->Run(query, responses, route_.parts[i].params, context));
  std::vector<Score> scores;
  for (std::size_t k = 0; k < responses.size(); ++k) {
    std::vector<Score> own;
    for (const auto& part : parts) own.push_back(part[k]);
    scores.push_back(CombineScores(route_, std::move(own)));
  }
  return scores;
}

}  // namespace rlar
