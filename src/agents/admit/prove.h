// Proves one tool on the tasks that a file of rows holds: what `rlar admit` and `rlar tools add` share.
#pragma once

#include <string>
#include <vector>

#include "agents/admit/gate.h"
#include "library/store.h"

namespace rlar {

struct TaskFinding {
  std::string task;
  Evidence evidence;
  Verdict verdict;
};

// The queries of a file of rows (the first few thousand); an error where there is none.
Result<std::vector<Query>> ReadQueries(const std::string& path);
// Tries the tool on each task found in the rows.
std::vector<TaskFinding> ProveOnTasks(const Tool& tool, const std::vector<Query>& rows, const GateSettings& settings);
// Puts evidence, faults and status on the card. A tool is admitted if it fits at least one task. Returns whether it is.
bool WriteFindings(const std::vector<TaskFinding>& findings, ToolCard& card);
// docs/schemas/admission.json
Json FindingsJson(const ToolCard& card, const std::vector<TaskFinding>& findings);
// A new library version with the card among its tools or its refused ones, in place of any of the same name.
Result<std::string> PublishCard(LibraryStore& store, const ToolCard& card);

}  // namespace rlar
