#include "agents/admit/nature.h"

#include <algorithm>
#include <array>

#include <span>

#include "agents/admit/probes.h"
#include "base/text.h"
#include "text/extract.h"

namespace rlar {
namespace {

constexpr double kExactShare = 0.1;    // of rollouts that give the reference itself
constexpr double kSeveralShare = 0.6;  // of prompts that ask for one of several

// Verbs and nouns of making, arranging and moving; each is looked for as it stands, in lower case.
constexpr std::array<std::string_view, 42> kMaking{
    "a valid ",         "any valid",          "a possible",        "one possible",     "any order",          "shortest path",    "a path",
    "list of moves",    "sequence of moves",  "list moves",        "moves to",         "moves that",         "moves required",   "legal move",
    "sequence of",      "solve this cube",    "an expression",     "arithmetic expression", "using the numbers", "use each",      "use all the numbers",
    "using all the",    "combine",            "color the",         "colour",           "coloring",           "no two",           "assignment",
    "a mapping",        "word ladder",        "transform the word", "rearrange the letters", "place ",         "your move",        "specify your move",
    "palindrome using", "partition",          "walk from",         "route",            "button",             "fill it",          "steps to get"};
// Words that say that there is one answer only: a count, a size, a yes.
constexpr std::array<std::string_view, 13> kCounting{"how many", "what is the minimum", "minimum number", "return true", "yes or no", "true or false", "unique solution",
                                                     "exactly one solution", "what is the number", "number of steps", "only one solution", "find the number", "count "};

bool Holds(const std::string& text, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return text.find(word) != text.npos; });
}

// Without the stop that a sentence ends in, and without quotes around it: extraction drops them, references may keep them.
std::string WithoutStop(std::string_view text) {
  constexpr std::string_view kEdges = ".!?\"'";
  text = Trim(text);
  while (!text.empty() && (kEdges.find(text.back()) != kEdges.npos || IsAsciiSpace(text.back()))) text.remove_suffix(1);
  while (!text.empty() && (text.front() == '"' || text.front() == '\'' || IsAsciiSpace(text.front()))) text.remove_prefix(1);
  return std::string(text);
}

std::string Stated(const std::string& response) {
  return WithoutStop(ExtractAnswer(response, {ExtractOptions::From::kAuto, ExtractOptions::Want::kText}).answer());
}

}  // namespace

bool AsksForOneOfSeveral(const std::string& prompt) {
  const std::string text = AsciiLower(prompt);
  return Holds(text, kMaking) && !Holds(text, kCounting);
}

std::vector<std::string> RightRollouts(const Query& query, const Rollouts* rollouts) {
  std::vector<std::string> right;
  if (rollouts == nullptr) return right;
  std::vector<std::string> known{WithoutStop(ReferenceText(query.reference))};
  for (const std::string& text : query.reference.texts) known.push_back(WithoutStop(text));
  for (const std::string& response : rollouts->Of(query)) {
    const std::string stated = Stated(response);
    if (!stated.empty() && std::find(known.begin(), known.end(), stated) != known.end()) right.push_back(response);
  }
  return right;
}

TaskNature NatureOf(const std::vector<const Query*>& rows, const std::string& shape, const Rollouts* rollouts) {
  TaskNature nature;
  nature.rollouts = rollouts;
  double responses = 0, exact = 0, several = 0;
  for (const Query* row : rows) {
    several += AsksForOneOfSeveral(row->prompt);
    if (rollouts == nullptr) continue;
    responses += static_cast<double>(rollouts->Of(*row).size());
    exact += static_cast<double>(RightRollouts(*row, rollouts).size());
  }
  nature.exact = responses > 0 && exact >= kExactShare * responses;
  const bool one = shape.ends_with("number") || shape.ends_with("letter") || shape.ends_with("boolean");
  const bool prose = !nature.exact && (shape.ends_with("long_text") || shape.starts_with("list:"));
  nature.several = !one && !prose && !rows.empty() && several >= kSeveralShare * static_cast<double>(rows.size());
  return nature;
}

}  // namespace rlar
