// The general checkers of blocks.py, and the comparisons of comparisons.py, as drafts: every block with the parameters that are worth a trial.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agents/write_verifier/draft.h"

namespace rlar {

extern const std::string_view kBlocksSource, kComparisonsSource;  // blocks.py, comparisons.py

// Strictest first: where two pass the gate alike the earlier is taken. `extract`: "auto" or "none".
std::vector<Draft> BlockDrafts(const std::string& extract);

// One draft that asks all blocks at once: its value times kScreenScale is a number whose bit i is set where BlockDrafts(extract)[i]
// accepts the answer.
inline constexpr double kScreenScale = 1 << 20;
Draft BlockScreen(const std::string& extract);

}  // namespace rlar
