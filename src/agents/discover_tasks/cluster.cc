#include "agents/discover_tasks/cluster.h"

#include <algorithm>
#include <unordered_map>

#include "agents/discover_tasks/templates.h"

namespace rlar {
namespace {

using Members = std::vector<std::size_t>;
using Vectors = std::vector<const SparseVector*>;

constexpr std::size_t kMinPart = 6;       // fewer rows are no task of their own
constexpr std::size_t kMaxMatrix = 1200;  // rows that are linked; the others join the nearest cluster
constexpr double kLink = 0.40;            // mean similarity below which two clusters stay apart
constexpr double kJoin = 0.15;            // a row this near to a cluster's centroid may join it afterwards
constexpr double kSameTemplate = 0.6;     // share of the larger template's features that two clusters of one task have in common

// A task's wording recurs from row to row, its content does not: features of fewer rows than this are left out. Measured on
// mixtures of generated tasks: without this the same link threshold leaves four times as many clusters.
std::size_t MinDocuments(std::size_t rows) { return std::clamp<std::size_t>(rows / 120, rows < 60 ? 2 : 3, 8); }

// Average-link agglomeration over a dense matrix of similarities; ties go to the lower index.
class Linkage {
 public:
  explicit Linkage(const std::vector<SparseVector>& rows, const Members& chosen) : n_(chosen.size()), size_(n_, 1) {
    similarity_.resize(n_ * n_, -1);
    std::unordered_map<std::uint32_t, std::vector<std::pair<std::size_t, float>>> index;
    for (std::size_t i = 0; i < n_; ++i) {
      std::vector<float> dots(i, 0);
      for (const auto& [feature, weight] : rows[chosen[i]]) {
        auto& postings = index[feature];
        for (const auto& [j, other] : postings) dots[j] += weight * other;
        postings.emplace_back(i, weight);
      }
      for (std::size_t j = 0; j < i; ++j) At(i, j) = At(j, i) = dots[j];
    }
    nearest_.resize(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      members_.push_back({chosen[i]});
      FindNearest(i);
    }
  }

  std::vector<Members> Merge() {
    for (;;) {
      std::size_t best = n_;
      for (std::size_t i = 0; i < n_; ++i) {
        if (size_[i] > 0 && (best == n_ || Nearness(i) > Nearness(best))) best = i;
      }
      if (best == n_ || Nearness(best) < kLink) break;
      Join(best, nearest_[best]);
    }
    std::vector<Members> clusters;
    for (std::size_t i = 0; i < n_; ++i) {
      if (size_[i] > 0) clusters.push_back(std::move(members_[i]));
    }
    return clusters;
  }

 private:
  float& At(std::size_t i, std::size_t j) { return similarity_[i * n_ + j]; }
  float Nearness(std::size_t i) { return nearest_[i] == i ? -1 : At(i, nearest_[i]); }
  void FindNearest(std::size_t i) {
    nearest_[i] = i;
    for (std::size_t j = 0; j < n_; ++j) {
      if (j != i && size_[j] > 0 && (nearest_[i] == i || At(i, j) > At(i, nearest_[i]))) nearest_[i] = j;
    }
  }
  void Join(std::size_t a, std::size_t b) {
    const auto wa = static_cast<float>(size_[a]), wb = static_cast<float>(size_[b]);
    for (std::size_t j = 0; j < n_; ++j) {
      if (j == a || j == b || size_[j] == 0) continue;
      At(a, j) = At(j, a) = (wa * At(a, j) + wb * At(b, j)) / (wa + wb);
    }
    size_[a] += size_[b];
    size_[b] = 0;
    members_[a].insert(members_[a].end(), members_[b].begin(), members_[b].end());
    FindNearest(a);
    for (std::size_t j = 0; j < n_; ++j) {
      if (size_[j] == 0 || j == a) continue;
      if (nearest_[j] == a || nearest_[j] == b) {
        FindNearest(j);
      } else if (At(j, a) > Nearness(j)) {
        nearest_[j] = a;
      }
    }
  }

