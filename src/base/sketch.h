// What a large set holds, in a few numbers: the smallest hashes of its members (bottom-k, Broder 1997).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rlar {

// At most kSketchSize numbers, rising, each once.
using Sketch = std::vector<std::uint32_t>;
inline constexpr std::size_t kSketchSize = 64;

// Of the members' hashes, in any order.
Sketch MakeSketch(std::vector<std::uint32_t> hashes);

// About |A and B| / |A or B| of the sets, exact where both together are no larger than a sketch; 0 where one is empty. In [0, 1].
double Likeness(const Sketch& a, const Sketch& b);

}  // namespace rlar
