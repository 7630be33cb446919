// Learns routes from labelled rows: which tool serves a task best, and whether choosing one per query serves it better still.
#pragma once

#include <string>
#include <vector>

#include "agents/judge_calls.h"
#include "agents/labelled.h"
#include "rlar/snapshot.h"

namespace rlar {

inline constexpr std::size_t kFewestLabelled = 20;  // queries of a task below which nothing is said

struct LearnedRoute {
  std::string task;
  std::size_t queries = 0;  // labelled, with a better and a worse response
  // "kept", "switched" (another single tool), "chosen" (one tool a query) or "too_few".
  std::string outcome = "kept";
  std::string why;                                      // in numbers
  std::vector<std::pair<std::string, double>> credits;  // each tool's mean share of pairs in order
  Route route;                                          // what to publish; parts empty where nothing changes
};

// For each task that the rows fall to: its route's tools compete with those of `report` that the gate admitted for it, and with
// every reward model and judge of the library. A tool is switched to, and a chooser taken, only where the gain is distinguishable
// from chance (paired test, p < 0.05 divided by the number of tools tried; the chooser's gain measured out of sample). Pinned routes are
// left alone. Judges are asked through `judges` (null: by themselves, unrecorded). Deterministic. An error where a judge cannot be asked that way.
Result<std::vector<LearnedRoute>> LearnRoutes(const Snapshot& snapshot, const Json& report, const std::vector<LabelledRow>& rows, JudgeCalls* judges = nullptr);

// The manifest with the routes that changed, or as it is.
Json WithRoutes(Json manifest, const std::vector<LearnedRoute>& learned);

}  // namespace rlar
