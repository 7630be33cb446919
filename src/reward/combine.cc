#include "reward/combine.h"

#include <algorithm>

#include "reward/calibrate.h"

namespace rlar {
namespace {

double WeightedMean(const Route& route, const std::vector<Score>& scores, std::size_t from) {
  double sum = 0, weights = 0;
  for (std::size_t i = from; i < scores.size(); ++i) {
    sum += route.parts[i].weight * *scores[i].value();
    weights += route.parts[i].weight;
  }
  // Rounding may push a mean of ones past 1.
  return std::clamp(sum / weights, 0.0, 1.0);
}

double CombinedValue(const Route& route, const std::vector<Score>& scores) {
  switch (route.combine) {
    case Combine::kGate: return *scores[0].value() * WeightedMean(route, scores, 1);
    case Combine::kMin: {
      double least = 1;
      for (const Score& score : scores) least = std::min(least, *score.value());
      return least;
    }
    default: return WeightedMean(route, scores, 0);
  }
}

std::string Explain(const Route& route, const std::vector<Score>& scores) {
  std::string text;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i].reason().empty()) continue;
    if (!text.empty()) text += "; ";
    text += route.parts[i].tool.name + ": " + scores[i].reason();
  }
  return text;
}

void AddComponents(Score& into, const Route& route, const std::vector<Score>& scores) {
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const std::string& name = route.parts[i].tool.name;
    if (scores[i].value()) into.Add(name + "/value", *scores[i].value());
    for (const auto& [key, number] : scores[i].components()) into.Add(name + "/" + key, number);
  }
}

Score First(const Route& route, std::vector<Score> scores) {
  const auto applies = std::find_if(scores.begin(), scores.end(), [](const Score& score) { return score.status() != Status::kInvalid; });
  if (applies == scores.end()) return scores.back();
  Score chosen = *applies;
  AddComponents(chosen, route, scores);
  return chosen;
}

}  // namespace

Score CombineScores(const Route& route, std::vector<Score> scores) {
  RLAR_CHECK(!scores.empty() && scores.size() == route.parts.size());
  if (scores.size() == 1) return std::move(scores.front());
  if (route.combine == Combine::kFirst) return First(route, std::move(scores));
  for (const Status bad : {Status::kFailed, Status::kInvalid}) {
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (scores[i].status() != bad) continue;
      const std::string reason = route.parts[i].tool.name + ": " + scores[i].reason();
      Score combined = bad == Status::kFailed ? Score::Failed(scores[i].error_class(), reason) : Score::Invalid(scores[i].error_class(), reason);
      AddComponents(combined, route, scores);
      return combined;
    }
  }
  const double value = CombinedValue(route, scores);
  const auto worst = std::min_element(scores.begin(), scores.end(), [](const Score& a, const Score& b) { return *a.value() < *b.value(); });
  Score combined = Score::Ok(value, value < 1 ? worst->error_class() : Class::kNone, Explain(route, scores));
  AddComponents(combined, route, scores);
  return combined;
}

std::vector<Score> OnScale(const RoutePart& part, std::vector<Score> scores) {
  if (part.calibration == nullptr) return scores;
  for (Score& score : scores) {
    if (!score.value()) continue;
    Score mapped = Score::Ok(part.calibration->Apply(*score.value()), score.error_class(), score.reason());
    mapped.Add("raw", *score.value());
    for (const auto& [name, value] : score.components()) mapped.Add(name, value);
    mapped.SetSignature(score.signature()).SetTurns(score.turns());
    score = std::move(mapped);
  }
  return scores;
}

std::vector<Score> CombineByResponse(const Route& route, std::vector<std::vector<Score>> by_part) {
  std::vector<Score> combined;
  combined.reserve(by_part.front().size());
  for (std::size_t k = 0; k < by_part.front().size(); ++k) {
    std::vector<Score> scores;
    for (auto& part : by_part) scores.push_back(std::move(part[k]));
    combined.push_back(CombineScores(route, std::move(scores)));
  }
  return combined;
}

}  // namespace rlar
