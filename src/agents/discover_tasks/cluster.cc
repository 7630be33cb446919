#include "agents/discover_tasks/cluster.h"

#include <algorithm>
#include <unordered_map>

namespace rlar {
namespace {

using Members = std::vector<std::size_t>;
using Vectors = std::vector<const SparseVector*>;

// A split must leave parts of at least this many rows, and raise the mean similarity of rows to their centroid by this much.
constexpr std::size_t kMinPart = 6;
constexpr double kMinGain = 0.10;
constexpr std::size_t kMaxClusters = 24;
constexpr int kIterations = 12;

double Cohesion(const Vectors& vectors, const Members& members, const SparseVector& centroid) {
  double sum = 0;
  for (const std::size_t i : members) sum += Dot(*vectors[i], centroid);
  return sum / static_cast<double>(members.size());
}

std::size_t Farthest(const Vectors& vectors, const Members& members, const SparseVector& from) {
  return *std::min_element(members.begin(), members.end(), [&](std::size_t a, std::size_t b) {
    return Dot(*vectors[a], from) < Dot(*vectors[b], from);
  });
}

// 2-means from the two prompts that are farthest apart.
std::pair<Members, Members> Bisect(const Vectors& vectors, const Members& members, const SparseVector& centroid) {
  const std::size_t a = Farthest(vectors, members, centroid);
  const std::size_t b = Farthest(vectors, members, *vectors[a]);
  SparseVector left_centre = *vectors[a], right_centre = *vectors[b];
  Members left, right;
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    Members next_left, next_right;
    for (const std::size_t i : members) {
      (Dot(*vectors[i], left_centre) >= Dot(*vectors[i], right_centre) ? next_left : next_right).push_back(i);
    }
    const bool settled = next_left == left;
    left = std::move(next_left);
    right = std::move(next_right);
    if (settled || left.empty() || right.empty()) break;
    left_centre = Centroid(vectors, left, SIZE_MAX);
    right_centre = Centroid(vectors, right, SIZE_MAX);
  }
  return {std::move(left), std::move(right)};
}

void Split(const Vectors& vectors, Members members, std::vector<Members>& out) {
  if (members.size() < 2 * kMinPart || out.size() + 1 >= kMaxClusters) {
    out.push_back(std::move(members));
    return;
  }
  const SparseVector centroid = Centroid(vectors, members, SIZE_MAX);
  auto [left, right] = Bisect(vectors, members, centroid);
  if (left.size() < kMinPart || right.size() < kMinPart) {
    out.push_back(std::move(members));
    return;
  }
  const double before = Cohesion(vectors, members, centroid);
  const double after = (Cohesion(vectors, left, Centroid(vectors, left, SIZE_MAX)) * static_cast<double>(left.size()) +
                        Cohesion(vectors, right, Centroid(vectors, right, SIZE_MAX)) * static_cast<double>(right.size())) /
                       static_cast<double>(members.size());
  if (after - before < kMinGain) {
    out.push_back(std::move(members));
    return;
  }
  Split(vectors, std::move(left), out);
  Split(vectors, std::move(right), out);
}

}  // namespace

SparseVector Centroid(const Vectors& vectors, const Members& members, std::size_t keep) {
  std::unordered_map<std::uint32_t, double> sums;
  for (const std::size_t i : members) {
    for (const auto& [feature, weight] : *vectors[i]) sums[feature] += weight;
  }
  std::vector<std::pair<std::uint32_t, double>> entries(sums.begin(), sums.end());
  if (entries.size() > keep) {
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    entries.resize(keep);
  }
  std::sort(entries.begin(), entries.end());
  SparseVector centroid;
  for (const auto& [feature, weight] : entries) centroid.emplace_back(feature, static_cast<float>(weight));
  Normalise(centroid);
  return centroid;
}

std::vector<Members> ClusterVectors(const Vectors& vectors) {
  Members all(vectors.size());
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<Members> clusters;
  Split(vectors, std::move(all), clusters);
  return clusters;
}

}  // namespace rlar
