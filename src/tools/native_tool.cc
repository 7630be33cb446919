#include "tools/native_tool.h"

namespace rlar {

std::vector<Score> NativeRunner::Run(const Query& query, std::span<const Response> responses, const Json& fixed) const {
  const auto all = [&](const Score& score) { return std::vector<Score>(responses.size(), score); };
  if (spec_.needs_reference && query.reference.empty()) {
    return all(Score::Invalid(Class::kNoReference, std::string(spec_.name) + " needs a reference"));
  }
  const Result<Params> params = binder_.Bind(query.params, fixed);
  if (!params) return all(Score::Invalid(Class::kBadParams, params.error().message));
  StepBudget reference_budget;
  const Prepared prepared = spec_.prepare(query, *params, reference_budget);
  if (const auto* score = std::get_if<Score>(&prepared)) return all(*score);
  const Check& check = *std::get<std::unique_ptr<Check>>(prepared);
  std::vector<Score> scores;
  scores.reserve(responses.size());
  for (const Response& response : responses) {
    StepBudget budget;
    scores.push_back(check.Run(response, budget));
  }
  return scores;
}

}  // namespace rlar
