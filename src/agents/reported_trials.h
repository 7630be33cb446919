// The trials of a task, as the report of an earlier build tells them.
#pragma once

#include <string>
#include <vector>

#include "rlar/snapshot.h"

namespace rlar {

struct ReportedTrial {
  const Tool* tool = nullptr;  // of `snapshot`, in the version that was tried
  Json params;                 // object or null
  bool admitted = false;
};

// Those whose tool the snapshot still has, in the report's order. `report` may be null.
std::vector<ReportedTrial> TrialsOf(const Snapshot& snapshot, const Json& report, const std::string& task);

}  // namespace rlar
