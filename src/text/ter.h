// TER (Snover et al., 2006) exactly as sacrebleu 2.6.0 computes it, for sentences and corpora.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/token_table.h"

namespace rlar {

struct TerOptions {
  bool normalized = false;
  bool no_punct = false;
  bool asian_support = false;
  bool case_sensitive = false;
};

// Tercom's words of a text; the views lie in `scratch`.
std::vector<std::string_view> TokenizeForTer(std::string_view text, const TerOptions& options, std::string& scratch);

// Fewest edits over the references, and their mean length; those of a corpus are the sums over its segments.
struct TerStats {
  std::int64_t edits = 0;
  double ref_len = 0;
  TerStats& operator+=(const TerStats& other);
};
// In percent; more than 100 where there are more edits than words.
double ComputeTer(const TerStats& stats);
// sacrebleu's signature; nrefs < 0 writes "var".
std::string TerSignature(const TerOptions& options, int nrefs);

// One segment's references, prepared for any number of hypotheses. Immutable.
class TerReferences {
 public:
  // Precondition: `references` is not empty.
  TerReferences(std::span<const std::string> references, const TerOptions& options);
  // nullopt where `spend`, which takes steps from the caller's budget, answers false.
  std::optional<TerStats> Count(std::string_view hypothesis, const std::function<bool(std::int64_t)>& spend) const;
  // No reference holds a word.
  bool empty() const { return words_.size() == 0; }

 private:
  TerOptions options_;
  TokenTable words_;
  std::vector<std::vector<TokenId>> references_;
  double mean_length_ = 0;
};

}  // namespace rlar
