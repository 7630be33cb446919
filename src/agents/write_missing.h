// The second half of proving tools: tasks that no tool serves, or for which several answers can be right, get written verifiers.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "agents/evidence_cache.h"
#include "agents/rollouts.h"
#include "agents/task_result.h"
#include "llm/client.h"
#include "rlar/snapshot.h"

namespace rlar {

// Tries one task after the other, the largest first, so that a spent budget leaves the smallest without. Adds trials, and chooses a
// written tool where it is the better evidence. Without a client only the general blocks are tried. Where this host allows no sandbox nothing is written, and
// `missing` says so. An error where evidence cannot be kept.
Result<void> WriteMissing(std::vector<TaskResult>& tasks, const std::vector<Query>& rows, const Rollouts& rollouts, const Snapshot& tools,
                          const GateSettings& settings, const Labels& labels, EvidenceCache& cache, LlmClient* client,
                          const std::function<void(const std::string& step, double share)>& progress);

}  // namespace rlar
