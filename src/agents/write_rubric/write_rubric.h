// The agent that writes a rubric for a task that neither a verifier nor a reward model serves well, and proves a judge
// that grades by it.
//
// A language model drafts 3 to 6 criteria. What can be counted goes to the tool instruction_constraints, the rest to
// the judge. A criterion stays only if it separates responses to the same row. The judge must pass the gate of reward
// models and the attacks; the checks stand beside it only if the two together pass too and order no fewer pairs.
#pragma once

#include <string>
#include <vector>

#include "agents/find_models.h"
#include "agents/rollouts.h"
#include "tools/reward_model/spend.h"

namespace rlar {

struct JudgeServer {
  std::string url, model;  // an OpenAI-compatible chat server, and the model's name on it (may be empty)
  ModelPrice price;
};

// Fills trials, the choice, `note` and `missing` of tasks that no tool serves, or a weak one (ChoiceIsWeak), and that
// have rows to prove a judge on; asks nothing for others. A weak tool stays where the judge orders no more pairs. Rows that all bring a rubric of their own
// need none to be written: their judge is proven as it is, and job.llm may be null. A fault of either server leaves the task unserved, and `missing` says why.
void WriteRubrics(std::vector<TaskResult>& tasks, const Rollouts& rollouts, const JudgeServer& server, const FindModelsJob& job);

}  // namespace rlar
