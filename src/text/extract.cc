#include "text/extract.h"

#include <algorithm>
#include <array>

namespace rlar {
namespace {
constexpr std::array<std::string_view, 3> kReasoningTags{"think", "thinking", "reasoning"};
}

std::string_view AfterReasoning(std::string_view response) {
  std::size_t end = 0;
  bool open = false;
  for (const std::string_view tag : kReasoningTags) {
    const std::string close_tag = "</" + std::string(tag) + ">";
    const std::size_t closed = response.rfind(close_tag);
    const std::size_t opened = response.rfind("<" + std::string(tag) + ">");
    if (closed != response.npos) end = std::max(end, closed + close_tag.size());
    if (opened != response.npos && (closed == response.npos || opened > closed)) open = true;
  }
  return open ? std::string_view{} : response.substr(end);
}

}  // namespace rlar
