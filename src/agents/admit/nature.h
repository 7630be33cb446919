// What the rows and the responses of a policy say about a task before any tool is tried: which probes are fair, and whether
// a comparison with the one known answer can be right at all.
#pragma once

#include <string>
#include <vector>

#include "agents/labelled.h"
#include "agents/rollouts.h"

namespace rlar {

struct TaskNature {
  // Responses give the reference itself, word for word: small alterations of it are wrong, and likeness is no measure.
  bool exact = false;
  // The prompts ask for one of several right answers (a path, an arrangement, an expression, moves): only what reads the prompt can judge.
  bool several = false;
  // The tool tried checks conditions: whether it is a comparison in disguise is seen by what else it accepts.
  bool conditions = false;
  const Rollouts* rollouts = nullptr;  // null: none
};

// `rollouts` must outlive the result. `labels`, of the rows' prompts: where most of the texts that people call right do not state the
// reference word for word, answers are not exact, whatever rollouts say; numbers, letters and truth values are never loosened so.
TaskNature NatureOf(const std::vector<const Query*>& rows, const std::string& shape, const Rollouts* rollouts, const Labels& labels = {});

// True where the words of the prompt ask for something that may be done in several ways.
bool AsksForOneOfSeveral(const std::string& prompt);

// The rollouts of a row whose stated answer is the reference itself.
std::vector<std::string> RightRollouts(const Query& query, const Rollouts* rollouts);

}  // namespace rlar
