// repetition: how much of the response repeats itself, by its word n-grams.
#include <algorithm>

#include "base/text.h"
#include "rlar/verifier.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

// Distinct over all n-grams of `words`. Precondition: at least n words.
double UniqueShare(const std::vector<std::string_view>& words, std::size_t n) {
  std::vector<std::size_t> starts(words.size() - n + 1);
  for (std::size_t i = 0; i < starts.size(); ++i) starts[i] = i;
  const auto compare = [&](std::size_t a, std::size_t b) {
    return std::lexicographical_compare(words.begin() + static_cast<std::ptrdiff_t>(a), words.begin() + static_cast<std::ptrdiff_t>(a + n),
                                        words.begin() + static_cast<std::ptrdiff_t>(b), words.begin() + static_cast<std::ptrdiff_t>(b + n));
  };
  std::sort(starts.begin(), starts.end(), compare);
  std::size_t unique = 1;
  for (std::size_t i = 1; i < starts.size(); ++i) unique += compare(starts[i - 1], starts[i]);
  return static_cast<double>(unique) / static_cast<double>(starts.size());
}

Score Measure(std::size_t n, double max_penalty, const Response& response) {
  const std::string lower = UnicodeLower(response.text);
  const auto words = SplitBlanks(lower);
  if (words.empty()) return std::move(Score::Ok(0, Class::kResponseEmpty).Add("score", 0));
  const double repeated = words.size() < n ? 0.0 : 1 - UniqueShare(words, n);
  Score score = Score::Ok(1 - repeated);
  score.Add("score", repeated * max_penalty);
  return score;
}

Prepared Prepare(const Query&, const Params& params, StepBudget&) {
  const std::int64_t n = params.Int("ngram");
  const double max_penalty = params.Number("max_penalty");
  if (n < 1 || n > 100) return Score::Invalid(Class::kBadParams, "parameter 'ngram' of repetition must be 1 to 100");
  if (max_penalty > 0) return Score::Invalid(Class::kBadParams, "parameter 'max_penalty' of repetition must not be positive");
  return MakeCheck([n = static_cast<std::size_t>(n), max_penalty](const Response& response, StepBudget&) { return Measure(n, max_penalty, response); });
}

constexpr ParamSpec kParams[] = {
    {.name = "ngram", .type = ParamSpec::Type::kInt, .default_json = "3", .summary = "words per n-gram, 1 to 100"},
    {.name = "max_penalty",
     .type = ParamSpec::Type::kNumber,
     .default_json = "-1",
     .summary = "what components.score is when everything repeats; not positive"},
};

}  // namespace

extern const VerifierSpec repetition{
    .name = "repetition",
    .version = 1,
    .summary = "Share of distinct word n-grams in the whole response; components.score is the penalty of the formula.",
    .needs_reference = false,
    .params = kParams,
    .source = "get_repetition_penalty_reward of open-r1 and TRL",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
