// like_known: the response begins, ends and goes from sentence to sentence as the responses do that its weights were learnt from.
#include <cmath>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/text.h"
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/outline.h"

namespace rlar::native {
namespace {

struct Known {
  std::unordered_map<std::string, double> weights;
  double bias = 0;
};

Score Judge(const Known& known, const Response& response) {
  const auto features = OutlineFeatures(AfterReasoning(response.text));
  if (features.empty()) return Score::Ok(0, Class::kResponseEmpty);
  double sum = known.bias, least = 0;
  std::string worst;
  for (const std::string& feature : features) {
    const auto at = known.weights.find(feature);
    if (at == known.weights.end()) continue;
    sum += at->second;
    if (at->second < least) least = at->second, worst = feature;
  }
  Score score = Score::Verdict(sum >= 0, sum >= 0        ? ""
                                         : worst.empty() ? "nothing in it is as in the known ones"
                                                         : "unlike the known ones: " + Shorten(worst, 80));
  return std::move(score.Add("margin", std::round(sum * 1e4) / 1e4));
}

Prepared Prepare(const Query&, const Params& params, StepBudget&) {
  auto known = std::make_shared<Known>();
  known->bias = params.Number("bias");
  for (const auto& [feature, weight] : params["weights"].object()) {
    if (!weight.is_number()) return Score::Invalid(Class::kBadParams, "parameter 'weights' of like_known: the weight of '" + feature + "' is no number");
    known->weights.emplace(feature, weight.number());
  }
  return MakeCheck([known = std::shared_ptr<const Known>(std::move(known))](const Response& response, StepBudget&) { return Judge(*known, response); });
}

constexpr ParamSpec kParams[] = {
    {.name = "weights", .type = ParamSpec::Type::kObject, .summary = "{feature of the outline: weight}; a build learns them"},
    {.name = "bias", .type = ParamSpec::Type::kNumber, .default_json = "0", .summary = "what the weights of a response's features must outweigh"},
};

}  // namespace

extern const VerifierSpec like_known{
    .name = "like_known",
    .version = 1,
    .summary = "The response begins, ends and goes from sentence to sentence like known ones; it guards models that do not mind when a part is missing.",
    .needs_reference = false,
    .params = kParams,
    .required = "weights",
    .source = "own; logistic regression on the outline's features",
    .prepare = &Prepare,
};

}  // namespace rlar::native
