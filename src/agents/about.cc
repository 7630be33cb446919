#include "agents/about.h"

#include "agents/admit/probes.h"
#include "base/hash.h"

namespace rlar {

Sketch AboutRows(const std::vector<const Query*>& rows, const Rollouts* rollouts) {
  std::vector<std::uint32_t> hashes;
  for (const Query* row : rows) {
    std::string text = row->prompt + '\0' + ReferenceText(row->reference);
    if (rollouts != nullptr) {
      for (const std::string& response : rollouts->Of(*row)) text += '\0' + response;
    }
    hashes.push_back(static_cast<std::uint32_t>(Hash64(text)));
  }
  return MakeSketch(std::move(hashes));
}

Sketch AboutText(std::string_view text) { return {static_cast<std::uint32_t>(Hash64(text))}; }

}  // namespace rlar
