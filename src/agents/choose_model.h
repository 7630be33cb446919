// Of several reward models that a task's probes admit, the one that serves: a few rows flatter some model of many, other tasks tell.
#pragma once

#include <vector>

#include "agents/task_result.h"

namespace rlar {

// For each task that a reward model serves: of those that are admitted for it, or short of strength there and admitted for another task, the
// highest accuracy, drawn towards what the model reaches on the other tasks' probes (as much as 20 rows of its own say; 0.5 where it was tried
// nowhere else): many are tried, and one may be lucky on few rows. Tasks that were proven together count once. The note of a task whose model
// changes says so.
void ChooseModels(std::vector<TaskResult>& tasks);

}  // namespace rlar
