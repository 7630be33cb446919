#include "agents/admit/nature.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>

#include "agents/admit/probes.h"
#include "base/hash.h"
#include "base/text.h"
#include "classify/features.h"
#include "text/extract.h"

namespace rlar {
namespace {

constexpr double kExactShare = 0.1;                     // of rollouts that give the reference itself
constexpr double kStatedShare = 0.5, kEnoughRight = 8;  // of responses that labels call right, and how many it takes to tell
constexpr double kSeveralShare = 0.6;                   // of prompts that ask for one of several
constexpr double kStepsShare = 0.8;                     // of references that are written in steps
constexpr double kMeanSteps = 3;                        // of a reference; one or two steps are a direction
constexpr double kTwiceShare = 0.1;                     // of rows whose prompt stands elsewhere with another reference

// Verbs and nouns of making, arranging and moving; each is looked for as it stands, in lower case.
constexpr std::array<std::string_view, 62> kMaking{"a valid ",
                                                   "any valid",
                                                   "a possible",
                                                   "one possible",
                                                   "any order",
                                                   "shortest path",
                                                   "a path",
                                                   "list of moves",
                                                   "sequence of moves",
                                                   "list moves",
                                                   "moves to",
                                                   "moves that",
                                                   "moves required",
                                                   "legal move",
                                                   "specify moves",
                                                   "series of moves",
                                                   "a sequence of steps",
                                                   "sequence of actions",
                                                   "sequence of operations",
                                                   "shortest sequence",
                                                   "find a sequence",
                                                   "solve this cube",
                                                   "an expression",
                                                   "arithmetic expression",
                                                   "using the numbers",
                                                   "use each",
                                                   "use all the numbers",
                                                   "using all the",
                                                   "combine",
                                                   "color the",
                                                   "colour",
                                                   "coloring",
                                                   "no two",
                                                   "assignment",
                                                   "a mapping",
                                                   "word ladder",
                                                   "transform the word",
                                                   "rearrange the letters",
                                                   "place ",
                                                   "your move",
                                                   "specify your move",
                                                   "palindrome using",
                                                   "partition",
                                                   "walk from",
                                                   "route",
                                                   "button",
                                                   "fill it",
                                                   "steps to get",
                                                   "a subset",
                                                   "find two ",
                                                   "that add up to",
                                                   "topological",
                                                   "make change",
                                                   "an ordering",
                                                   "an arrangement",
                                                   "construct a",
                                                   "come up with",
                                                   "an example of",
                                                   "give an example",
                                                   "a combination of",
                                                   "write a sentence",
                                                   "a schedule"};
// Words that say so whatever the answer looks like, a number too.
constexpr std::array<std::string_view, 14> kAnyWillDo{
    "any valid ",   "any correct",        "any such",          "any solution",           "any one of",           "any number ", "one possible ",
    "any possible", "multiple solutions", "several solutions", "more than one solution", "more than one answer", "not unique",  "any of these"};
// Words that say that there is one answer only: a count, a size, a yes, a given order.
constexpr std::array<std::string_view, 20> kCounting{"ascending",           "descending",        "alphabetical",         "lexicographic",
                                                     "increasing order",    "decreasing order",  "reverse order",        "how many",
                                                     "what is the minimum", "minimum number",    "return true",          "yes or no",
                                                     "true or false",       "unique solution",   "exactly one solution", "what is the number",
                                                     "number of steps",     "only one solution", "find the number",      "count "};

// Any of a kind under a condition: "name three towns such that no two ...".
bool AsksForAnyUnderACondition(const std::string& text) {
  static const re2::RE2 kAny(
      R"(\b(?:find|give|write|make|produce|build|design|create|choose|pick|name|select|draw) (?:me )?(?:an?|some|any|one|two|three|four|five) [^.?!\n]{0,60}\b(?:such that|so that|that satisf(?:y|ies)|in which no|with no two|where no two)\b)");
  return re2::RE2::PartialMatch(text, kAny);
}

// "place " is not in "replace ".
bool HoldsWord(const std::string& text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    if (at == 0 || !IsAsciiAlpha(text[at - 1])) return true;
  }
  return false;
}

bool Holds(const std::string& text, std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return HoldsWord(text, word); });
}

// Without the stop that a sentence ends in, and without quotes around it: extraction drops them, references may keep them.
std::string WithoutStop(std::string_view text) {
  constexpr std::string_view kEdges = ".!?\"'";
  text = Trim(text);
  while (!text.empty() && (kEdges.find(text.back()) != kEdges.npos || IsAsciiSpace(text.back()))) text.remove_suffix(1);
  while (!text.empty() && (text.front() == '"' || text.front() == '\'' || IsAsciiSpace(text.front()))) text.remove_prefix(1);
  return std::string(text);
}

// A piece and how far it goes ("C+2", "AA-1"), or from where to where ("e2e4", "A->C").
bool IsMoveOfAPiece(std::string_view word) {
  static const re2::RE2 kMove("[A-Za-z]{1,2}[+-][0-9]{1,2}|[a-z][0-9][-x]?[a-z][0-9]|[A-Za-z0-9]{1,2}->[A-Za-z0-9]{1,2}");
  return re2::RE2::FullMatch({word.data(), word.size()}, kMove);
}

// Words and letters that steps are written in: directions, the turns of a cube ("R'", "U2"), moves of pieces.
bool IsStep(std::string_view word) {
  constexpr std::array<std::string_view, 10> kWords{"up", "down", "left", "right", "north", "south", "east", "west", "forward", "back"};
  if (std::find(kWords.begin(), kWords.end(), AsciiLower(word)) != kWords.end()) return true;
  if (IsMoveOfAPiece(word)) return true;
  if (word.size() == 2 && (word[1] == '\'' || word[1] == '2')) word.remove_suffix(1);
  return word.size() == 1 && std::string_view("UDLRFBNSEWudlrfbnsew").find(word[0]) != word.npos;
}

