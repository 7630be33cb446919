#include "text/corpus.h"

#include <algorithm>

#include "text/metric_options.h"

namespace rlar {
namespace {

// The number of references where every segment has as many, else -1.
class ReferenceCount {
 public:
  void See(std::size_t count) {
    if (seen_ && count_ != static_cast<int>(count)) count_ = -1;
    if (!seen_) count_ = static_cast<int>(count);
    seen_ = true;
  }
  int get() const { return count_; }

 private:
  bool seen_ = false;
  int count_ = -1;
};

class Bleu final : public CorpusMetric {
 public:
  explicit Bleu(const BleuOptions& options) : options_(options) {}
  void Add(std::string_view hypothesis, std::span<const std::string> references) override {
    stats_ += BleuReferences(references, options_).Count(hypothesis);
    count_.See(references.size());
  }
  CorpusScore Compute() const override {
    const BleuScore bleu = ComputeBleu(stats_, options_);
    CorpusScore out{bleu.score / 100, {{"score", bleu.score}}, BleuSignature(options_, count_.get())};
    for (std::size_t n = 0; n < bleu.precisions.size(); ++n) out.components.emplace_back("precisions/" + std::to_string(n + 1), bleu.precisions[n]);
    out.components.emplace_back("bp", bleu.bp);
    out.components.emplace_back("sys_len", static_cast<double>(stats_.sys_len));
    out.components.emplace_back("ref_len", static_cast<double>(stats_.ref_len));
    return out;
  }

 private:
  BleuOptions options_;
  BleuStats stats_;
  ReferenceCount count_;
};

class Chrf final : public CorpusMetric {
 public:
  explicit Chrf(const ChrfOptions& options) : options_(options) {}
  void Add(std::string_view hypothesis, std::span<const std::string> references) override {
    const ChrfStats segment = ChrfReferences(references, options_).Count(hypothesis);
    stats_.resize(segment.size());
    for (std::size_t n = 0; n < segment.size(); ++n) {
      for (std::size_t i = 0; i < 3; ++i) stats_[n][i] += segment[n][i];
    }
    count_.See(references.size());
  }
  CorpusScore Compute() const override {
    const double chrf = ComputeChrf(stats_, options_);
    return {chrf / 100, {{"score", chrf}}, ChrfSignature(options_, count_.get())};
  }

 private:
  ChrfOptions options_;
  ChrfStats stats_;
  ReferenceCount count_;
};

class Ter final : public CorpusMetric {
 public:
  explicit Ter(const TerOptions& options) : options_(options) {}
  void Add(std::string_view hypothesis, std::span<const std::string> references) override {
    // A corpus is scored once, and to its end.
    if (const auto segment = TerReferences(references, options_).Count(hypothesis, [](std::int64_t) { return true; }))
      stats_ += *segment;
    else
      ++too_long_;
    count_.See(references.size());
  }
  CorpusScore Compute() const override {
    const double ter = ComputeTer(stats_);
    return {std::clamp(1 - ter / 100, 0.0, 1.0),
            {{"score", ter}, {"num_edits", static_cast<double>(stats_.edits)}, {"ref_len", stats_.ref_len}, {"too_long", too_long_}},
            TerSignature(options_, count_.get())};
  }

 private:
  TerOptions options_;
  TerStats stats_;
  ReferenceCount count_;
  double too_long_ = 0;  // segments whose references are beyond any sentence's length
};

class Rouge final : public CorpusMetric {
 public:
  Rouge(std::vector<RougeType> types, bool stem) : types_(std::move(types)), sums_(types_.size()) { options_.use_stemmer = stem; }
  void Add(std::string_view hypothesis, std::span<const std::string> references) override {
    std::vector<RougeScore> best(types_.size());
    for (std::size_t r = 0; r < references.size(); ++r) {
      const auto scores = RougeReference(references[r], types_, options_).Compare(hypothesis, [](std::int64_t) { return true; });
      for (std::size_t i = 0; i < best.size(); ++i) {
        if (r == 0 || scores[i].fmeasure > best[i].fmeasure) best[i] = scores[i];
      }
    }
    for (std::size_t i = 0; i < best.size(); ++i) {
      sums_[i].precision += best[i].precision;
      sums_[i].recall += best[i].recall;
      sums_[i].fmeasure += best[i].fmeasure;
    }
    ++segments_;
  }
  CorpusScore Compute() const override {
    CorpusScore out{sums_.front().fmeasure / segments_, {{"score", sums_.front().fmeasure / segments_}}, {}};
    for (std::size_t i = 0; i < sums_.size(); ++i) {
      out.components.emplace_back(types_[i].name + "/precision", sums_[i].precision / segments_);
      out.components.emplace_back(types_[i].name + "/recall", sums_[i].recall / segments_);
      out.components.emplace_back(types_[i].name + "/fmeasure", sums_[i].fmeasure / segments_);
    }
    return out;
  }

 private:
  std::vector<RougeType> types_;
  RougeOptions options_;
  std::vector<RougeScore> sums_;
  double segments_ = 0;
};

class Meteor final : public CorpusMetric {
 public:
  explicit Meteor(MeteorOptions options) : options_(std::move(options)) {}
  void Add(std::string_view hypothesis, std::span<const std::string> references) override {
    double best = 0;
    for (const std::string& reference : references) best = std::max(best, MeteorReference(reference, options_).Compare(hypothesis).score);
    sum_ += best;
    ++segments_;
  }
  CorpusScore Compute() const override { return {sum_ / segments_, {{"score", sum_ / segments_}}, {}}; }

 private:
  MeteorOptions options_;
  double sum_ = 0, segments_ = 0;
};

}  // namespace

Result<std::unique_ptr<CorpusMetric>> MakeCorpusMetric(std::string_view tool, const Params& params) {
  std::unique_ptr<CorpusMetric> metric;
  if (tool == "bleu") {
    auto options = ReadBleuOptions(params);
    if (!options) return options.error();
    metric = std::make_unique<Bleu>(*options);
  } else if (tool == "chrf") {
    auto options = ReadChrfOptions(params);
    if (!options) return options.error();
    metric = std::make_unique<Chrf>(*options);
  } else if (tool == "ter") {
    metric = std::make_unique<Ter>(ReadTerOptions(params));
  } else if (tool == "rouge") {
    auto types = ReadRougeTypes(params);
    if (!types) return types.error();
    metric = std::make_unique<Rouge>(std::move(*types), params.Bool("use_stemmer"));
  } else if (tool == "meteor") {
    auto options = ReadMeteorOptions(params);
    if (!options) return options.error();
    metric = std::make_unique<Meteor>(std::move(*options));
  } else {
    return MakeError(ErrorCode::kNotFound, "'" + std::string(tool) + "' has no corpus score; bleu, chrf, ter, rouge and meteor have");
  }
  return metric;
}

}  // namespace rlar
