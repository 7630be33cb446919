// The wording that the prompts of one task share whatever fills it: "What is # plus #? Answer with a number."
#pragma once

#include <cstdint>
#include <vector>

#include "classify/features.h"

namespace rlar {

// Features that nearly all of these rows hold, in ascending order.
using Template = std::vector<std::uint32_t>;
inline constexpr std::size_t kLeastFixed = 6;  // fewer features are no template

Template TemplateOf(const std::vector<const SparseVector*>& rows, const std::vector<std::size_t>& members);
// Share of the larger template's features that both hold, in [0, 1]; 0 where they share too little to tell.
double TemplateLikeness(const Template& a, const Template& b);
// Share of the template's features that the row holds; 0 where the template is none.
double HeldBy(const Template& fixed, const SparseVector& row);

}  // namespace rlar
