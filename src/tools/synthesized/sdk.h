// What a stored verifier may ask of the program while it runs.
#pragma once

#include <string>

#include "rlar/json.h"

namespace rlar {

// Answers one question: {"ask": "extract", "text", "want"}, {"ask": "number", "text"} or {"ask": "score", "tool", "response",
// "reference", "params"}. The question comes from untrusted code: anything malformed is answered {"error": …}.
std::string AnswerSdk(const Json& question);

}  // namespace rlar
