// Makes tools: the native ones from the program, the others from their cards.
#pragma once

#include <memory>

#include "rlar/tool.h"
#include "rlar/verifier.h"

namespace rlar {

// The card of a native verifier.
ToolCard NativeCard(const VerifierSpec& spec);
std::unique_ptr<Tool> MakeNativeTool(const VerifierSpec& spec);
// Every tool of the program: the native verifiers and those that run code in the sandbox.
std::vector<std::unique_ptr<Tool>> MakeBuiltinTools();
// A tool for a library's card. A native one must exist in this program in that version.
Result<std::unique_ptr<Tool>> MakeTool(const ToolCard& card);

}  // namespace rlar
