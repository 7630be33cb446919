// The second tool of a task's route: which it is, and how often it refuses what the route rightly accepts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agents/rollouts.h"
#include "agents/task_result.h"

namespace rlar {

// The best other native tool that the same probes speak for: not good enough to score, perhaps, but to notice a route that is gamed; with its
// base measured on `rows` (the trial rows) where the chosen tool costs nothing to ask. None without a chosen tool.
std::optional<SecondTool> SecondOf(const TaskResult& task, const std::vector<const Query*>& rows, const Rollouts& rollouts);

// Sets the base of `second`: right probes of the rows, and rollouts that state the reference, which `first` accepts.
void MeasureBase(const Tool& first, const Json& params, const Tool& second_tool, const std::vector<const Query*>& rows, const Rollouts& rollouts,
                 SecondTool& second);

}  // namespace rlar
