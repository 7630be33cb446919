#include "text/bleu.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/text.h"

namespace rlar {
namespace {

constexpr double kLogOfZero = -9999999999;  // sacrebleu's my_log(0)

double SmoothValue(const BleuOptions& options) { return options.smooth_value.value_or(options.smooth == BleuSmoothing::kFloor ? 0.1 : 1.0); }

std::int64_t ClosestLength(std::int64_t length, std::span<const std::int64_t> lengths) {
  std::int64_t best = lengths.front();
  for (const std::int64_t candidate : lengths) {
    const std::int64_t difference = std::abs(candidate - length), least = std::abs(best - length);
    if (difference < least || (difference == least && candidate < best)) best = candidate;
  }
  return best;
}

}  // namespace

BleuStats& BleuStats::operator+=(const BleuStats& other) {
  correct.resize(std::max(correct.size(), other.correct.size()));
  total.resize(std::max(total.size(), other.total.size()));
  sys_len += other.sys_len;
  ref_len += other.ref_len;
  for (std::size_t n = 0; n < other.correct.size(); ++n) correct[n] += other.correct[n];
  for (std::size_t n = 0; n < other.total.size(); ++n) total[n] += other.total[n];
  return *this;
}

BleuScore ComputeBleu(const BleuStats& stats, const BleuOptions& options) {
  const std::size_t max_order = options.max_ngram_order;
  BleuScore result;
  result.precisions.assign(max_order, 0.0);
  const auto sys_len = static_cast<double>(stats.sys_len), ref_len = static_cast<double>(stats.ref_len);
  if (stats.sys_len < stats.ref_len) result.bp = stats.sys_len > 0 ? std::exp(1 - ref_len / sys_len) : 0.0;
  if (std::all_of(stats.correct.begin(), stats.correct.end(), [](auto count) { return count == 0; })) return result;

  double halving = 1;
  std::size_t orders = max_order;
  for (std::size_t n = 0; n < max_order; ++n) {
    auto correct = static_cast<double>(stats.correct[n]), total = static_cast<double>(stats.total[n]);
    if (options.smooth == BleuSmoothing::kAddK && n > 0) {
      correct += SmoothValue(options);
      total += SmoothValue(options);
    }
    if (total == 0) break;
    if (options.effective_order) orders = n + 1;
    if (correct != 0) {
      result.precisions[n] = 100. * correct / total;
    } else if (options.smooth == BleuSmoothing::kExp) {
      halving *= 2;
      result.precisions[n] = 100. / (halving * total);
    } else if (options.smooth == BleuSmoothing::kFloor) {
      result.precisions[n] = 100. * SmoothValue(options) / total;
    }
  }
  double sum = 0;
  for (std::size_t n = 0; n < orders; ++n) sum += result.precisions[n] == 0 ? kLogOfZero : std::log(result.precisions[n]);
  result.score = result.bp * std::exp(sum / static_cast<double>(orders));
  return result;
}

std::string BleuSignature(const BleuOptions& options, int nrefs) {
  std::string smooth = "none";
  if (options.smooth == BleuSmoothing::kExp) smooth = "exp";
  if (options.smooth == BleuSmoothing::kFloor) smooth = fmt::format("floor[{:.2f}]", SmoothValue(options));
  if (options.smooth == BleuSmoothing::kAddK) smooth = fmt::format("add-k[{:.2f}]", SmoothValue(options));
  return fmt::format("nrefs:{}|case:{}|eff:{}|tok:{}|smooth:{}|version:2.6.0", nrefs < 0 ? "var" : std::to_string(nrefs), options.lowercase ? "lc" : "mixed",
                     options.effective_order ? "yes" : "no", Name(options.tokenize), smooth);
}

BleuReferences::BleuReferences(std::span<const std::string> references, const BleuOptions& options) : options_(options), ngrams_(options.max_ngram_order) {
  std::string scratch, lower;
  std::vector<std::string_view> tokens;
  std::vector<TokenId> ids;
  for (const std::string& reference : references) {
    if (options.lowercase) lower = UnicodeLower(reference);
    TokenizeForBleu(options.lowercase ? lower : reference, options.tokenize, scratch, tokens);
    ids.clear();
    for (const std::string_view token : tokens) ids.push_back(words_.Add(token));
    ngrams_.Reserve(ids.size());
    ngrams_.Add(ids);
    lengths_.push_back(static_cast<std::int64_t>(ids.size()));
  }
}

BleuStats BleuReferences::Count(std::string_view hypothesis) const {
  std::string scratch, lower;
  std::vector<std::string_view> tokens;
  tokens.reserve(64);
  if (options_.lowercase) hypothesis = lower = UnicodeLower(hypothesis);
  TokenizeForBleu(hypothesis, options_.tokenize, scratch, tokens);
  std::vector<TokenId> ids(tokens.size());
  for (std::size_t i = 0; i < tokens.size(); ++i) ids[i] = words_.Find(tokens[i]);

  BleuStats stats;
  stats.sys_len = static_cast<std::int64_t>(ids.size());
  stats.ref_len = ClosestLength(stats.sys_len, lengths_);
  stats.correct.assign(options_.max_ngram_order, 0);
  stats.total.assign(options_.max_ngram_order, 0);
  ngrams_.CountMatches(ids, stats.correct);
  for (std::size_t n = 0; n < stats.total.size(); ++n) {
    stats.total[n] = std::max<std::int64_t>(0, stats.sys_len - static_cast<std::int64_t>(n));
  }
  return stats;
}

}  // namespace rlar
