#pragma once

#include <string_view>

namespace rlar {

extern const std::string_view kServeGgufSource;  // scripts/serve_gguf.py

}  // namespace rlar
