// What constraints of several families are made of: counts against thresholds, and parts between dividers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "constraints/constraint.h"

namespace rlar {

// Makes a constraint that compares a count with a threshold: "at least", or "less than".
template <class F>
Constraint Compare(F count, std::int64_t threshold, bool at_least) {
  return [=](std::string_view text) {
    const auto have = static_cast<std::int64_t>(count(text));
    return at_least ? have >= threshold : have < threshold;
  };
}

// The same with threshold and relation from the kwargs.
template <class F>
Result<Constraint> CompareByArgs(const ConstraintArgs& args, std::string_view number, std::string_view relation, F count) {
  const auto threshold = args.Count(number);
  if (!threshold) return threshold.error();
  const auto at_least = args.AtLeast(relation);
  if (!at_least) return at_least.error();
  return Compare(std::move(count), *threshold, *at_least);
}

// Parts between dividers, none of them blank but the first and the last, which then do not count; nullopt for a blank
// one inside.
std::optional<std::int64_t> CountParts(std::string_view text, std::string_view divider);

// How often a letter occurs, whatever its case (kwargs letter, let_frequency, let_relation).
Result<Constraint> LetterFrequency(const ConstraintArgs& args);
// A word at a place of a sentence (kwargs keyword, n, m).
Result<Constraint> KeywordPosition(const ConstraintArgs& args);

}  // namespace rlar
