// Levenshtein distance to one fixed sequence by bit-parallel columns (Myers, 1999; Hyyrö, 2003), for sequences of up to 64·W tokens.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "text/token_table.h"

namespace rlar {

template <int W>
struct EditBits {
  using Mask = std::array<std::uint64_t, W>;

  // Row i of the matrix: differences between neighbours along the fixed sequence (up, down) and to row i - 1 (more, less).
  struct Row {
    Mask up{}, down{}, more{}, less{};
    std::int64_t distance = 0;  // to the whole fixed sequence
  };

  explicit EditBits(std::span<const TokenId> fixed) : size(fixed.size()) {
    TokenId most = 0;
    for (const TokenId id : fixed) most = std::max(most, id);
    positions.resize(most + 1);
    for (std::size_t j = 0; j < fixed.size(); ++j) positions[fixed[j]][j / 64] |= std::uint64_t{1} << (j % 64);
  }

  Row First() const {
    Row row;
    row.up.fill(~std::uint64_t{0});
    row.distance = static_cast<std::int64_t>(size);
    return row;
  }

  // The row after `row` for the token `id`.
  void Step(Row& row, TokenId id) const {
    static constexpr Mask kNone{};
    const Mask& match = id < positions.size() ? positions[id] : kNone;
    std::uint64_t carry = 0, carry_more = 1, carry_less = 0;
    for (int w = 0; w < W; ++w) {
      const std::uint64_t up = row.up[w], down = row.down[w], x = match[w] | down;
      const std::uint64_t part = x & up, sum = part + up, total = sum + carry;
      carry = static_cast<std::uint64_t>(sum < part) | static_cast<std::uint64_t>(total < sum);
      const std::uint64_t diagonal = (total ^ up) | x;
      const std::uint64_t less = up & diagonal, more = down | ~(up | diagonal);
      row.more[w] = more;
      row.less[w] = less;
      const std::uint64_t shifted_more = more << 1 | carry_more, shifted_less = less << 1 | carry_less;
      carry_more = more >> 63;
      carry_less = less >> 63;
      row.down[w] = shifted_more & diagonal;
      row.up[w] = shifted_less | ~(shifted_more | diagonal);
    }
    if (size == 0) {
      ++row.distance;
      return;
    }
    row.distance += Bit(row.more, size - 1);
    row.distance -= Bit(row.less, size - 1);
  }

  static std::int64_t Bit(const Mask& mask, std::size_t at) { return static_cast<std::int64_t>(mask[at / 64] >> (at % 64) & 1); }

  std::size_t size;
  std::vector<Mask> positions;  // by token id
};

}  // namespace rlar
