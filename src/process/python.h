// How our Python helpers are started.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "process/child.h"

namespace rlar {

// The interpreter: $RLAR_PYTHON, else the virtual environment beside the program (build/venvs/main), else python3.
std::string PythonInterpreter();
// The interpreter for models and the Hub: $RLAR_MODELS_PYTHON, else build/venvs/models beside the program, else the usual one.
std::string ModelsPython();
// A child that runs `source` with `arguments`, with the few environment variables an interpreter needs.
ChildOptions PythonProgram(std::string_view source, std::vector<std::string> arguments, std::string interpreter = {});

}  // namespace rlar
