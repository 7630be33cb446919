// Longest common subsequence of two token sequences, by bit-parallel rows (Hyyrö, 2004).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "text/token_table.h"

namespace rlar {

// Steps that a comparison of these sizes takes, in the unit of StepBudget.
std::int64_t LcsSteps(std::size_t reference_size, std::size_t other_size);

// Its length. Tokens equal to kUnknownToken match nothing.
std::size_t LcsLength(std::span<const TokenId> reference, std::span<const TokenId> other);

// The positions in `reference` of the one that rouge-score backtracks to, in falling order.
std::vector<std::size_t> LcsPositions(std::span<const TokenId> reference, std::span<const TokenId> other);

}  // namespace rlar
