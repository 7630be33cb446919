#include "text/fence.h"

#include <algorithm>

#include "base/text.h"

namespace rlar {
namespace {

// The fence that a line opens or closes ("```" or "~~~"), or empty.
std::string_view FenceOf(std::string_view line) {
  const std::string_view trimmed = Trim(line);
  for (const std::string_view fence : {"```", "~~~"}) {
    if (trimmed.substr(0, 3) == fence) return fence;
  }
  return {};
}

}  // namespace

std::optional<std::string_view> OnlyFencedBlock(std::string_view text) {
  std::optional<std::string_view> found;
  std::string_view open;
  std::size_t start = 0;
  for (std::size_t line_start = 0; line_start <= text.size();) {
    const std::size_t line_end = std::min(text.find('\n', line_start), text.size());
    const std::string_view line = text.substr(line_start, line_end - line_start);
    const std::string_view fence = FenceOf(line);
    if (open.empty() && !fence.empty()) {
      if (found) return std::nullopt;
      open = fence;
      start = std::min(line_end + 1, text.size());
    } else if (!open.empty() && fence == open && Trim(line).size() == 3) {
      const std::size_t end = line_start > start ? line_start - 1 : start;
      found = text.substr(start, end - start);
      open = {};
    }
    line_start = line_end + 1;
  }
  return open.empty() ? found : std::nullopt;
}

}  // namespace rlar
