// The text of worker.py, put into the program by the build (cmake/EmbedText.cmake).
#pragma once

#include <string_view>

namespace rlar {
extern const std::string_view kWorkerSource;
}
