// A reference and a conversation as they are handed to programs outside: users' functions, servers, stored verifiers.
#pragma once

#include "rlar/json.h"
#include "rlar/sample.h"

namespace rlar {

// A string, a list of strings, an object, or null.
Json ReferenceJson(const Reference& reference);
// {"role", "content"}
Json TurnJson(std::string_view role, std::string_view content);
// A list of these: tool calls stay behind.
Json MessagesJson(const std::vector<Message>& messages);
// The same with tool calls and what they answer to: a rollout's turns whole.
Json TurnsJson(const std::vector<Message>& messages);

}  // namespace rlar
