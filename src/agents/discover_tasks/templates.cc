#include "agents/discover_tasks/templates.h"

#include <algorithm>
#include <unordered_map>

namespace rlar {
namespace {

constexpr double kFixedShare = 0.85;  // of the rows: some are worded otherwise, or hold a word twice

}  // namespace

Template TemplateOf(const std::vector<const SparseVector*>& rows, const std::vector<std::size_t>& members) {
  std::unordered_map<std::uint32_t, std::size_t> documents;
  for (const std::size_t i : members) {
    for (const auto& [feature, weight] : *rows[i]) ++documents[feature];
  }
  Template fixed;
  for (const auto& [feature, count] : documents) {
    if (static_cast<double>(count) >= kFixedShare * static_cast<double>(members.size())) fixed.push_back(feature);
  }
  std::sort(fixed.begin(), fixed.end());
  return fixed;
}

double TemplateLikeness(const Template& a, const Template& b) {
  std::size_t both = 0;
  for (const std::uint32_t feature : a) both += std::binary_search(b.begin(), b.end(), feature);
  return both < kLeastFixed ? 0 : static_cast<double>(both) / static_cast<double>(std::max(a.size(), b.size()));
}

double HeldBy(const Template& fixed, const SparseVector& row) {
  if (fixed.size() < kLeastFixed) return 0;
  std::size_t held = 0;
  for (const auto& [feature, weight] : row) held += std::binary_search(fixed.begin(), fixed.end(), feature);
  return static_cast<double>(held) / static_cast<double>(fixed.size());
}

}  // namespace rlar
