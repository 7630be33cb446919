// "Put your answer in \boxed{}.", "Answer in one short sentence.": how to answer, asked at the end of prompts of many tasks.
#pragma once

#include <unordered_map>
#include <vector>

#include "classify/features.h"

namespace rlar {

// The rows' features (`features`, of unit length, weighted by `idf`) without those of a last sentence that says how to answer and not what: rows
// that end with it are worded, apart from it, like rows that end otherwise. Rows without such a sentence keep theirs. Pure; for more rows than
// some thousand a sample of them decides.
std::vector<SparseVector> WithoutAnswerForms(const std::vector<Query>& rows, const std::vector<std::size_t>& order, const std::vector<SparseVector>& features,
                                             const std::unordered_map<std::uint32_t, float>& idf);

}  // namespace rlar
