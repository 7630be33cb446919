// Responses of the policy that will be trained, asked from its own server: what `--rollouts` reads from a file.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agents/discover_tasks/group_rows.h"
#include "agents/rollouts.h"
#include "llm/client.h"

namespace rlar {

// Asks for `count` responses (1 to Rollouts::kMostPerRow) to each row that tools are tried on (TrialRows), where the row brings none and the
// policy can be asked: no tests of code, no turns with tools. What fails is counted in the client's usage, and the build goes on without it.
void AskPolicy(const std::vector<TaskGroup>& groups, const std::vector<Query>& rows, LlmClient& client, std::size_t count, Rollouts& rollouts,
               const std::function<void(const std::string& step, double share)>& progress);

}  // namespace rlar
