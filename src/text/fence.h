// Markdown code fences: where a response wraps what was asked for.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace rlar {

// The content of the only fenced block (``` or ~~~, with any info string) of `text`, without the newline before the closing
// fence; nullopt where there is none, more than one, or one that is never closed.
std::optional<std::string_view> OnlyFencedBlock(std::string_view text);

struct FencedBlock {
  std::string_view info;     // what stands behind the opening fence, trimmed: "python", "c++", …
  std::string_view content;  // without the newline before the closing fence
};
// Every fenced block in order; one that is never closed reaches to the end of `text`.
std::vector<FencedBlock> FencedBlocks(std::string_view text);

}  // namespace rlar
