// The general checkers of blocks.py as drafts: every block with the parameters that are worth a trial.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agents/write_verifier/draft.h"

namespace rlar {

extern const std::string_view kBlocksSource;  // blocks.py

// Kinds of task as the prompt plan_verifier names them: "expression", "arrangement", "assignment", "moves"; any other kind
// gets all blocks. Strictest first: where two pass the gate alike the earlier is taken.
std::vector<Draft> BlockDrafts(std::string_view kind);

}  // namespace rlar
