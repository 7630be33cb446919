// The build's last look at reward models: what is left out of a good response, and they do not mind, a policy leaves out.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agents/find_models.h"
#include "agents/task_result.h"

namespace rlar {

// A good response with a part missing or twice: (kind, text). Kinds: last_left_out, first_left_out, middle_left_out, cut, last_twice. Those that the
// text is too short for are left out; none is the text itself.
std::vector<std::pair<std::string, std::string>> Damaged(const std::string& text);

// Params of like_known that tell whole responses from damaged ones, and how well on responses that were left out of the learning.
struct Guard {
  Json params;
  std::size_t whole = 0, accepted = 0, damaged = 0, refused = 0;  // damaged: of the kinds that count
};
// From good responses, ten or more, and all damage to them; five folds. Deterministic.
Guard LearnGuard(const std::vector<std::string>& whole, const std::set<std::string>& kinds);

// For each task that one reward model serves, alone: asks the model for the task's best responses, damaged. Where it scores more than one in ten of a kind
// at least as high as the whole ones, like_known stands beside it (min of the two) if it tells such responses from whole ones (98 % of whole ones
// accepted and 90 % of those kinds refused, out of sample) and the labels' order does not suffer; else the report says what the model does not mind. Where it
// passes, nothing changes.
void GuardModels(std::vector<TaskResult>& tasks);

}  // namespace rlar
