// The texts of our Python helpers, put into the program by the build (cmake/EmbedText.cmake).
#pragma once

#include <string_view>

namespace rlar {
extern const std::string_view kWorkerSource;           // worker.py
extern const std::string_view kInspectFunctionSource;  // inspect_function.py
}  // namespace rlar
