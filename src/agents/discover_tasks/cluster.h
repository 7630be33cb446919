// Splits prompts by wording: average-link clustering of tf-idf vectors without their rare features.
#pragma once

#include <vector>

#include "classify/features.h"

namespace rlar {

// `vectors` have unit length, in an order that does not depend on the data file. Returns the clusters as lists of indices;
// one cluster where the wording does not fall apart. What is worded like nothing else stands together in the last one.
std::vector<std::vector<std::size_t>> ClusterVectors(const std::vector<const SparseVector*>& vectors);

// The vectors without features that fewer than `least` of them have, at unit length again.
std::vector<SparseVector> RecurringOnly(const std::vector<const SparseVector*>& vectors, std::size_t least);

// Unit-length mean of the chosen vectors, its `keep` heaviest features only.
SparseVector Centroid(const std::vector<const SparseVector*>& vectors, const std::vector<std::size_t>& members, std::size_t keep);

}  // namespace rlar
