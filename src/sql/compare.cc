#include "sql/compare.h"

#include <algorithm>
#include <functional>
#include <set>

namespace rlar::sql {
namespace {

constexpr int kMostColumnOrders = 4000;

std::vector<Row> Arranged(const Table& table, const std::vector<std::size_t>& order, bool sorted) {
  std::vector<Row> rows;
  rows.reserve(table.rows.size());
  for (const Row& row : table.rows) {
    Row& out = rows.emplace_back();
    for (const std::size_t column : order) out.push_back(row[column]);
  }
  if (sorted) std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<std::string> Column(const Table& table, std::size_t column) {
  std::vector<std::string> values;
  for (const Row& row : table.rows) values.push_back(row[column]);
  std::sort(values.begin(), values.end());
  return values;
}

}  // namespace

bool SameRowSet(const Table& a, const Table& b) {
  if (a.rows.empty() || b.rows.empty()) return a.rows.empty() && b.rows.empty();
  if (a.columns != b.columns) return false;
  return std::set<Row>(a.rows.begin(), a.rows.end()) == std::set<Row>(b.rows.begin(), b.rows.end());
}

bool SameRows(const Table& a, const Table& b, bool ordered) {
  if (a.columns != b.columns || a.rows.size() != b.rows.size()) return false;
  std::vector<std::size_t> order(a.columns);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const std::vector<Row> wanted = Arranged(b, order, !ordered);
  if (Arranged(a, order, !ordered) == wanted) return true;
  std::vector<std::vector<std::string>> columns_a, columns_b;
  for (std::size_t c = 0; c < a.columns; ++c) columns_a.push_back(Column(a, c)), columns_b.push_back(Column(b, c));
  std::vector<bool> used(a.columns);
  int tried = 0;
  const std::function<bool(std::size_t)> place = [&](std::size_t at) -> bool {
    if (at == order.size()) return ++tried <= kMostColumnOrders && Arranged(a, order, !ordered) == wanted;
    for (std::size_t c = 0; c < order.size() && tried <= kMostColumnOrders; ++c) {
      if (used[c] || columns_a[c] != columns_b[at]) continue;
      used[c] = true;
      order[at] = c;
      if (place(at + 1)) return true;
      used[c] = false;
    }
    return false;
  };
  return place(0);
}

}  // namespace rlar::sql
