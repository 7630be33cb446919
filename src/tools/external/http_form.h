// A reward function behind an HTTP address, in the shapes trainers already speak.
#pragma once

#include <span>
#include <string>

#include "rlar/tool.h"

namespace rlar {

// Asks `url` for the responses' scores: form "remote_rm" posts {prompt, response, label} a response and reads the number (or
// {"score"}) that is the body; "get_reward" posts {query[], prompts[], labels[]} and reads {"rewards": […]}. Returns a JSON array.
Result<Json> AskHttp(const std::string& url, const std::string& form, const Query& query, std::span<const Response> responses, const Deadline& deadline);

}  // namespace rlar
