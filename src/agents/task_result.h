// What a build has found out about a task so far.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agents/admit/gate.h"
#include "agents/candidates.h"
#include "agents/discover_tasks/group_rows.h"
#include "agents/labelled.h"
#include "rlar/route.h"
#include "rlar/tool.h"

namespace rlar {

struct Trial {
  Candidate candidate;
  Evidence evidence;
  Verdict verdict;
  std::vector<std::vector<double>> by_row;  // values on the rows of the task's `probes`; empty where it was not tried on them
  std::string origin;                       // how a written tool came about; empty for tools that were there
  std::shared_ptr<const Tool> made;         // owns a written tool
  // What the route runs beside the candidate, and how: where the evidence is that of all together.
  std::vector<RoutePart> beside;
  Combine combine = Combine::kSingle;
  double weight = 1;                         // the candidate's own in `combine`
  std::shared_ptr<const Calibration> scale;  // the candidate's own beside others; alone its scale is made of `by_row`
};

struct ProbeSet;

struct TaskResult {
  TaskGroup group;
  std::vector<Trial> trials;
  std::size_t chosen_index = static_cast<std::size_t>(-1);
  std::optional<SecondTool> second;        // of its route
  std::string missing;                     // what its rows would need, where nothing was chosen
  std::string note;                        // beside the evidence: what a person should know
  std::size_t rows = 0;                    // of the whole data
  std::size_t llm_calls = 0;               // asked or replayed for its verifier
  std::string tried_model;                 // the language model that could be asked, or empty
  std::shared_ptr<const ProbeSet> probes;  // pairs of responses that its models were tried on, or null
  Json models;                             // every reward model that was looked at (docs/schemas/report.json), or null
  bool kept = false;                       // stands as in the older version: nothing was tried

  // Another reason why nothing serves it.
  void Miss(const std::string& why) { missing += (missing.empty() ? "" : "; ") + why; }
  // Its rows are checked by running code, which nothing here stands in for.
  bool is_code() const { return missing.find("runner") != std::string::npos; }
  const Trial* chosen() const { return chosen_index < trials.size() ? &trials[chosen_index] : nullptr; }
};

// Adds to the evidence how the tool agrees with the labels of the task's rows, and judges again.
void CountLabels(const TaskGroup& group, const std::vector<Query>& rows, const Labels& labels, const GateSettings& settings, Trial& trial);

// The trial is admitted although the gate did not, for `why`; the list of models that were looked at says so too.
void AdmitAfterAll(TaskResult& task, Trial& trial, const std::string& why);

// Rows of a group that its tools are tried on, spread over it.
std::vector<const Query*> TrialRows(const TaskGroup& group, const std::vector<Query>& rows);

}  // namespace rlar
