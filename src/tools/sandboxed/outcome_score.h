// How the end of a sandboxed run becomes a score.
#pragma once

#include <optional>
#include <string>

#include "rlar/score.h"
#include "sandbox/limits.h"

namespace rlar {

// What a run's end says by itself: the response's own crash or limit is ok(0), a machine or sandbox that failed is Failed; nullopt
// where it ended well and its output decides.
std::optional<Score> ScoreOfOutcome(const RunResult& run);

}  // namespace rlar
