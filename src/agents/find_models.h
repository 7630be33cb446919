// The build's step after verifiers: tasks that none serves get a reward model, where one can be proven.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agents/find_reward_model/find_reward_model.h"
#include "agents/judge_calls.h"
#include "agents/task_result.h"
#include "rlar/snapshot.h"

namespace rlar {

inline constexpr std::size_t kMostProbeRows = 120;  // that models and judges are tried on, of a task

struct FindModelsJob {
  const std::vector<Query>& rows;
  const Snapshot& tools;  // its reward models are tried first
  const Labels& labels;
  HubClient* hub = nullptr;  // null: only the library's own models are tried
  LlmClient* llm = nullptr;
  FindOptions options;
  const std::function<void(const std::string& step, double share)>& progress;
  JudgeCalls* judges = nullptr;  // how judges are asked; null: by themselves, unrecorded
};

// The judge of a card, asked through `job.judges`.
Result<std::shared_ptr<const Tool>> OpenJudgeOf(const ToolCard& card, const FindModelsJob& job);

// A comparison with references serves the task, and it is not surely a measure of what the labels say: a model would serve it better, if one does.
// Precondition: the task has a chosen trial.
bool ChoiceIsWeak(const TaskResult& task, const ModelGate& gate);

// A trial of a reward model or judge; `made` owns one that is not the library's.
Trial MakeTrial(const Tool* tool, std::shared_ptr<const Tool> made, const ModelEvidence& measured, const Verdict& verdict, std::string origin);

// Fills trials, the choice, `models` and `missing` of tasks without a tool; rows that are checked by running code are left alone.
void FindModels(std::vector<TaskResult>& tasks, const FindModelsJob& job);

}  // namespace rlar
