#pragma once

#include <string_view>

namespace rlar {

extern const std::string_view kLocalModelSource;  // local_model.py

}  // namespace rlar
