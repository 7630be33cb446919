// What decides the rewards of a route: where two are equal, their rewards compare.
#pragma once

#include "rlar/route.h"

namespace rlar {

// Combination, tools with their versions, parameters, weights, calibrations and chooser (as hashes); not the content of tools, which their versions name,
// and neither reasons nor the second tool, which give no reward.
Json ScaleForm(const Route& route);

}  // namespace rlar
