// Markdown code fences: where a response wraps what was asked for.
#pragma once

#include <optional>
#include <string_view>

namespace rlar {

// The content of the only fenced block (``` or ~~~, with any info string) of `text`, without the newline before the closing
// fence; nullopt where there is none, more than one, or one that is never closed.
std::optional<std::string_view> OnlyFencedBlock(std::string_view text);

}  // namespace rlar
