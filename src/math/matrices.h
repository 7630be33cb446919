// Sums and products of matrices worked out entry by entry.
#pragma once

#include "math/tree.h"

namespace rlar::math {

// `node` as one matrix, where it is a sum, product, difference, power or multiple of matrices whose sizes fit; `node` itself else.
Ref WorkOutMatrices(Ref node, Arena& arena);

}  // namespace rlar::math
