// BLEU (Papineni et al., 2002) exactly as sacrebleu 2.6.0 computes it, for sentences and corpora.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/bleu_tokenize.h"
#include "text/token_table.h"

namespace rlar {

enum class BleuSmoothing { kNone, kFloor, kAddK, kExp };

struct BleuOptions {
  bool lowercase = false;
  BleuTokenizer tokenize = BleuTokenizer::k13a;
  BleuSmoothing smooth = BleuSmoothing::kExp;
  std::optional<double> smooth_value;  // for kFloor (default 0.1) and kAddK (default 1)
  std::size_t max_ngram_order = 4;     // >= 1
  bool effective_order = false;
};

// The counts a score is computed from; those of a corpus are the sums over its segments.
struct BleuStats {
  std::int64_t sys_len = 0, ref_len = 0;
  std::vector<std::int64_t> correct, total;       // by order; as long as max_ngram_order
  BleuStats& operator+=(const BleuStats& other);  // an empty one takes the other's orders
};

struct BleuScore {
  double score = 0;  // 0 to 100
  std::vector<double> precisions;
  double bp = 1;
};

BleuScore ComputeBleu(const BleuStats& stats, const BleuOptions& options);
// sacrebleu's signature; nrefs < 0 writes "var".
std::string BleuSignature(const BleuOptions& options, int nrefs);

// One segment's references, prepared for any number of hypotheses. Immutable.
class BleuReferences {
 public:
  // Precondition: `references` is not empty.
  BleuReferences(std::span<const std::string> references, const BleuOptions& options);
  BleuStats Count(std::string_view hypothesis) const;
  // No reference holds a token.
  bool empty() const { return words_.size() == 0; }

 private:
  BleuOptions options_;
  TokenTable words_;
  NgramTrie ngrams_;
  std::vector<std::int64_t> lengths_;
};

}  // namespace rlar
