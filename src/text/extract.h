// Answer extraction: where in a free-form response the answer stands. One component, shared by every verifier that needs it.
#pragma once

#include <string>
#include <string_view>

namespace rlar {

// The response after its reasoning: what follows the last `</think>` (or `</reasoning>`, `</thinking>`); the whole text where
// there is no such tag; empty where a reasoning tag is opened and never closed. White space at both ends is kept.
std::string_view AfterReasoning(std::string_view response);

}  // namespace rlar
