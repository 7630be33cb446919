// Scores of a route's tools → one score. A part that failed makes the whole failed; one that is invalid makes it invalid
// (except under `first`, which goes on to the next tool): a missing number is never replaced.
#pragma once

#include <vector>

#include "rlar/route.h"
#include "rlar/score.h"

namespace rlar {

// Precondition: not kChoose, whose one tool's score needs no combining. `scores[i]` belongs to `route.parts[i]`. With more than one part the components are
// "TOOL/value" and "TOOL/COMPONENT". Precondition: scores.size() == route.parts.size() > 0.
Score CombineScores(const Route& route, std::vector<Score> scores);
// A part's scores on the task's scale; a value as the tool gave it stays in the component "raw".
std::vector<Score> OnScale(const RoutePart& part, std::vector<Score> scores);
// The same for each of several responses: `by_part[i][k]` is what `route.parts[i]` says of the k-th.
std::vector<Score> CombineByResponse(const Route& route, std::vector<std::vector<Score>> by_part);

}  // namespace rlar
