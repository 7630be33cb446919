// Tools of the program that run untrusted code in the sandbox.
#pragma once

#include <memory>
#include <vector>

#include "rlar/tool.h"

namespace rlar {

// code_tests: runs the response's code under the row's tests. See docs/code_tests.md.
std::unique_ptr<Tool> MakeCodeTests();

}  // namespace rlar
