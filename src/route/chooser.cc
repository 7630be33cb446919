#include "route/chooser.h"

#include <algorithm>
#include <cmath>

namespace rlar {
namespace {

Error Bad(const std::string& what) { return MakeError(ErrorCode::kInvalidArgument, "chooser: " + what); }

}  // namespace

std::string Choosing::ToString() const {
  char text[96];
  std::snprintf(text, sizeof text, "chosen by %zu labelled queries like it (%+.3f over the best single tool)", neighbours, advantage);
  return neighbours == 0 ? "no labelled query is like it: the best single tool" : text;
}

Chooser::Chooser(std::size_t parts, std::size_t best, double shrinkage, std::unordered_map<std::uint32_t, float> idf, std::vector<Labelled> labelled)
    : parts_(parts), best_(best), shrinkage_(shrinkage), idf_(std::move(idf)), labelled_(std::move(labelled)), everywhere_(parts, 0) {
  for (const auto& [feature, weight] : idf_) rarest_ = std::max(rarest_, weight);
  for (std::size_t i = 0; i < labelled_.size(); ++i) {
    for (std::size_t p = 0; p < parts_; ++p) everywhere_[p] += labelled_[i].advantage[p] / static_cast<double>(labelled_.size());
    for (const auto& [feature, weight] : labelled_[i].vector) index_[feature].emplace_back(static_cast<std::uint32_t>(i), weight);
  }
}

Choosing Chooser::Choose(const Query& query) const {
  SparseVector vector = PromptFeatures(query);
  for (auto& [feature, weight] : vector) {
    const auto at = idf_.find(feature);
    weight *= at != idf_.end() ? at->second : rarest_;
  }
  Normalise(vector);
  std::vector<double> near(labelled_.size(), 0);
  for (const auto& [feature, weight] : vector) {
    const auto at = index_.find(feature);
    if (at == index_.end()) continue;
    for (const auto& [other, theirs] : at->second) near[other] += static_cast<double>(weight) * theirs;
  }
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < near.size(); ++i) {
    if (near[i] > 0) order.push_back(i);
  }
  const std::size_t count = std::min(order.size(), kChooserNearest);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](std::size_t a, std::size_t b) { return near[a] != near[b] ? near[a] > near[b] : a < b; });
  order.resize(count);
  double weight = 0;
  std::vector<double> sums(parts_, 0);
  for (const std::size_t i : order) {
    weight += near[i];
    for (std::size_t p = 0; p < parts_; ++p) sums[p] += near[i] * labelled_[i].advantage[p];
  }
  Choosing chosen{best_, 0, count};
  for (std::size_t p = 0; p < parts_ && count > 0; ++p) {
    const double here = (sums[p] + shrinkage_ * everywhere_[p]) / (weight + shrinkage_);
    if (here > chosen.advantage + 1e-12) chosen.advantage = here, chosen.part = p;
  }
  return chosen;
}

Json Chooser::ToJson() const {
  Json json, list = Json::Array{};
  json.Set("best", static_cast<std::int64_t>(best_));
  json.Set("shrinkage", shrinkage_);
  SparseVector idf(idf_.begin(), idf_.end());
  std::sort(idf.begin(), idf.end());
  json.Set("idf", VectorToJson(idf));
  for (const Labelled& one : labelled_) {
    Json item, advantage = Json::Array{};
    item.Set("vector", VectorToJson(one.vector));
    for (const double value : one.advantage) advantage.Push(value);
    item.Set("advantage", std::move(advantage));
    list.Push(std::move(item));
  }
  json.Set("queries", std::move(list));
  return json;
}

Result<std::shared_ptr<const Chooser>> Chooser::FromJson(const Json& json, std::size_t parts) {
  const Json* best = json.Find("best");
  const Json* shrinkage = json.Find("shrinkage");
  const Json* queries = json.Find("queries");
  if (best == nullptr || !best->is_number() || best->number() < 0 || best->number() >= static_cast<double>(parts)) {
    return Bad("'best' must be the index of a part");
  }
  if (shrinkage == nullptr || !shrinkage->is_number() || !(shrinkage->number() > 0)) return Bad("'shrinkage' must be a number above 0");
  if (queries == nullptr || !queries->is_array() || queries->array().empty()) return Bad("'queries' must be a list that is not empty");
  auto idf = VectorFromJson(json.Find("idf"));
  if (!idf) return Bad("'idf': " + idf.error().message);
  std::vector<Labelled> labelled;
  for (const Json& item : queries->array()) {
    auto vector = VectorFromJson(item.Find("vector"));
    if (!vector) return Bad("'queries': " + vector.error().message);
    Labelled one{std::move(*vector), {}};
    const Json* advantage = item.Find("advantage");
    if (advantage == nullptr || !advantage->is_array() || advantage->array().size() != parts) {
      return Bad("each of 'queries' must have one advantage a part");
    }
    for (const Json& value : advantage->array()) {
      if (!value.is_number()) return Bad("an advantage must be a number");
      one.advantage.push_back(value.number());
    }
    labelled.push_back(std::move(one));
  }
  return std::shared_ptr<const Chooser>(std::make_shared<Chooser>(parts, static_cast<std::size_t>(best->number()), shrinkage->number(),
                                                                  std::unordered_map<std::uint32_t, float>(idf->begin(), idf->end()), std::move(labelled)));
}

}  // namespace rlar
