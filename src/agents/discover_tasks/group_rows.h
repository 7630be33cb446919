// Groups rows into tasks by what they carry: source, reference shape, parameters, and the wording of their prompts. No LLM.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "classify/classifier.h"
#include "rlar/sample.h"

namespace rlar {

struct TaskGroup {
  TaskModel model;                 // what the classifier needs to find its rows again (route_key is filled later)
  std::string label;               // one sentence for people
  std::string shape;               // the shape most of its references have
  std::vector<std::size_t> rows;   // indices into the rows given
};

struct Grouping {
  std::vector<TaskGroup> groups;                     // sorted by name; names are unique
  std::unordered_map<std::uint32_t, float> idf;      // for TaskClassifier
};

// Deterministic: the same rows in any order give the same groups.
Grouping GroupRows(const std::vector<Query>& rows);

}  // namespace rlar
