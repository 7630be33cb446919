// Targets: text metrics and qa_match on pairs of texts, with the laws that hold for each.
#include <cmath>

#include "target.h"
#include "text/bleu.h"
#include "text/chrf.h"
#include "text/meteor.h"
#include "text/qa_match.h"
#include "text/rouge.h"
#include "text/ter.h"

namespace rlar::fuzz {
namespace {

std::pair<std::string, std::string> Pair(std::string_view text) {
  text = text.substr(0, 3000);
  const std::size_t cut = text.find('\n');
  std::string first(text.substr(0, cut)), second(cut == text.npos ? "" : text.substr(cut + 1));
  return {std::move(first), std::move(second)};
}

bool InRange(double value, double most) { return std::isfinite(value) && value >= 0 && value <= most + 1e-9; }

void RunBleu(std::string_view text) {
  const auto [said, wanted] = Pair(text);
  for (const auto tokenizer : {BleuTokenizer::k13a, BleuTokenizer::kIntl, BleuTokenizer::kZh, BleuTokenizer::kChar, BleuTokenizer::kNone}) {
    const BleuOptions options{.tokenize = tokenizer, .effective_order = true};
    const BleuReferences references(std::span(&wanted, 1), options);
    FUZZ_CHECK(InRange(ComputeBleu(references.Count(said), options).score, 100));
    if (!references.empty()) FUZZ_CHECK(std::fabs(ComputeBleu(references.Count(wanted), options).score - 100) < 1e-6);
  }
}

void RunChrf(std::string_view text) {
  const auto [said, wanted] = Pair(text);
  for (const std::size_t words : {0, 2}) {
    const ChrfOptions options{.word_order = words};
    FUZZ_CHECK(InRange(ComputeChrf(ChrfReferences(std::span(&wanted, 1), options).Count(said), options), 100));
  }
}

void RunTer(std::string_view text) {
  const auto [said, wanted] = Pair(text);
  for (const bool on : {false, true}) {
    const TerOptions options{.normalized = on, .no_punct = on, .asian_support = on, .case_sensitive = on};
    const TerReferences references(std::span(&wanted, 1), options);
    std::int64_t left = 2'000'000;
    const auto stats = references.Count(said, [&](std::int64_t steps) { return (left -= steps) >= 0; });
    if (!stats) continue;
    std::string scratch;
    const auto words = static_cast<std::int64_t>(TokenizeForTer(said, options, scratch).size());
    // Shifts are made only where they save edits, so there are never more edits than without them.
    FUZZ_CHECK(stats->edits >= 0 && stats->edits <= std::max(words, static_cast<std::int64_t>(stats->ref_len)));
    FUZZ_CHECK(stats->edits >= std::abs(words - static_cast<std::int64_t>(stats->ref_len)));
  }
}

void RunRouge(std::string_view text) {
  const auto [said, wanted] = Pair(text);
  std::vector<RougeType> types(3);
  FUZZ_CHECK(ParseRougeType("rouge2", types[0]) && ParseRougeType("rougeL", types[1]) && ParseRougeType("rougeLsum", types[2]));
  for (const auto& score : RougeReference(wanted, types, {.use_stemmer = true}).Compare(said, [](std::int64_t) { return true; })) {
    FUZZ_CHECK(InRange(score.precision, 1) && InRange(score.recall, 1) && InRange(score.fmeasure, 1));
  }
}

void RunMeteor(std::string_view text) {
  const auto [said, wanted] = Pair(text);
  for (const bool treebank : {false, true}) {
    const MeteorScore meteor = MeteorReference(wanted, {.treebank = treebank}).Compare(said);
    FUZZ_CHECK(InRange(meteor.score, 1) && InRange(meteor.precision, 1) && InRange(meteor.recall, 1));
    FUZZ_CHECK(meteor.chunks <= meteor.matches || meteor.matches == 0);
  }
}

void RunQa(std::string_view text) {
  const auto [said, wanted] = Pair(text);
  std::int64_t left = 500'000;
  const auto spend = [&](std::int64_t steps) { return (left -= steps) >= 0; };
  const QaMatcher matcher("Who was it in " + wanted.substr(0, 5) + "?", std::span(&wanted, 1));
  const QaOutcome outcome = matcher.Compare(said, spend);
  FUZZ_CHECK(InRange(outcome.likeness, 1));
  FUZZ_CHECK(outcome.verdict != QaVerdict::kRight || outcome.likeness > .5);
}

const std::vector<std::string> kPairs = {"the cat sat on the mat\nthe mat sat on a cat",
                                         "d a b c e f\na b c d e f",
                                         "It's 3.5%, U.S. &amp; “x”-y\nIt's 3,5 % (US) & x-y",
                                         "天气 很好 カタ\n天气好",
                                         "one two three four five six seven eight nine ten one two three\nthree two one ten nine eight seven six five four",
                                         "The answer is Marie Curie, not Pierre.\nMarie Curie",
                                         "In July 1776 or 1777\nJuly 4, 1776"};
const std::vector<Target> kTargets = {{"bleu", &RunBleu, kPairs},   {"chrf", &RunChrf, kPairs},     {"ter", &RunTer, kPairs},
                                      {"rouge", &RunRouge, kPairs}, {"meteor", &RunMeteor, kPairs}, {"qa_match", &RunQa, kPairs}};

}  // namespace

std::span<const Target> MetricTargets() { return kTargets; }

}  // namespace rlar::fuzz
