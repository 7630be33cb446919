#pragma once

#include <string_view>

namespace rlar {

extern const std::string_view kDashboardSource;  // dashboard.html

}  // namespace rlar
