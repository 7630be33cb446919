// The build's last step with tools: what people's labels alone can decide. Nothing here overrules what the gate found
// wrong with a tool.
#pragma once

#include <vector>

#include "agents/find_models.h"
#include "agents/task_result.h"

namespace rlar {

// For tasks with labelled responses (none is asked for anything else):
//
// 1. A task that nothing serves takes the model that orders most, of those that were refused for want of strength or of
//    rows only. It must order surely more than chance (paired test, p < 0.05 divided by the number of models tried; a
//    model that serves another task by then stands only against others that do), and likely so (p < 0.4) where pairs
//    whose better response is the longer weigh as much as those where it is the shorter: a loose measure of length
//    seldom passes. A model that serves another task, and orders surely more there than length says, need only order
//    more than chance with p < 0.1, and more than half of pairs that are weighed so, if there are enough of both kinds.
//    Tasks of too few rows to prove anything on stand together before a model that serves others: all their rows count
//    in these tests, and it serves those on which it leans the right way. The card states its faults, the route says
//    that it is below the bar. Not where the library's settings say `weak = 0`.
// 2. Another admitted tool takes the place of the chosen one where it orders surely more.
// 3. Where what serves is graded, tools weighed together (weigh_tools.h) serve where they order surely more than the
//    chosen one and than the best single one, out of sample.
//
// Judges are left out of 2 and 3: each of their grades costs.
void ServeByLabels(std::vector<TaskResult>& tasks, const FindModelsJob& job, const GateSettings& settings);

}  // namespace rlar
