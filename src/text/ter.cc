// The search for shifts follows the reference step by step, its limits included; what differs is how edit distances are found. The
// reference searches a beam around the diagonal of the matrix. A path of d edits between n and m words strays from that diagonal by
// at most (d + |n - m|) / 2, so that with d + |n - m| <= kSafeEdits the beam holds every optimal path, and the bit-parallel distance and
// its trace are those of the beam. Otherwise the distance is that of the beam if one optimal path lies in it, and only where none is
// found there the beam itself is computed.
#include "text/ter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "text/edit_bits.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxShiftSize = 10, kMaxShiftDistance = 50;
constexpr std::int64_t kBeamWidth = 25, kMaxCandidates = 1000;
constexpr std::int64_t kSafeEdits = 2 * (kBeamWidth - 2);
constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max() / 4;

using Words = std::vector<TokenId>;
using Spend = std::function<bool(std::int64_t)>;

enum class Op : char { kNone, kSame, kSubstitute, kDelete, kInsert };  // that turn hypothesis into reference

// Which columns of a row the reference's beam holds.
class Band {
 public:
  Band(std::size_t n, std::size_t m) : n_(static_cast<std::int64_t>(n)), m_(static_cast<std::int64_t>(m)) {
    if (n > 0) ratio_ = static_cast<double>(m) / static_cast<double>(n);
    if (static_cast<double>(kBeamWidth) < ratio_ / 2) width_ = static_cast<std::int64_t>(std::ceil(ratio_ / 2 + static_cast<double>(kBeamWidth)));
  }
  // First, and behind the last.
  std::pair<std::int64_t, std::int64_t> Row(std::int64_t i) const {
    if (i == 0) return {0, m_ + 1};
    const auto diagonal = static_cast<std::int64_t>(std::floor(static_cast<double>(i) * ratio_));
    return {std::max<std::int64_t>(0, diagonal - width_), i == n_ ? m_ + 1 : std::min(m_ + 1, diagonal + width_)};
  }
  bool Has(std::size_t i, std::size_t j) const {
    const auto [low, high] = Row(static_cast<std::int64_t>(i));
    return static_cast<std::int64_t>(j) >= low && static_cast<std::int64_t>(j) < high;
  }

 private:
  std::int64_t n_, m_;
  double ratio_ = 1;
  std::int64_t width_ = kBeamWidth;
};

// Beam search as the reference does it.
class Beam {
 public:
  explicit Beam(std::span<const TokenId> reference) : reference_(reference) {}

  // The distance; the operations in order where `trace` is given.
  std::int64_t Distance(const Words& hypothesis, std::vector<Op>* trace) const {
    const auto n = static_cast<std::int64_t>(hypothesis.size()), m = static_cast<std::int64_t>(reference_.size());
    const auto width = static_cast<std::size_t>(m + 1);
    const Band band(hypothesis.size(), reference_.size());
    std::vector<std::int64_t> above(width), row(width);
    std::vector<Op> ops(trace != nullptr ? static_cast<std::size_t>(n + 1) * width : 0, Op::kNone);
    for (std::size_t j = 0; j < width; ++j) above[j] = static_cast<std::int64_t>(j);
    if (trace != nullptr) std::fill_n(ops.begin(), width, Op::kInsert);
    for (std::int64_t i = 1; i <= n; ++i) {
      std::fill(row.begin(), row.end(), kInfinity);
      const auto [low, high] = band.Row(i);
      for (std::int64_t j = low; j < high; ++j) {
        const auto at = static_cast<std::size_t>(j);
        Op op = Op::kNone;
        std::int64_t best = kInfinity;
        const auto offer = [&](std::int64_t cost, Op kind) {
          if (cost < best) best = cost, op = kind;
        };
        if (j == 0) {
          offer(above[0] + 1, Op::kDelete);
        } else {
          const bool same = hypothesis[static_cast<std::size_t>(i - 1)] == reference_[at - 1];
          offer(above[at - 1] + !same, same ? Op::kSame : Op::kSubstitute);
          offer(above[at] + 1, Op::kDelete);
          offer(row[at - 1] + 1, Op::kInsert);
        }
        row[at] = best;
        if (trace != nullptr) ops[static_cast<std::size_t>(i) * width + at] = op;
      }
      row.swap(above);
    }
    if (trace != nullptr) Trace(ops, hypothesis.size(), *trace);
    return above[width - 1];
  }

