// Splits prompts by wording: bisecting spherical k-means on tf-idf vectors.
#pragma once

#include <vector>

#include "classify/features.h"

namespace rlar {

// `vectors` have unit length. Returns the clusters as lists of indices; one cluster where the wording does not fall apart.
std::vector<std::vector<std::size_t>> ClusterVectors(const std::vector<const SparseVector*>& vectors);

// Unit-length mean of the chosen vectors, its `keep` heaviest features only.
SparseVector Centroid(const std::vector<const SparseVector*>& vectors, const std::vector<std::size_t>& members, std::size_t keep);

}  // namespace rlar
