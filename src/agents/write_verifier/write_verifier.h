// Writes a verifier for a task: general blocks; else a plan, a native tool with parameters, drafts by a language model, repaired with the probes they fail.
// Only the gate decides; what the model claims is never evidence.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agents/admit/gate.h"
#include "agents/discover_tasks/group_rows.h"
#include "agents/evidence_cache.h"
#include "agents/write_verifier/draft.h"
#include "llm/client.h"
#include "rlar/snapshot.h"

namespace rlar {

struct WriteLimits {
  std::size_t candidates = 3;  // drafts by the model, each at another temperature
  std::size_t repairs = 2;     // rounds for one draft
  double good_enough = 0.98;   // quality at which nothing more is tried
  double max_mutants = 0.5;    // share of altered references that a check of conditions may accept, where several answers are right
};

struct WrittenTrial {
  Draft draft;                       // of a native tool: its origin only
  std::shared_ptr<const Tool> tool;  // null where the draft could not be run; a native tool is not owned
  Json params;                       // native tool: the parameters that the model chose
  Evidence evidence;
  Verdict verdict;
  double mutants_accepted = 0;  // share of altered references that it accepts
};

struct WriteResult {
  bool planned = false;              // the model answered the plan
  bool several = false;              // several answers can be right: a block of conditions passed, or the plan says so
  std::string kind, conditions;      // as planned
  std::vector<WrittenTrial> trials;  // in the order tried
  // The best admitted one, or npos. Among equals the first.
  std::size_t best = static_cast<std::size_t>(-1);
  // Share of cases on which the admitted candidates say the same; 1 with fewer than two.
  double agreement = 1;
};

struct WriteJob {
  const TaskGroup& group;
  const std::vector<Query>& rows;
  std::vector<const Query*> trial_rows;  // what the gate tries drafts on
  const GateSettings& settings;
  LlmClient* client;  // null: general blocks only
  DraftRunner& runner;
  const Snapshot& tools;       // the native tools among which parameters may be chosen
  bool native_serves = false;  // a native tool was admitted: only a block of conditions can be better
  TaskNature nature = {};      // of the trial rows
  WriteLimits limits = {};
  EvidenceCache* cache = nullptr;  // what drafts showed on these rows before is not tried again; null: nothing is kept
};

// True where a plan is worth a call: the rows have a reference, and no native tool is sure to be all there is to say.
bool WorthPlanning(const TaskGroup& group, bool native_serves);
// An error where evidence cannot be kept.
Result<WriteResult> WriteVerifier(const WriteJob& job);

}  // namespace rlar
