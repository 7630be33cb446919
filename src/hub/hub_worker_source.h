#pragma once

#include <string_view>

namespace rlar {

extern const std::string_view kHubWorkerSource;  // worker.py

}  // namespace rlar
