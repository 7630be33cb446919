// The build: from rows to a proven tool library with routes. Design: docs/building.md.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "agents/discover_tasks/label_groups.h"
#include "agents/find_reward_model/find_reward_model.h"
#include "agents/write_rubric/write_rubric.h"
#include "library/store.h"
#include "llm/client.h"
#include "rows/reader.h"

namespace rlar {

struct BuildJob {
  std::string data;  // rows: a file (it is read twice)
  ReaderOptions reading;
  std::string why;                   // kept in the journal; empty: "build from FILE"
  std::string labels;                // labelled rows (src/agents/labelled), or empty; those in DIR/labels.jsonl count too
  std::string rollouts;              // JSON Lines of responses to the rows, or empty; rows' own responses are used too
  LlmClient* policy = nullptr;       // the policy's own server, asked for responses to the rows that tools are tried on and that bring none
  std::size_t policy_responses = 4;  // to each of them
  std::size_t threads = 1;
  bool shadow = false;       // the rows' own responses are a sample of what is scored now: what is chosen is tried on it first (shadow.h)
  bool extend = false;       // build only what is new or sick; all else keeps its tools, routes and their versions
  HubClient* hub = nullptr;  // null: no reward model is sought beyond those of the library
  FindOptions models;
  JudgeServer judge;                             // without an address no rubrics are written
  JudgeCalls* judges = nullptr;                  // how judges are asked; null: by themselves, unrecorded
  LlmClient* llm = nullptr;                      // null: what can be done without a language model
  const std::atomic<bool>* cancelled = nullptr;  // set by Ctrl-C: the build stops at the next step
  // Called from one thread at a time with what is being done and the share done, in [0, 1].
  std::function<void(const std::string& step, double share)> progress;
};

struct BuildResult {
  std::string version;  // of the published library
  Json report;          // docs/schemas/report.json
  std::size_t served = 0, unserved = 0, invalid = 0;
  std::optional<LabelResult> labelled;  // what a language model did to the groups, where one was asked
  std::set<std::uint64_t> settled;      // of an extension: Hash64 of the prompts of rows that served tasks keep their tools for, however they are worded
};

// Builds and publishes to `store`. Evidence and the answers of the language model are kept in DIR/build as they are found, so that
// a build that was stopped goes on where it was and asks nothing twice. A fault of the language model never stops a build: it
// goes on without that answer, and the report says what was lost. Routes pinned by hand and tools the user added are kept; the latter compete.
Result<BuildResult> BuildLibrary(LibraryStore& store, const BuildJob& job);

}  // namespace rlar