 private:
  void Trace(const std::vector<Op>& ops, std::size_t i, std::vector<Op>& trace) const {
    trace.clear();
    std::size_t j = reference_.size();
    while (i > 0 || j > 0) {
      const Op op = ops[i * (reference_.size() + 1) + j];
      trace.push_back(op);
      if (op == Op::kNone) break;  // cannot be reached: the last cell has a path
      i -= op != Op::kInsert;
      j -= op != Op::kDelete;
    }
    std::reverse(trace.begin(), trace.end());
  }

  std::span<const TokenId> reference_;
};

struct Shift {
  std::size_t start, length, target;
};

Words Shifted(const Words& words, const Shift& shift) {
  Words out = words;
  const auto at = [&](std::size_t i) { return out.begin() + static_cast<std::ptrdiff_t>(i); };
  if (shift.target < shift.start) std::rotate(at(shift.target), at(shift.start), at(shift.start + shift.length));
  // Inside itself the reference shifts to the right by what is left.
  else if (shift.target > shift.start + shift.length)
    std::rotate(at(shift.start), at(shift.start + shift.length), at(shift.target));
  else
    std::rotate(at(shift.start), at(shift.start + shift.length), at(std::min(shift.length + shift.target, out.size())));
  return out;
}

// First and behind the last place that the shift changes.
std::pair<std::size_t, std::size_t> Changed(const Shift& shift, std::size_t size) {
  if (shift.target < shift.start) return {shift.target, shift.start + shift.length};
  if (shift.target > shift.start + shift.length) return {shift.start, shift.target};
  return {shift.start, std::min(size, shift.length + shift.target)};
}

template <int W>
class Search {
 public:
  Search(std::span<const TokenId> reference, const Spend& spend) : reference_(reference), bits_(reference), beam_(reference), spend_(spend) {
    for (std::size_t j = 0; j < reference.size(); ++j) {
      if (reference[j] >= places_.size()) places_.resize(reference[j] + 1);
      places_[reference[j]].push_back(j);
    }
  }

  // Edits with shifts; -1 where the budget is used up.
  std::int64_t Run(Words words) {
    std::int64_t shifts = 0;
    for (;;) {
      const std::int64_t distance = Prepare(words);
      Shift best{};
      const std::int64_t gain = BestShift(words, distance, best);
      if (over_) return -1;
      if (checked_ >= kMaxCandidates || gain <= 0) return shifts + distance;
      ++shifts;
      words = Shifted(words, best);
    }
  }

 private:
  using Bits = EditBits<W>;

  bool Safe(std::int64_t distance, std::size_t size) const {
    return distance + std::abs(static_cast<std::int64_t>(size) - static_cast<std::int64_t>(reference_.size())) <= kSafeEdits;
  }

  // Distance of `words`, their rows, and what the trace says: where each reference word stands, and which words are wrong.
  std::int64_t Prepare(const Words& words) {
    rows_.resize(words.size() + 1);
    rows_[0] = bits_.First();
    for (std::size_t i = 0; i < words.size(); ++i) {
      rows_[i + 1] = rows_[i];
      bits_.Step(rows_[i + 1], words[i]);
    }
    std::int64_t distance = rows_.back().distance;
    if (Safe(distance, words.size())) {
      Trace(words);
    } else {
      Charge(static_cast<std::int64_t>(words.size()) * kBeamWidth / 4);
      distance = beam_.Distance(words, &trace_);
    }
    Charge(static_cast<std::int64_t>(words.size()) * W);
    ReadTrace();
    return distance;
  }

  // The reference's preference: the diagonal, then deletion, then insertion.
  Op OpAt(const Words& words, const std::vector<typename Bits::Row>& rows, std::size_t i, std::size_t j) const {
    if (i == 0) return Op::kInsert;
    if (j == 0) return Op::kDelete;
    const std::int64_t from_above = Bits::Bit(rows[i].more, j - 1) - Bits::Bit(rows[i].less, j - 1);
    const std::int64_t along = Bits::Bit(rows[i - 1].up, j - 1) - Bits::Bit(rows[i - 1].down, j - 1);
    const bool same = words[i - 1] == reference_[j - 1];
    if (from_above + along == !same) return same ? Op::kSame : Op::kSubstitute;
    return from_above == 1 ? Op::kDelete : Op::kInsert;
  }

  void Trace(const Words& words) {
    trace_.clear();
    for (std::size_t i = words.size(), j = reference_.size(); i > 0 || j > 0;) {
      const Op op = OpAt(words, rows_, i, j);
      trace_.push_back(op);
      i -= op != Op::kInsert;
      j -= op != Op::kDelete;
    }
    std::reverse(trace_.begin(), trace_.end());
  }

