// Laws of instruction constraints: opposite relations exclude each other, thresholds are monotone, loose never refuses
// what strict accepts.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "constraints/constraint.h"
#include "constraints/words.h"
#include "text/unicode.h"

namespace rlar {
namespace {

std::string Text() {
  const auto piece = rc::gen::element<std::string>("the", "A", "cat", "Dr.", "U.S.", "3.5", "end.", "why?", "no!", "\n", "\n\n", " ", " ", ", ", "é", "日本",
                                                   "😀", "- ", "* ", "\"", "'s", "...", "(", ")", "<prd>");
  std::string out;
  for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) out += part;
  return out;
}

bool Holds(std::string_view id, const std::string& kwargs, std::string_view text, ConstraintMode mode = ConstraintMode::kPublished) {
  ConstraintContext context;
  context.mode = mode;
  const auto made = MakeConstraint(id, *ParseJson(kwargs), context);
  RC_ASSERT(made.has_value());
  return (*made)(text);
}

RC_GTEST_PROP(ConstraintProperty, LessThanIsNotAtLeast, ()) {
  const std::string text = Text(), n = std::to_string(*rc::gen::inRange(0, 12));
  for (const std::string relation : {"at least", "less than"}) {
    const bool other = Holds("length_constraints:number_words",
                             R"({"num_words":)" + n + R"(,"relation":")" + (relation == "at least" ? "less than" : "at least") + "\"}", text);
    RC_ASSERT(Holds("length_constraints:number_words", R"({"num_words":)" + n + R"(,"relation":")" + relation + "\"}", text) != other);
  }
}

RC_GTEST_PROP(ConstraintProperty, FewerAreAskedForSooner, ()) {
  const std::string text = Text();
  const int n = *rc::gen::inRange(1, 8);
  for (const ConstraintMode mode : {ConstraintMode::kPublished, ConstraintMode::kFixed}) {
    for (const std::string_view id : {"count:unique_word_count", "count:pronouns", "count:person_names"}) {
      const bool many = Holds(id, R"({"N":)" + std::to_string(n) + "}", text, mode), fewer = Holds(id, R"({"N":)" + std::to_string(n - 1) + "}", text, mode);
      RC_ASSERT(!many || fewer);
    }
  }
}

RC_GTEST_PROP(ConstraintProperty, SentencesHoldTheTextsLetters, ()) {
  const std::string text = Text();
  std::string joined, plain = ReplaceAll(text, "<prd>", ".");
  for (const std::string& sentence : RuleSentences(text)) {
    RC_ASSERT(IsValidUtf8(sentence));
    RC_ASSERT(Strip(sentence) == sentence);
    joined += sentence;
  }
  const auto letters = [](std::string_view in) {
    std::string out;
    ForEachCodePoint(in, [&](char32_t c, std::size_t at, std::size_t size) {
      if (IsWordChar(c)) out.append(in.substr(at, size));
    });
    return out;
  };
  RC_ASSERT(letters(joined) == letters(plain));
}

RC_GTEST_PROP(ConstraintProperty, ANumberOfWordsIgnoresBlanks, ()) {
  const std::string text = Text();
  RC_ASSERT(CountWordRuns(text) == CountWordRuns(ReplaceAll(text, " ", " \n\t ")));
  RC_ASSERT(BareWords(text).size() == BareWords(ReplaceAll(text, " ", "   ")).size());
}

}  // namespace
}  // namespace rlar
