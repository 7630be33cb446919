// A query as a row again (docs/schemas/row.json): what is gathered for builds and asked of people.
#pragma once

#include "rlar/json.h"
#include "rlar/sample.h"

namespace rlar {

// {"role", "content", "tool_calls"?, "tool_call_id"?}
Json TurnRow(const Message& message);
// Without responses. ParseRow of it gives the same query, but for unknown fields.
Json QueryRow(const Query& query);

}  // namespace rlar
