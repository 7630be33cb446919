// How our Python helpers are started.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "process/child.h"

namespace rlar {

// The interpreter: $RLAR_PYTHON, else the virtual environment beside the program (build/venvs/main), else python3.
std::string PythonInterpreter();
// A child that runs `source` with `arguments`, with the few environment variables an interpreter needs.
ChildOptions PythonProgram(std::string_view source, std::vector<std::string> arguments, std::string interpreter = {});

}  // namespace rlar
