// The build: from rows to a proven tool library with routes. Design: docs/building.md.
#pragma once

#include <functional>
#include <string>

#include "library/store.h"
#include "rows/reader.h"

namespace rlar {

struct BuildJob {
  std::string data;               // rows: a file (it is read twice)
  ReaderOptions reading;
  std::size_t threads = 1;
  // Called from one thread at a time with what is being done and the share done, in [0, 1].
  std::function<void(const std::string& step, double share)> progress;
};

struct BuildResult {
  std::string version;   // of the published library
  Json report;           // docs/schemas/report.json
  std::size_t served = 0, unserved = 0, invalid = 0;
};

// Builds without any LLM and publishes to `store`. Evidence is kept in DIR/build as it is found, so that a build that was
// stopped goes on where it was. Routes pinned by hand and tools the user added are kept; the latter compete.
Result<BuildResult> BuildLibrary(LibraryStore& store, const BuildJob& job);

}  // namespace rlar
