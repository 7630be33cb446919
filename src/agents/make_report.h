// What a build found, as its report.
#pragma once

#include <string>
#include <vector>

#include "agents/build.h"
#include "agents/task_result.h"

namespace rlar {

struct ReadRows {
  std::size_t total = 0;
  std::vector<std::string> guesses;  // field names that were guessed
};

// docs/schemas/report.json. `result` holds the counts; `published`: the journal's entry for the version.
Json MakeReport(const BuildJob& job, const ReadRows& read, const std::vector<TaskResult>& tasks, const BuildResult& result, const Snapshot& snapshot,
                const Json& published);

}  // namespace rlar
