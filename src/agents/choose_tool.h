// Which of a task's admitted tools serves it: by evidence, and where that doesn't tell them apart, by rule or by a language model.
#pragma once

#include "agents/task_result.h"
#include "llm/client.h"

namespace rlar {

// Index of the trial to serve the task: the best quality; differences below 0.005 are none, and the more specific tool wins. npos
// (size_t max) where none is admitted.
std::size_t ChooseByEvidence(const std::vector<Trial>& trials);

// Native verifiers have an order of specificity. Where tools without one (reward models, judges, the user's own) stand equal with the
// chosen one, the model is asked to call one of them by its card (tool calling); its choice is published with the route, so that
// no query asks again. No usable call leaves the choice as it is. True where it was asked.
bool ChooseByModel(TaskResult& task, const std::vector<Query>& rows, LlmClient& client);

}  // namespace rlar
