// Which responses a person should judge: those where the tools that could serve a task disagree most.
#pragma once

#include <string>
#include <vector>

#include "rlar/sample.h"
#include "rlar/snapshot.h"

namespace rlar {

struct Question {
  Query query;
  Response response;
  std::string task;
  double disagreement = 0;  // [0, 1]: 1 where votes stand half and half
  std::string votes;        // "math_equal@3 says 1, exact_match@2 says 0"
  Json ToRow() const;       // a row with one response and `labels: [null]`, to be filled in (src/agents/labelled)
};

// Tools that the gate admitted for the row's task have a vote each, those it refused half a vote. One question a prompt, spread over the
// tasks by their rows; the most telling first. Tasks with one opinion only ask nothing. Deterministic.
std::vector<Question> PickQuestions(const Snapshot& snapshot, const Json& report, std::vector<Group> groups, std::size_t count);

}  // namespace rlar