  std::size_t n_;
  std::vector<std::size_t> size_;  // 0: joined to another
  std::vector<float> similarity_;
  std::vector<std::size_t> nearest_;
  std::vector<Members> members_;
};

Vectors Pointers(const std::vector<SparseVector>& rows) {
  Vectors pointers;
  for (const SparseVector& row : rows) pointers.push_back(&row);
  return pointers;
}

// Every row outside the clusters joins the nearest one; what is near to none is returned.
Members JoinNearest(const std::vector<SparseVector>& rows, const Members& outside, std::vector<Members>& clusters, double least) {
  std::vector<SparseVector> centroids;
  for (const Members& cluster : clusters) centroids.push_back(Centroid(Pointers(rows), cluster, SIZE_MAX));
  Members rest;
  for (const std::size_t i : outside) {
    std::size_t best = 0;
    double similarity = -1;
    for (std::size_t c = 0; c < centroids.size(); ++c) {
      const double s = Dot(rows[i], centroids[c]);
      if (s > similarity) similarity = s, best = c;
    }
    if (similarity >= least) {
      clusters[best].push_back(i);
    } else {
      rest.push_back(i);
    }
  }
  return rest;
}

// Clusters of one template differ in what fills it, names and numbers, which in many rows recurs often enough to part them.
void JoinByTemplate(const std::vector<SparseVector>& rows, std::vector<Members>& clusters) {
  const Vectors pointers = Pointers(rows);
  std::vector<Template> templates;
  for (const Members& cluster : clusters) templates.push_back(TemplateOf(pointers, cluster));
  for (;;) {
    double best = kSameTemplate;
    std::size_t into = 0, from = 0;
    for (std::size_t a = 0; a < clusters.size(); ++a) {
      for (std::size_t b = a + 1; b < clusters.size(); ++b) {
        const double likeness = TemplateLikeness(templates[a], templates[b]);
        if (likeness > best || (likeness == best && from == 0)) best = likeness, into = a, from = b;
      }
    }
    if (from == 0) return;
    clusters[into].insert(clusters[into].end(), clusters[from].begin(), clusters[from].end());
    templates[into] = TemplateOf(pointers, clusters[into]);
    clusters.erase(clusters.begin() + static_cast<std::ptrdiff_t>(from));
    templates.erase(templates.begin() + static_cast<std::ptrdiff_t>(from));
  }
}

}  // namespace

std::vector<SparseVector> RecurringOnly(const Vectors& vectors, std::size_t least) {
  std::unordered_map<std::uint32_t, std::size_t> documents;
  for (const SparseVector* v : vectors) {
    for (const auto& [feature, weight] : *v) ++documents[feature];
  }
  std::vector<SparseVector> kept;
  for (const SparseVector* v : vectors) {
    SparseVector row;
    for (const auto& entry : *v) {
      if (documents[entry.first] >= least) row.push_back(entry);
    }
    Normalise(row);
    kept.push_back(std::move(row));
  }
  return kept;
}

SparseVector Centroid(const Vectors& vectors, const Members& members, std::size_t keep) {
  std::unordered_map<std::uint32_t, double> sums;
  for (const std::size_t i : members) {
    for (const auto& [feature, weight] : *vectors[i]) sums[feature] += weight;
  }
  std::vector<std::pair<std::uint32_t, double>> entries(sums.begin(), sums.end());
  if (entries.size() > keep) {
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.second != b.second ? a.second > b.second : a.first < b.first; });
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
  if (vectors.size() < 2 * kMinPart) return {all};
  const auto rows = RecurringOnly(vectors, MinDocuments(vectors.size()));
  const std::size_t linked = std::min(rows.size(), kMaxMatrix);
  Members chosen;
  for (std::size_t i = 0; i < linked; ++i) chosen.push_back(i * rows.size() / linked);
  std::vector<Members> clusters;
  Members outside;
  for (Members& cluster : Linkage(rows, chosen).Merge()) {
    if (cluster.size() >= kMinPart) {
      clusters.push_back(std::move(cluster));
    } else {
      outside.insert(outside.end(), cluster.begin(), cluster.end());
    }
  }
  std::vector<bool> seen(rows.size(), false);
  for (const std::size_t i : chosen) seen[i] = true;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!seen[i]) outside.push_back(i);
  }
  if (clusters.empty()) return {all};
  std::sort(outside.begin(), outside.end());
  Members rest = JoinNearest(rows, outside, clusters, kJoin);
  if (rest.size() < kMinPart) rest = JoinNearest(rows, rest, clusters, -1);
  JoinByTemplate(rows, clusters);
  for (Members& cluster : clusters) std::sort(cluster.begin(), cluster.end());
  if (!rest.empty()) clusters.push_back(std::move(rest));
  return clusters;
}

}  // namespace rlar
