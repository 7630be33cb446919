// Criteria of a rubric that is being written: which of them code can check, and which of them tell responses apart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "agents/find_reward_model/model_probes.h"
#include "agents/rollouts.h"

namespace rlar {

struct Criterion {
  RubricItem item;
  std::string instruction;  // id of an instruction constraint that says the same, or empty
  Json kwargs;              // its own
};

// From a model's answer of the form of prompts/write_rubric.md. A check whose value cannot be used makes the criterion
// an ordinary one.
std::vector<Criterion> CriteriaFromJson(const Json& answer);

// Parameters of instruction_constraints for these.
Json ConstraintParams(const std::vector<Criterion>& checks);

// Responses to one row, at least two different ones.
struct Comparable {
  Query query;  // without a rubric of its own: it is the written one that is tried
  std::vector<Response> responses;
};
// Rollouts of the group's rows where there are enough of them, else the probes' responses; a few rows, spread.
// Deterministic.
std::vector<Comparable> ComparableRows(const TaskGroup& group, const std::vector<Query>& rows, const Rollouts& rollouts, const ProbeSet& probes);

// Whether values of responses, a list a row, differ within enough of the rows: in a quarter of those with two values at
// least, and in two.
bool Separates(const std::vector<std::vector<double>>& by_row);

}  // namespace rlar
