#include "classify/neighbours.h"

#include <algorithm>
#include <cmath>

namespace rlar {

WordVectors MakeWordVectors(const std::vector<const Query*>& queries) {
  WordVectors out;
  std::unordered_map<std::uint32_t, std::size_t> seen;
  for (const Query* query : queries) {
    out.vectors.push_back(PromptFeatures(*query));
    for (const auto& [feature, count] : out.vectors.back()) ++seen[feature];
  }
  const auto n = static_cast<double>(queries.size());
  for (const auto& [feature, count] : seen) out.idf[feature] = static_cast<float>(std::log((n + 1) / static_cast<double>(count)));
  for (SparseVector& vector : out.vectors) {
    for (auto& [feature, value] : vector) value *= out.idf[feature];
    Normalise(vector);
  }
  return out;
}

std::vector<std::vector<std::pair<std::size_t, double>>> NearestQueries(const std::vector<SparseVector>& vectors, std::size_t keep) {
  std::unordered_map<std::uint32_t, std::vector<std::pair<std::size_t, float>>> index;
  for (std::size_t q = 0; q < vectors.size(); ++q) {
    for (const auto& [feature, value] : vectors[q]) index[feature].emplace_back(q, value);
  }
  std::vector<std::vector<std::pair<std::size_t, double>>> out(vectors.size());
  std::vector<double> near(vectors.size());
  for (std::size_t q = 0; q < vectors.size(); ++q) {
    std::fill(near.begin(), near.end(), 0.0);
    for (const auto& [feature, value] : vectors[q]) {
      for (const auto& [other, theirs] : index[feature]) near[other] += static_cast<double>(value) * theirs;
    }
    for (std::size_t other = 0; other < vectors.size(); ++other) {
      if (other != q && near[other] > 0) out[q].emplace_back(other, near[other]);
    }
    std::sort(out[q].begin(), out[q].end(), [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
    if (out[q].size() > keep) out[q].resize(keep);
  }
  return out;
}

}  // namespace rlar
