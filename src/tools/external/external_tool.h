// ExternalTool: a user's own reward function as a tool: a Python function in a child process, or an HTTP address.
//
// Until the sandbox runs such code the child is a plain process: own group, fresh environment, deadline, killed whole; the card
// says isolation "child_process". It is the user's own code, not a model's.
#pragma once

#include <memory>

#include "rlar/tool.h"

namespace rlar {

// `card.program` is {"python": interpreter, "file": path, "function": name, "form": verl|trl|openrlhf} or
// {"url": address, "form": remote_rm|get_reward}; both with "range": [low, high] that is mapped to [0, 1] and "timeout_ms".
Result<std::unique_ptr<Tool>> MakeExternalTool(const ToolCard& card);

}  // namespace rlar
