// A library's report for people: as text and as one HTML page.
#pragma once

#include <string>

#include "rlar/json.h"

namespace rlar::cli {

std::string ReportText(const Json& report);
std::string ReportHtml(const Json& report);

}  // namespace rlar::cli
