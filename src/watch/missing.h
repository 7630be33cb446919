// Missing: failed scores beside all, by how large something is (a response's bytes, what its group was paid). Says where what is missing
// falls: a failure rate that differs between parts is not missing at random. No locks.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace rlar {

class Missing {
 public:
  static constexpr std::size_t kBins = 128;
  struct Part {
    std::size_t responses = 0, failed = 0;
  };

  // `bin` grows with the size; the last one takes all beyond it.
  void Add(std::size_t bin, bool failed) {
    bin = std::min(bin, kBins - 1);
    ++bins_[bin].responses;
    ++all_.responses;
    if (failed) ++bins_[bin].failed, ++all_.failed;
  }
  // Whether at most one in `parts` of all are as large as this bin or larger; as small or smaller.
  bool InLargest(std::size_t bin, std::size_t parts) const { return Count(std::min(bin, kBins - 1), kBins) * parts <= all_.responses; }
  bool InSmallest(std::size_t bin, std::size_t parts) const { return Count(0, std::min(bin, kBins - 1) + 1) * parts <= all_.responses; }
  const Part& all() const { return all_; }
  // Parts of about equal size, smallest first. A bin stands whole in the part that its middle falls in.
  std::vector<Part> Parts(std::size_t parts) const {
    std::vector<Part> found(parts);
    std::size_t before = 0;
    for (const Part& bin : bins_) {
      if (bin.responses == 0) continue;
      Part& part = found[(2 * before + bin.responses) * parts / (2 * all_.responses)];
      part.responses += bin.responses;
      part.failed += bin.failed;
      before += bin.responses;
    }
    return found;
  }

 private:
  std::size_t Count(std::size_t from, std::size_t to) const {
    std::size_t count = 0;
    for (std::size_t i = from; i < to; ++i) count += bins_[i].responses;
    return count;
  }

  std::array<Part, kBins> bins_{};
  Part all_;
};

}  // namespace rlar
