#include "text/lcs.h"

#include <algorithm>
#include <bit>

namespace rlar {
namespace {

// For each token the bits of the reference positions that hold it, one block of 64 positions at a time.
class BlockMasks {
 public:
  explicit BlockMasks(std::span<const TokenId> reference)
      : reference_(reference), masks_(reference.empty() ? 1 : *std::max_element(reference.begin(), reference.end()) + 1, 0) {}
  void Load(std::size_t block) {
    for (const TokenId token : Block(loaded_)) masks_[token] = 0;
    loaded_ = block;
    std::uint64_t bit = 1;
    for (const TokenId token : Block(block)) {
      masks_[token] |= bit;
      bit <<= 1;
    }
    masks_[kUnknownToken] = 0;
  }
  std::uint64_t operator[](TokenId token) const { return token < masks_.size() ? masks_[token] : 0; }

 private:
  std::span<const TokenId> Block(std::size_t block) const {
    const std::size_t start = std::min(reference_.size(), block * 64);
    return reference_.subspan(start, std::min<std::size_t>(64, reference_.size() - start));
  }
  std::span<const TokenId> reference_;
  std::vector<std::uint64_t> masks_;
  std::size_t loaded_ = 0;
};

// Row j of the table, block by block: a zero bit i says that the table grows from reference position i-1 to i there. Calls
// visit(block, j, row) for each.
template <class Visit>
void ForEachRow(std::span<const TokenId> reference, std::span<const TokenId> other, Visit visit) {
  const std::size_t blocks = (reference.size() + 63) / 64;
  BlockMasks masks(reference);
  std::vector<std::uint8_t> carry(other.size(), 0);
  for (std::size_t block = 0; block < blocks; ++block) {
    masks.Load(block);
    std::uint64_t row = ~std::uint64_t{0};
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::uint64_t match = row & masks[other[j]];
      const std::uint64_t sum = row + match, with_carry = sum + carry[j];
      carry[j] = sum < row || with_carry < sum;
      row = with_carry | (row & ~match);
      visit(block, j, row);
    }
  }
}

}  // namespace

std::int64_t LcsSteps(std::size_t reference_size, std::size_t other_size) { return static_cast<std::int64_t>(((reference_size + 63) / 64) * other_size / 4); }

std::size_t LcsLength(std::span<const TokenId> reference, std::span<const TokenId> other) {
  std::size_t length = 0;
  ForEachRow(reference, other, [&](std::size_t block, std::size_t j, std::uint64_t row) {
    if (j + 1 != other.size()) return;
    const std::size_t bits = std::min<std::size_t>(64, reference.size() - block * 64);
    const std::uint64_t used = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    length += static_cast<std::size_t>(std::popcount(~row & used));
  });
  return length;
}

std::vector<std::size_t> LcsPositions(std::span<const TokenId> reference, std::span<const TokenId> other) {
  const std::size_t blocks = (reference.size() + 63) / 64;
  std::vector<std::uint64_t> rows(blocks * other.size());
  ForEachRow(reference, other, [&](std::size_t block, std::size_t j, std::uint64_t row) { rows[j * blocks + block] = row; });
  std::vector<std::size_t> positions;
  for (std::size_t i = reference.size(), j = other.size(); i > 0 && j > 0;) {
    if (reference[i - 1] == other[j - 1] && other[j - 1] != kUnknownToken) {
      positions.push_back(i - 1);
      --i;
      --j;
    } else if ((rows[(j - 1) * blocks + (i - 1) / 64] >> ((i - 1) % 64) & 1) == 0) {
      --j;
    } else {
      --i;
    }
  }
  return positions;
}

}  // namespace rlar
