// Chooser: which of a route's tools scores a query, from labelled queries that are worded like it. Learned in the control plane,
// frozen in the route; pure and immutable.
//
// For each tool the mean advantage over the best single one, among the kChooserNearest most similar labelled queries, weighted by
// cosine and shrunk to the advantage over all of them; the highest is chosen, the best single tool where none is above it. The same
// rule as `rlar eval route` measures out of sample (src/eval/routing).
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "classify/features.h"
#include "rlar/json.h"
#include "rlar/result.h"

namespace rlar {

inline constexpr std::size_t kChooserNearest = 50;

struct Choosing {
  std::size_t part = 0;  // index into the route's parts
  double advantage = 0;  // expected over the best single tool, in credit
  std::size_t neighbours = 0;
  std::string ToString() const;  // for `rlar route`
};

class Chooser {
 public:
  struct Labelled {
    SparseVector vector;            // idf-weighted, unit length
    std::vector<double> advantage;  // one a part, in [-1, 1]: its credit less the best single tool's
  };
  // Preconditions: `labelled` not empty, every advantage list has `parts` numbers, best < parts, shrinkage > 0.
  Chooser(std::size_t parts, std::size_t best, double shrinkage, std::unordered_map<std::uint32_t, float> idf, std::vector<Labelled> labelled);
  // Errors: kInvalidArgument, naming the field. `parts`: how many tools the route has.
  static Result<std::shared_ptr<const Chooser>> FromJson(const Json& json, std::size_t parts);
  Json ToJson() const;
  Choosing Choose(const Query& query) const;

 private:
  std::size_t parts_, best_;
  double shrinkage_;
  std::unordered_map<std::uint32_t, float> idf_;
  float rarest_ = 1;
  std::vector<Labelled> labelled_;
  std::vector<double> everywhere_;                                                         // mean advantage of each part
  std::unordered_map<std::uint32_t, std::vector<std::pair<std::uint32_t, float>>> index_;  // feature → labelled queries
};

}  // namespace rlar
