// Queries that are worded alike: tf-idf vectors of prompts and their nearest neighbours.
#pragma once

#include <unordered_map>
#include <utility>
#include <vector>

#include "classify/features.h"

namespace rlar {

struct WordVectors {
  std::vector<SparseVector> vectors;             // unit length, one a query
  std::unordered_map<std::uint32_t, float> idf;  // log((n + 1) / queries that hold the feature)
};
WordVectors MakeWordVectors(const std::vector<const Query*>& queries);
// For each query up to `keep` others with a cosine above 0, the nearest first; of equal ones the first.
std::vector<std::vector<std::pair<std::size_t, double>>> NearestQueries(const std::vector<SparseVector>& vectors, std::size_t keep);

}  // namespace rlar
