// Which tools may be tried on a group of rows, and with which parameters.
#pragma once

#include <string>
#include <vector>

#include "agents/discover_tasks/group_rows.h"
#include "rlar/snapshot.h"

namespace rlar {

struct Candidate {
  const Tool* tool = nullptr;
  Json params;         // object or null
  int preference = 0;  // among equals the lower wins: the more specific tool first
};

// In order of preference. Empty where no tool fits what the rows carry.
std::vector<Candidate> CandidatesFor(const TaskGroup& group, const std::vector<Query>& rows, const Snapshot& tools);

// What rows without a proven tool would need, in one phrase.
std::string WhatIsMissing(const TaskGroup& group, const std::vector<Query>& rows, bool had_candidates);

}  // namespace rlar