  bool PathInBand(const Words& words, const std::vector<typename Bits::Row>& rows) const {
    const Band band(words.size(), reference_.size());
    for (std::size_t i = words.size(), j = reference_.size(); i > 0 || j > 0;) {
      if (!band.Has(i, j)) return false;
      const Op op = OpAt(words, rows, i, j);
      i -= op != Op::kInsert;
      j -= op != Op::kDelete;
    }
    return true;
  }

  void ReadTrace() {
    align_.clear();
    said_errors_.assign(1, 0);
    wanted_errors_.assign(1, 0);
    std::ptrdiff_t said = -1;
    for (const Op op : trace_) {
      if (op != Op::kInsert) {
        ++said;
        said_errors_.push_back(said_errors_.back() + (op != Op::kSame));
      }
      if (op != Op::kDelete) {
        align_.push_back(said);
        wanted_errors_.push_back(wanted_errors_.back() + (op != Op::kSame));
      }
    }
  }

  std::int64_t BestShift(const Words& words, std::int64_t before, Shift& best) {
    bool any = false;
    std::int64_t best_gain = 0;
    for (std::size_t start = 0; start < words.size(); ++start) {
      if (words[start] >= places_.size() || words[start] == kUnknownToken) continue;
      for (const std::size_t wanted : places_[words[start]]) {
        const std::size_t apart = wanted > start ? wanted - start : start - wanted;
        if (apart > kMaxShiftDistance) continue;
        std::size_t length = 0;
        while (length < kMaxShiftSize && words[start + length] == reference_[wanted + length]) {
          ++length;
          if (TryTargets(words, start, wanted, length, before, any, best_gain, best) || over_) return best_gain;
          if (start + length == words.size() || wanted + length == reference_.size()) break;
        }
      }
    }
    return best_gain;
  }

  // Every place the words [start, start + length) may go to; true where the limit of candidates is reached.
  bool TryTargets(const Words& words, std::size_t start, std::size_t wanted, std::size_t length, std::int64_t before, bool& any, std::int64_t& best_gain,
                  Shift& best) {
    if (said_errors_[start + length] == said_errors_[start] || wanted_errors_[wanted + length] == wanted_errors_[wanted]) return false;
    const std::ptrdiff_t stands = align_[wanted], from = static_cast<std::ptrdiff_t>(start);
    if (from <= stands && stands < from + static_cast<std::ptrdiff_t>(length)) return false;
    std::ptrdiff_t last = -1;
    for (std::size_t offset = 0; offset <= length; ++offset) {
      const std::ptrdiff_t target = wanted + offset == 0 ? 0 : align_[wanted + offset - 1] + 1;
      if (target == last) continue;
      last = target;
      const Shift shift{start, length, static_cast<std::size_t>(target)};
      const std::int64_t gain = before - Distance(words, shift);
      ++checked_;
      if (!any || Better(gain, shift, best_gain, best)) best = shift, best_gain = gain;
      any = true;
      if (over_) return true;
    }
    return checked_ >= kMaxCandidates;
  }

  static bool Better(std::int64_t gain, const Shift& shift, std::int64_t best_gain, const Shift& best) {
    if (gain != best_gain) return gain > best_gain;
    if (shift.length != best.length) return shift.length > best.length;
    if (shift.start != best.start) return shift.start < best.start;
    return shift.target < best.target;
  }

  // Of the shifted words; only the changed part is computed, and the rest where it makes a difference.
  std::int64_t Distance(const Words& words, const Shift& shift) {
    const auto [first, end] = Changed(shift, words.size());
    auto row = rows_[first];
    const auto step = [&](std::size_t from, std::size_t to) {
      for (std::size_t i = from; i < to; ++i) bits_.Step(row, words[i]);
    };
    if (shift.target < shift.start) {
      step(shift.start, shift.start + shift.length);
      step(shift.target, shift.start);
    } else {
      step(shift.start + shift.length, end);
      step(shift.start, shift.start + shift.length);
    }
    std::int64_t distance = 0;
    if (row.up == rows_[end].up && row.down == rows_[end].down) {
      distance = rows_.back().distance + row.distance - rows_[end].distance;
      Charge(static_cast<std::int64_t>(end - first) * W / 8 + 1);
    } else {
      step(end, words.size());
      distance = row.distance;
      Charge(static_cast<std::int64_t>(words.size() - first) * W / 8 + 1);
    }
    return Safe(distance, words.size()) ? distance : BeamDistance(Shifted(words, shift), first, distance);
  }

