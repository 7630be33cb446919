// Rows whose wording leaves open which of several tasks they are: only these are shown to a language model, one at a time.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agents/discover_tasks/group_rows.h"
#include "llm/client.h"

namespace rlar {

struct Placed {
  std::size_t asked = 0, moved = 0;  // of which the model said something, and that it moved
};

// The least sure rows: nearly as near to another task's centroid as to their own task's, of tasks whose rows may trade places. At most one in twenty, and 60.
// Precondition: the groups have their labels. A row moves where the model names another task; where it names none, or fails, it stays. A
// group may be left without rows. Rows whose task the user named are never asked about.
Placed PlaceUnsure(Grouping& grouping, const std::vector<Query>& rows, LlmClient& client,
                   const std::function<void(const std::string& step, double share)>& progress);

}  // namespace rlar
