// How the worker of a transformers model is started, and what a running one is known by.
#pragma once

#include <string>

#include "process/child.h"
#include "tools/reward_model/backend.h"

namespace rlar {

// Precondition of both: the adapter's backend is transformers.
ChildOptions WorkerProgram(const ModelAdapter& adapter);
// The same for adapters that start the same worker.
std::string WorkerKey(const ModelAdapter& adapter);

}  // namespace rlar
