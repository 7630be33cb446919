// What choosing one tool per query would have brought, measured out of sample on a table of credits.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace rlar {

// [query][tool], each in [0, 1]. All queries have the same tools, at least one.
using CreditTable = std::vector<std::vector<double>>;
// For each query other queries that are like it, nearest first, with a weight above 0.
using Neighbours = std::vector<std::vector<std::pair<std::size_t, double>>>;

inline constexpr int kFolds = 10, kRepeats = 5;
inline constexpr std::size_t kNearest = 50;  // neighbours that count

struct Routed {
  std::vector<double> credits;  // of the chosen tool; the mean over the repeats, one a query
  std::vector<double> shares;   // how often each tool was chosen; sums to 1
};

// The tool with the highest mean on the folds that the query is not in; of equal ones the first.
Routed BestOnTrain(const CreditTable& table);
// The tool with the highest advantage over the best one of the training folds, among the query's kNearest neighbours there and
// shrunk to the advantage over all training queries. How strongly is chosen inside the training folds, leaving each query out; the
// best tool itself stays where no shrinkage beats it there by a standard error. Deterministic.
Routed RouteByNeighbours(const CreditTable& table, const Neighbours& neighbours);
// The shrinkage that RouteByNeighbours would take on all of the table; infinity where the best tool should serve every query.
double FitShrinkage(const CreditTable& table, const Neighbours& neighbours);
// In sample: one tool for each group, the best there.
std::vector<double> OraclePerGroup(const CreditTable& table, const std::vector<std::size_t>& groups);
// The highest credit any tool has: partly chance, and no router's goal.
std::vector<double> OraclePerQuery(const CreditTable& table);

}  // namespace rlar