// How many steps the text is made of ("up up left", "U, L, D", "LLDR", "A+1 C-2 A+1"); 0 where it holds anything else.
std::size_t StepsIn(std::string_view text) {
  std::string spaced;
  for (const char c : text) spaced += c == ',' || c == '[' || c == ']' || c == '"' ? ' ' : c;
  const auto words = SplitWords(spaced);
  if (words.size() == 1 && !IsStep(words[0])) {
    // One word is steps where all its letters are of one set of directions.
    const std::string word = AsciiLower(words[0]);
    const bool steps = word.find_first_not_of("udlr") == word.npos || word.find_first_not_of("nsew") == word.npos;
    return steps ? word.size() : 0;
  }
  return std::all_of(words.begin(), words.end(), IsStep) ? words.size() : 0;
}

// References that are ways to a goal: there are others.
bool WrittenInSteps(const std::vector<const Query*>& rows) {
  double written = 0, steps = 0;
  for (const Query* row : rows) {
    const std::size_t count = StepsIn(ReferenceText(row->reference));
    written += count > 0;
    steps += static_cast<double>(count);
  }
  return !rows.empty() && written >= kStepsShare * static_cast<double>(rows.size()) && steps >= kMeanSteps * written;
}

// Rows with the same prompt and another reference: each of them is right.
bool DisagreeOnAnswers(const std::vector<const Query*>& rows) {
  std::map<std::string_view, std::set<std::string>> known;
  for (const Query* row : rows) known[row->prompt].insert(AsciiLower(WithoutStop(ReferenceText(row->reference))));
  double twice = 0;
  for (const auto& [prompt, answers] : known) twice += answers.size() > 1 ? static_cast<double>(answers.size()) : 0;
  return twice > 0 && twice >= kTwiceShare * static_cast<double>(rows.size());
}

std::string Stated(const std::string& response) {
  return WithoutStop(ExtractAnswer(response, {ExtractOptions::From::kAuto, ExtractOptions::Want::kText}).answer());
}

bool States(const Query& query, const std::string& response) {
  const std::string stated = Stated(response);
  const auto is_it = [&](const std::string& known) { return stated == WithoutStop(known); };
  return !stated.empty() && (is_it(ReferenceText(query.reference)) || std::any_of(query.reference.texts.begin(), query.reference.texts.end(), is_it));
}

// Most of what people call right says it in other words than the reference.
bool LabelsTakeOtherWords(const std::vector<const Query*>& rows, const Labels& labels) {
  double right = 0, stated = 0;
  std::set<std::uint64_t> prompts;
  for (const Query* row : rows) {
    if (!prompts.insert(Hash64(row->prompt)).second) continue;
    const auto [from, to] = labels.equal_range(Hash64(row->prompt));
    for (auto at = from; at != to; ++at) {
      const LabelledRow& labelled = at->second;
      for (std::size_t i = 0; i < labelled.responses.size(); ++i) {
        if (labelled.labels[i].value_or(0) < 0.5) continue;
        ++right;
        stated += States(*row, labelled.responses[i].text);
      }
    }
  }
  return right >= kEnoughRight && stated < kStatedShare * right;
}

}  // namespace

bool AsksForOneOfSeveral(const std::string& prompt) {
  const std::string text = AsciiLower(prompt);
  return (Holds(text, kMaking) || AsksForAnyUnderACondition(text)) && !Holds(text, kCounting);
}

std::vector<std::string> RightRollouts(const Query& query, const Rollouts* rollouts) {
  std::vector<std::string> right;
  if (rollouts == nullptr) return right;
  for (const std::string& response : rollouts->Of(query)) {
    if (States(query, response)) right.push_back(response);
  }
  return right;
}

TaskNature NatureOf(const std::vector<const Query*>& rows, const std::string& shape, const Rollouts* rollouts, const Labels& labels) {
  TaskNature nature;
  nature.rollouts = rollouts;
  double responses = 0, exact = 0, several = 0, any = 0;
  for (const Query* row : rows) {
    several += AsksForOneOfSeveral(row->prompt);
    any += Holds(AsciiLower(row->prompt), kAnyWillDo);
    if (rollouts == nullptr) continue;
    responses += static_cast<double>(rollouts->Of(*row).size());
    exact += static_cast<double>(RightRollouts(*row, rollouts).size());
  }
  const auto is_one = [](const std::string& kind) { return kind.ends_with("number") || kind.ends_with("letter") || kind.ends_with("boolean"); };
  const auto ones = std::count_if(rows.begin(), rows.end(), [&](const Query* row) { return is_one(ReferenceShape(row->reference)); });
  const bool one = shape == "mixed" ? 2 * static_cast<std::size_t>(ones) > rows.size() : is_one(shape);
  nature.exact = responses > 0 && exact >= kExactShare * responses && (one || !LabelsTakeOtherWords(rows, labels));
  const bool steps = WrittenInSteps(rows);
  const bool prose = !nature.exact && !steps && (shape.ends_with("long_text") || shape.starts_with("list:"));
  const double enough = std::max(1.0, kSeveralShare * static_cast<double>(rows.size()));
  const bool judged = !shape.ends_with("letter") && !shape.ends_with("boolean") && !prose;
  nature.several = (!one && !prose && several >= enough) || (judged && (any >= enough || steps || DisagreeOnAnswers(rows)));
  return nature;
}

}  // namespace rlar
