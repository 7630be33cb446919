// Candidates in shadow: what a build has chosen for a task scores responses of the running policy before it is published. What it does there is evidence,
// and a tool that fails there is refused although its probes speak for it.
#pragma once

#include <vector>

#include "agents/rollouts.h"
#include "agents/task_result.h"
#include "rlar/snapshot.h"

namespace rlar {

// What a tool did on live responses; docs/schemas/evidence.json, field "live".
struct LiveTrial {
  double groups = 0, responses = 0, failed = 0;  // failed: no number
  double low = 1, high = 0;                      // of its values
  double accepted = 0, doubted = 0;              // responses it accepts of which the second tool has an opinion, and those it refuses
  double second_low = 1, second_high = 0;        // of the second tool's values
  double compared = 0, agreed = 0;               // with the route in use: on the same side of 0.5
  std::string second, in_use;                    // tools' names, empty: none
  Json ToJson() const;
};

// Empty, or why the candidate is refused: surely more than 1 in 20 responses without a number; the same value for every response where the second tool tells
// them apart; a second tool that refuses surely 20 points more of what it accepts than of the build's right responses (unless labels speak for the candidate).
std::string LiveObjection(const LiveTrial& live, const SecondTool* second, double labelled);

// Tries each chosen tool of `tasks` on the live responses to its rows, at most 32 groups; where it is refused, the next best, until one holds or none is left.
// `rows`: what the tasks' groups index; `in_use`: the version that scores now. Fewer than 8 live responses say nothing.
void ShadowTasks(std::vector<TaskResult>& tasks, const std::vector<Query>& rows, const Rollouts& live, const Snapshot& in_use);

}  // namespace rlar