  // Of words that begin with the first `same` of those whose rows are known, and are `distance` away beam or no beam.
  std::int64_t BeamDistance(const Words& words, std::size_t same, std::int64_t distance) {
    Charge(static_cast<std::int64_t>(words.size() + reference_.size()) / 2);
    other_rows_.assign(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(same + 1));
    other_rows_.resize(words.size() + 1);
    for (std::size_t i = same; i < words.size(); ++i) {
      other_rows_[i + 1] = other_rows_[i];
      bits_.Step(other_rows_[i + 1], words[i]);
    }
    if (PathInBand(words, other_rows_)) return distance;
    Charge(static_cast<std::int64_t>(words.size()) * kBeamWidth / 16);
    return over_ ? distance : beam_.Distance(words, nullptr);
  }

  void Charge(std::int64_t steps) {
    if (!over_ && !spend_(steps)) over_ = true;
  }

  std::span<const TokenId> reference_;
  Bits bits_;
  Beam beam_;
  const Spend& spend_;
  std::vector<std::vector<std::size_t>> places_;  // of each reference word
  std::vector<typename Bits::Row> rows_, other_rows_;
  std::vector<Op> trace_;
  std::vector<std::ptrdiff_t> align_;
  std::vector<std::size_t> said_errors_, wanted_errors_;  // prefix sums
  std::int64_t checked_ = 0;
  bool over_ = false;
};

std::int64_t Edits(const Words& hypothesis, std::span<const TokenId> reference, const Spend& spend) {
  if (reference.empty()) return static_cast<std::int64_t>(hypothesis.size());
  if (reference.size() <= 64) return Search<1>(reference, spend).Run(hypothesis);
  if (reference.size() <= 128) return Search<2>(reference, spend).Run(hypothesis);
  if (reference.size() <= 512) return Search<8>(reference, spend).Run(hypothesis);
  if (reference.size() <= 2048) return Search<32>(reference, spend).Run(hypothesis);
  return -1;
}

}  // namespace

TerStats& TerStats::operator+=(const TerStats& other) {
  edits += other.edits;
  ref_len += other.ref_len;
  return *this;
}

double ComputeTer(const TerStats& stats) {
  if (stats.ref_len > 0) return 100 * (static_cast<double>(stats.edits) / stats.ref_len);
  return stats.edits > 0 ? 100 : 0;
}

std::string TerSignature(const TerOptions& options, int nrefs) {
  const auto yes = [](bool value) { return value ? "yes" : "no"; };
  return fmt::format("nrefs:{}|case:{}|tok:tercom|norm:{}|punct:{}|asian:{}|version:2.6.0", nrefs < 0 ? "var" : std::to_string(nrefs),
                     options.case_sensitive ? "mixed" : "lc", yes(options.normalized), yes(!options.no_punct), yes(options.asian_support));
}

TerReferences::TerReferences(std::span<const std::string> references, const TerOptions& options) : options_(options) {
  std::string scratch, again;
  std::size_t total = 0;
  for (const std::string& reference : references) {
    auto& ids = references_.emplace_back();
    // The reference implementation normalises references twice, which matters for a possessive before a tab.
    std::string joined;
    for (const std::string_view word : TokenizeForTer(reference, options, scratch)) (joined += word) += ' ';
    for (const std::string_view word : TokenizeForTer(joined, options, again)) ids.push_back(words_.Add(word));
    total += ids.size();
  }
  mean_length_ = static_cast<double>(total) / static_cast<double>(references.size());
}

std::optional<TerStats> TerReferences::Count(std::string_view hypothesis, const std::function<bool(std::int64_t)>& spend) const {
  std::string scratch;
  Words words;
  for (const std::string_view word : TokenizeForTer(hypothesis, options_, scratch)) words.push_back(words_.Find(word));
  TerStats stats{std::numeric_limits<std::int64_t>::max(), mean_length_};
  for (const auto& reference : references_) {
    if (!spend(static_cast<std::int64_t>(words.size() + reference.size()))) return std::nullopt;
    const std::int64_t edits = Edits(words, reference, spend);
    if (edits < 0) return std::nullopt;
    stats.edits = std::min(stats.edits, edits);
  }
  return stats;
}

}  // namespace rlar
