#pragma once

#include <string_view>

namespace rlar {

extern const std::string_view kModelWorkerSource;  // worker.py

}  // namespace rlar
