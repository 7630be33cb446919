// Which code a response offers, and how it is put together with the prompt's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sandbox/languages.h"

namespace rlar {

// "\r\n" and lone "\r" become "\n".
std::string NormalNewlines(std::string_view text);
// The code of a response: of its fenced blocks in `language` the last that defines one of `names`, else the last; without a fence
// the whole text after the reasoning.
std::string CodeOf(std::string_view response, Language language, const std::vector<std::string>& names);
// True where Python code defines `name` (def, class or assignment) at the left margin.
bool DefinesName(std::string_view code, std::string_view name);
// Names that a line of Python calls, in order.
std::vector<std::string> CalledNames(std::string_view text);

// Ways to put code and prompt together, the likeliest first. A response that defines `entry_point` runs after the imports and
// helpers that stand before it in the prompt (`head`, also for the tests); else it continues the prompt.
struct AssembledCode {
  std::vector<std::string> sources;
  std::string head;
};
AssembledCode Assemble(std::string_view prompt, const std::string& code, const std::string& entry_point);

// Output of a program against what is expected, token by token; numbers within `tolerance` where that is not negative.
bool SameOutput(std::string_view output, std::string_view expected, double tolerance);

}  // namespace rlar
