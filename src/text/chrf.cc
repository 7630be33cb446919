#include "text/chrf.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "text/unicode.h"

namespace rlar {
namespace {

bool IsAsciiPunctuation(char c) { return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~'); }

// Words with one mark cut off at their end, or else at their begin.
std::vector<std::string_view> CutWords(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : SplitBlanks(text)) {
    const std::size_t last = word.size() - 1;
    if (CodePointCount(word) == 1) {
      words.push_back(word);
    } else if (IsAsciiPunctuation(word[last])) {
      words.push_back(word.substr(0, last));
      words.push_back(word.substr(last));
    } else if (IsAsciiPunctuation(word[0])) {
      words.push_back(word.substr(0, 1));
      words.push_back(word.substr(1));
    } else {
      words.push_back(word);
    }
  }
  return words;
}

std::int64_t NgramCount(std::int64_t length, std::size_t order) { return std::max<std::int64_t>(0, length - static_cast<std::int64_t>(order) + 1); }

void AppendStats(const NgramTrie& trie, std::span<const TokenId> ids, std::int64_t reference_length, std::size_t orders, ChrfStats& stats) {
  if (orders == 0) return;
  std::vector<std::int64_t> matches(orders, 0);
  trie.CountMatches(ids, matches);
  for (std::size_t n = 1; n <= orders; ++n) {
    const std::int64_t in_reference = NgramCount(reference_length, n);
    const std::int64_t in_hypothesis = in_reference > 0 ? NgramCount(static_cast<std::int64_t>(ids.size()), n) : 0;
    stats.push_back({in_hypothesis, in_reference, matches[n - 1]});
  }
}

}  // namespace

double ComputeChrf(const ChrfStats& stats, const ChrfOptions& options) {
  constexpr double kEpsilon = 1e-16;
  const double factor = options.beta * options.beta;
  double smoothed = 0, precision = 0, recall = 0;
  int effective = 0;
  for (const auto& [hypothesis, reference, matching] : stats) {
    const auto match = static_cast<double>(matching);
    const double p = hypothesis > 0 ? match / static_cast<double>(hypothesis) : kEpsilon;
    const double r = reference > 0 ? match / static_cast<double>(reference) : kEpsilon;
    const double denominator = factor * p + r;
    smoothed += denominator > 0 ? (1 + factor) * p * r / denominator : kEpsilon;
    if (hypothesis > 0 && reference > 0) {
      precision += p;
      recall += r;
      ++effective;
    }
  }
  if (options.eps_smoothing) return 100 * smoothed / static_cast<double>(stats.size());
  if (effective == 0) return 0;
  precision /= effective;
  recall /= effective;
  if (precision + recall == 0) return 0;
  return 100 * ((1 + factor) * precision * recall / (factor * precision + recall));
}

std::string ChrfSignature(const ChrfOptions& options, int nrefs) {
  return fmt::format("nrefs:{}|case:{}|eff:{}|nc:{}|nw:{}|space:{}|version:2.6.0", nrefs < 0 ? "var" : std::to_string(nrefs),
                     options.lowercase ? "lc" : "mixed", options.eps_smoothing ? "no" : "yes", options.char_order, options.word_order,
                     options.whitespace ? "yes" : "no");
}

std::vector<TokenId> ChrfReferences::AddChars(std::string_view text) {
  std::vector<TokenId> ids;
  ForEachCodePoint(text, [&](char32_t c, std::size_t, std::size_t) {
    if (!options_.whitespace && IsSpace(c)) return;
    TokenId& id = c < low_ids_.size() ? low_ids_[c] : high_ids_[c];
    if (id == kUnknownToken) id = ++last_id_;
    ids.push_back(id);
  });
  return ids;
}

std::vector<TokenId> ChrfReferences::FindChars(std::string_view text) const {
  std::vector<TokenId> ids;
  ids.reserve(text.size());
  ForEachCodePoint(text, [&](char32_t c, std::size_t, std::size_t) {
    if (!options_.whitespace && IsSpace(c)) return;
    if (c < low_ids_.size()) {
      ids.push_back(low_ids_[c]);
    } else {
      const auto at = high_ids_.find(c);
      ids.push_back(at == high_ids_.end() ? kUnknownToken : at->second);
    }
  });
  return ids;
}

ChrfReferences::ChrfReferences(std::span<const std::string> references, const ChrfOptions& options) : options_(options) {
  for (const std::string& reference : references) {
    const std::string text = options.lowercase ? UnicodeLower(reference) : reference;
    Prepared one{NgramTrie(options.char_order), NgramTrie(std::max<std::size_t>(1, options.word_order))};
    const auto chars = AddChars(text);
    one.chars.Reserve(chars.size());
    one.chars.Add(chars);
    one.char_count = static_cast<std::int64_t>(chars.size());
    if (options.word_order > 0) {
      std::vector<TokenId> words;
      for (const std::string_view word : CutWords(text)) words.push_back(words_.Add(word));
      one.words.Reserve(words.size());
      one.words.Add(words);
      one.word_count = static_cast<std::int64_t>(words.size());
    }
    prepared_.push_back(std::move(one));
  }
}

ChrfStats ChrfReferences::Count(std::string_view hypothesis) const {
  std::string lower;
  if (options_.lowercase) hypothesis = lower = UnicodeLower(hypothesis);
  const auto chars = FindChars(hypothesis);
  std::vector<TokenId> words;
  if (options_.word_order > 0) {
    for (const std::string_view word : CutWords(hypothesis)) words.push_back(words_.Find(word));
  }
  ChrfStats best;
  double best_score = -1;
  for (const Prepared& reference : prepared_) {
    ChrfStats stats;
    stats.reserve(options_.char_order + options_.word_order);
    AppendStats(reference.chars, chars, reference.char_count, options_.char_order, stats);
    AppendStats(reference.words, words, reference.word_count, options_.word_order, stats);
    const double score = ComputeChrf(stats, options_);
    if (score > best_score) {
      best_score = score;
      best = std::move(stats);
    }
  }
  return best;
}

}  // namespace rlar
