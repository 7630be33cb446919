// ROUGE-1 to ROUGE-9, ROUGE-L and ROUGE-Lsum exactly as rouge-score 0.1.2 computes them.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/token_table.h"

namespace rlar {

struct RougeScore {
  double precision = 0, recall = 0, fmeasure = 0;  // each 0 to 1
};

enum class RougeKind { kNgram, kLcs, kLcsSum };
struct RougeType {
  RougeKind kind = RougeKind::kLcs;
  std::size_t order = 1;  // for kNgram
  std::string name;       // "rouge2"
};
// False if `name` is none of rouge1 … rouge9, rougeL, rougeLsum.
bool ParseRougeType(std::string_view name, RougeType& type);

struct RougeOptions {
  bool use_stemmer = false;
  // Cuts a text into sentences for rougeLsum; lines where it is not set.
  std::function<std::vector<std::string_view>(std::string_view)> split_sentences;
};

// One reference, prepared for any number of predictions. Immutable.
class RougeReference {
 public:
  RougeReference(std::string_view reference, std::span<const RougeType> types, const RougeOptions& options);
  // One score per type. Takes `steps` from the caller through `spend`, which answers false to stop: then the result is empty.
  std::vector<RougeScore> Compare(std::string_view prediction, const std::function<bool(std::int64_t)>& spend) const;
  bool empty() const { return tokens_.empty(); }

 private:
  using Sentence = std::vector<TokenId>;
  // Words unknown to the reference become kUnknownToken unless `add` is set.
  void Tokenize(std::string_view text, TokenTable* add, Sentence& out) const;
  std::vector<Sentence> TokenizeSentences(std::string_view text, TokenTable* add) const;
  RougeScore CompareSummary(const std::vector<Sentence>& prediction, std::size_t word_count) const;

  std::vector<RougeType> types_;
  RougeOptions options_;
  TokenTable words_;
  Sentence tokens_;
  std::vector<Sentence> sentences_;
  std::vector<NgramTrie> ngrams_;  // one per n-gram type, in their order
};

}  // namespace rlar
