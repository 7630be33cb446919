// A verifier that an agent (or a person) wrote: a stored Python program, run in the sandbox like any untrusted code.
//
//   def check(prompt, answer, reference, params): return True, False, or a number in [0, 1]
//
// `answer` is what our own extraction found in the response, `reference` the row's (a string, a list of strings, an object or None).
// The module `rlar` offers extract(text), number(text), score(tool, response, reference, **params) and math_equal(a, b). Each call
// starts the program anew. What the program does wrong (raises, hangs, answers no number) is Failed; nothing of it is the response's.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rlar/tool.h"

namespace rlar {

// A draft: a folder with check.py and draft.json (docs/schemas/draft.json). The card's program holds the source itself, so that a
// library needs nothing beside its manifest; its version is a hash of what decides a verdict.
Result<ToolCard> ReadDraft(const std::string& folder);
// The same from texts.
Result<ToolCard> MakeSynthesizedCard(const Json& draft, std::string source);

// What the source does that a stored verifier may not: reach beyond its arguments, keep state, read the clock, run text as code.
// Sentences with line numbers; empty where there is nothing. It is parsed in the sandbox, never run.
Result<std::vector<std::string>> InspectProgram(const std::string& source);

// What a stored verifier does while it judges these responses that it may not, whatever its source looks like: the C functions that it
// comes to call, and names of its module that it changes. The same sentences without line numbers; empty where there is nothing.
// Precondition: `tool` was made by MakeSynthesizedTool.
Result<std::vector<std::string>> WatchTool(const Tool& tool, const Query& query, std::span<const Response> responses, const Json& params);

Result<std::unique_ptr<Tool>> MakeSynthesizedTool(const ToolCard& card);

}  // namespace rlar
