// chrF (Popović, 2015) and chrF++ exactly as sacrebleu 2.6.0 computes them, for sentences and corpora.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/token_table.h"

namespace rlar {

struct ChrfOptions {
  std::size_t char_order = 6;  // >= 1
  std::size_t word_order = 0;  // 2: chrF++
  double beta = 2;
  bool lowercase = false;
  bool whitespace = false;
  bool eps_smoothing = false;
};

// {hypothesis, reference, matching} n-grams of each character order and then each word order.
using ChrfStats = std::vector<std::array<std::int64_t, 3>>;

// 0 to 100. A corpus has the sums of its segments' statistics.
double ComputeChrf(const ChrfStats& stats, const ChrfOptions& options);
// sacrebleu's signature; nrefs < 0 writes "var".
std::string ChrfSignature(const ChrfOptions& options, int nrefs);

// One segment's references, prepared for any number of hypotheses. Immutable.
class ChrfReferences {
 public:
  ChrfReferences(std::span<const std::string> references, const ChrfOptions& options);
  // Those of the reference with the best score. Precondition: there is a reference.
  ChrfStats Count(std::string_view hypothesis) const;

 private:
  struct Prepared {
    NgramTrie chars, words;
    std::int64_t char_count = 0, word_count = 0;
  };
  // Ids of the characters, blanks left out unless they count. The first gives new characters an id, the other kUnknownToken.
  std::vector<TokenId> AddChars(std::string_view text);
  std::vector<TokenId> FindChars(std::string_view text) const;

  ChrfOptions options_;
  std::array<TokenId, 0x180> low_ids_{};  // of the code points below; the others are in high_ids_
  std::unordered_map<char32_t, TokenId> high_ids_;
  TokenId last_id_ = 0;
  TokenTable words_;
  std::vector<Prepared> prepared_;
};

}  // namespace rlar
