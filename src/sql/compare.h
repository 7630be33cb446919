// Whether two query results are the same.
#pragma once

#include "sql/database.h"

namespace rlar::sql {

// BIRD's rule: the same set of rows. Order, duplicates and column names do not count; the order of columns does.
bool SameRowSet(const Table& a, const Table& b);

// The same rows as often, for some one order of the columns; in the same order if `ordered`. At most a few thousand column orders are
// tried, and only those whose columns hold the same values.
bool SameRows(const Table& a, const Table& b, bool ordered);

}  // namespace rlar::sql
