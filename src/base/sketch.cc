#include "base/sketch.h"

#include <algorithm>

namespace rlar {

Sketch MakeSketch(std::vector<std::uint32_t> hashes) {
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  hashes.resize(std::min(hashes.size(), kSketchSize));
  return hashes;
}

double Likeness(const Sketch& a, const Sketch& b) {
  if (a.empty() || b.empty()) return 0;
  std::size_t both = 0, either = 0;
  for (auto i = a.begin(), j = b.begin(); either < kSketchSize && (i != a.end() || j != b.end()); ++either) {
    if (j == b.end() || (i != a.end() && *i < *j)) {
      ++i;
    } else if (i == a.end() || *j < *i) {
      ++j;
    } else {
      ++both, ++i, ++j;
    }
  }
  return static_cast<double>(both) / static_cast<double>(either);
}

}  // namespace rlar
