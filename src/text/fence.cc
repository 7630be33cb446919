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

std::vector<FencedBlock> FencedBlocks(std::string_view text) {
  std::vector<FencedBlock> blocks;
  std::string_view open;
  std::size_t start = 0;
  for (std::size_t line_start = 0; line_start <= text.size();) {
    const std::size_t line_end = std::min(text.find('\n', line_start), text.size());
    const std::string_view line = text.substr(line_start, line_end - line_start);
    const std::string_view fence = FenceOf(line);
    if (open.empty() && !fence.empty()) {
      open = fence;
      start = std::min(line_end + 1, text.size());
      blocks.push_back({Trim(Trim(line).substr(3)), text.substr(start)});
    } else if (!open.empty() && fence == open && Trim(line).size() == 3) {
      const std::size_t end = line_start > start ? line_start - 1 : start;
      blocks.back().content = text.substr(start, end - start);
      open = {};
    }
    line_start = line_end + 1;
  }
  return blocks;
}

std::optional<std::string_view> OnlyFencedBlock(std::string_view text) {
  const auto blocks = FencedBlocks(text);
  if (blocks.size() != 1) return std::nullopt;
  const std::string_view content = blocks[0].content;
  // A block that is never closed reaches to the end of the text.
  if (content.data() + content.size() == text.data() + text.size()) return std::nullopt;
  return content;
}

}  // namespace rlar
