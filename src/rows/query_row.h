// A query as a row again (docs/schemas/row.json): what is gathered for builds and asked of people.
#pragma once

#include "rlar/json.h"
#include "rlar/sample.h"

namespace rlar {

// Without responses. ParseRow of it gives the same query, but for unknown fields.
Json QueryRow(const Query& query);

}  // namespace rlar
