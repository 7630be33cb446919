// What a query shows without understanding it: the shape of its reference, the parameters it carries, the words it uses.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "rlar/result.h"
#include "rlar/sample.h"

namespace rlar {

// "none", "number", "math", "expression", "letter", "boolean", "short_text" (≤ 4 words), "phrase" (≤ 8), "sequence" (an
// enumeration), "long_text", "object", or "list:" + the shape most of its items have.
std::string ReferenceShape(const Reference& reference);
std::string TextShape(std::string_view text);

// The names of the row's params, sorted and joined by ','; empty without any.
std::string ParamNames(const Query& query);

// Hashed words and word pairs of the prompt's beginning and end, digits folded, each with its count; sorted by feature.
using SparseVector = std::vector<std::pair<std::uint32_t, float>>;
inline constexpr std::uint32_t kFeatureSpace = 1u << 18;
SparseVector PromptFeatures(const Query& query);
// The words behind the features, for naming tasks.
std::vector<std::string> PromptWords(const Query& query);

double Dot(const SparseVector& a, const SparseVector& b);
// Scales to unit length; leaves the zero vector alone.
void Normalise(SparseVector& v);
// Stored as [feature, weight, feature, weight, …], sorted by feature.
Json VectorToJson(const SparseVector& v);
Result<SparseVector> VectorFromJson(const Json* array);  // kCorrupt says what is wrong

}  // namespace rlar
