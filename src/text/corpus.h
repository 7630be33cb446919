// Corpus scores: BLEU, chrF and TER from the sums of the segments' counts, as sacrebleu has them; ROUGE and METEOR as means over segments.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rlar/result.h"
#include "rlar/verifier.h"

namespace rlar {

struct CorpusScore {
  double value = 0;                                        // 0 to 1, as the verifier of the same name maps it
  std::vector<std::pair<std::string, double>> components;  // "score" in the reference's own units first
  std::string signature;                                   // empty where the reference has none
};

class CorpusMetric {
 public:
  virtual ~CorpusMetric() = default;
  // Precondition: `references` is not empty.
  virtual void Add(std::string_view hypothesis, std::span<const std::string> references) = 0;
  // Of what was added. Precondition: something was.
  virtual CorpusScore Compute() const = 0;
};

// `tool`: bleu, chrf, ter, rouge, meteor; `params`: bound to the verifier of that name. Errors: another tool, a parameter out of range.
Result<std::unique_ptr<CorpusMetric>> MakeCorpusMetric(std::string_view tool, const Params& params);

}  // namespace rlar
