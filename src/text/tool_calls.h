// Calls of tools as a model writes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rlar/json.h"
#include "rlar/result.h"

namespace rlar {

struct ToolCall {
  std::string name;
  Json arguments;  // an object
};

// One call or a list of calls as JSON: {"name", "arguments" or "parameters"}, OpenAI's {"function": {"name", "arguments": "…"}} and
// {"tool_calls": […]}, or {"NAME": {arguments}}.
Result<std::vector<ToolCall>> ToolCallsFromJson(const Json& json);

// Calls in a text: <tool_call> blocks, JSON (bare or as the only fenced block), or Python's syntax `[f(a=1), g(b="x")]`. Text beside
// such calls is allowed only around <tool_call> blocks.
Result<std::vector<ToolCall>> ToolCallsFromText(std::string_view text);

}  // namespace rlar
