// Views of a tree that comparisons need: labels, values, units, alternatives.
#pragma once

#include <string>
#include <vector>

#include "math/tree.h"
#include "math/units.h"

namespace rlar::math {

// What may stand before "=" as a mere name: x, f(x), T(10), AB, |AB|, a_{3}, "Paolo", (p, q), S_1 : S_2.
bool IsLabel(Ref node);

// The value behind labels: the last side of an equation chain whose first side is a label, S of x ∈ S, the node itself else.
// `label` gets the label (nullptr where there is none); `approximation` what follows ≈.
Ref ValueOf(Ref node, Ref* label = nullptr, Ref* approximation = nullptr);

// A scalar with its unit, percent sign and ring taken off.
struct Quantity {
  Ref value = nullptr;  // without unit; with % and ° inside still
  std::string unit;     // words, "" for none
  std::optional<Unit> known;
  Ref percent_inner = nullptr;  // x of "x %", nullptr where it is no percentage
  Ref degree_inner = nullptr;   // x of "x°"
};
Quantity ReadQuantity(Ref node, Arena& arena);

// All readings of ±: the two (correlated) variants, or the node alone. Empty where there are too many.
std::vector<Ref> ExpandSigns(Ref node, Arena& arena);
// As above with every ± of a tuple or list free of the others.
std::vector<Ref> ExpandSignsFreely(Ref node, Arena& arena);

// Elements of a list, set or tuple with nested lists and ± flattened; one element for anything else.
std::vector<Ref> Elements(Ref node, Arena& arena);

// "p=5, q=2; p=7, q=2" as pairs, beside a list of tuples that are as long as its labels repeat; `node` itself else.
Ref AsTuples(Ref node, Ref other, Arena& arena);

}  // namespace rlar::math
