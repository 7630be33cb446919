// Groups rows into tasks by what they carry: source, reference shape, parameters, and the wording of their prompts. No LLM.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "classify/classifier.h"
#include "rlar/sample.h"

namespace rlar {

struct TaskGroup {
  TaskModel model;                // what the classifier needs to find its rows again (route_key is filled later)
  std::string label;              // one sentence for people
  std::string answer;             // what a right answer looks like, where a language model said so
  bool described = false;         // label and answer come from a language model
  std::string shape;              // the shape its references have; "math" or "mixed" where they have several
  std::vector<std::size_t> rows;  // indices into the rows given
};

struct Grouping {
  std::vector<TaskGroup> groups;                 // sorted by name; names are unique
  std::unordered_map<std::uint32_t, float> idf;  // for TaskClassifier
  std::vector<SparseVector> features;            // of the rows given, of unit length
};

// Groups whose centroids are at least this alike are one task. Measured on mixtures of generated tasks: centroids of one task's parts are 0.57 and
// more alike where wording alone tells them, those of different tasks at most 0.34.
inline constexpr double kAlikeWording = 0.5;

// True where the user labelled the group's rows: they stay as they are.
bool UsersOwn(const TaskGroup& group, const std::vector<Query>& rows);

// Deterministic: the same rows in any order give the same groups. `known_idf`: weights of features that an older version of the
// library fixed; they stay, so that new groups are measured on its scale.
Grouping GroupRows(const std::vector<Query>& rows, const std::unordered_map<std::uint32_t, float>& known_idf = {});

// Whether a row of one may be a row of the other: answers of some kind, of one source, with parameters of one kind.
bool MayTrade(const TaskGroup& a, const TaskGroup& b);
// The row goes from one group to another, and both are measured anew; `from` may be left without rows.
void MoveRow(Grouping& grouping, const std::vector<Query>& rows, std::size_t row, std::size_t from, std::size_t into);
// The groups `from` join the group `into`; names stay, `from` are left without rows.
void JoinGroups(Grouping& grouping, std::size_t into, const std::vector<std::size_t>& from);
// Drops groups without rows and sorts by name again.
void TidyGroups(Grouping& grouping);
// A task's name as routes know it: lower case, words joined by '-', at most 48 bytes.
std::string TaskSlug(std::string_view text);

}  // namespace rlar
