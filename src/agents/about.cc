#include "agents/about.h"

#include "agents/admit/probes.h"
#include "base/hash.h"

namespace rlar {

Sketch AboutRows(const std::vector<const Query*>& rows) {
  std::vector<std::uint32_t> hashes;
  for (const Query* row : rows) hashes.push_back(static_cast<std::uint32_t>(Hash64(row->prompt + '\0' + ReferenceText(row->reference))));
  return MakeSketch(std::move(hashes));
}

}  // namespace rlar
