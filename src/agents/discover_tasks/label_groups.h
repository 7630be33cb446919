// What a language model adds to the groups that the rows' own features give: which of them ask for the same thing, and what
// each asks for. It sees groups, and single rows only where they are unsure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agents/discover_tasks/group_rows.h"
#include "llm/client.h"

namespace rlar {

struct LabelResult {
  std::size_t groups_before = 0, joined_by_wording = 0, joined_by_model = 0, described = 0;
  std::size_t unnamed = 0;            // groups that keep the name made by rule, because no usable answer came
  std::size_t unsure = 0, moved = 0;  // rows that it was asked about (place_unsure.h), and those that went to another group
};

// Joins groups, names and describes them. Whatever the model does not answer stays as it was. Groups whose rows carry a task
// label of the user's keep their name. Deterministic for the same answers. `progress`: what is being done, and the share done.
LabelResult LabelGroups(Grouping& grouping, const std::vector<Query>& rows, LlmClient& client,
                        const std::function<void(const std::string& step, double share)>& progress);

}  // namespace rlar
