#include "agents/admit/nature.h"

#include <gtest/gtest.h>

#include "agents/admit/gate.h"
#include "agents/admit/precision.h"
#include "agents/admit/probes.h"
#include "agents/admit/statements.h"
#include "base/hash.h"
#include "rlar/snapshot.h"

namespace rlar {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::vector<Query> Rows(const Pairs& pairs) {
  std::vector<Query> rows;
  for (const auto& [prompt, reference] : pairs) {
    Query query;
    query.prompt = prompt;
    query.reference = {Reference::Kind::kText, {reference}, {}};
    rows.push_back(std::move(query));
  }
  return rows;
}

std::vector<const Query*> Pointers(const std::vector<Query>& rows) {
  std::vector<const Query*> pointers;
  for (const Query& row : rows) pointers.push_back(&row);
  return pointers;
}

bool Several(const Pairs& pairs, const std::string& shape) {
  const auto rows = Rows(pairs);
  return NatureOf(Pointers(rows), shape, nullptr).several;
}

// Eight questions whose rollouts state the reference word for word, and labels on them: `right` is what people call right on each.
struct Asked {
  std::vector<Query> rows;
  Rollouts rollouts;
  Labels labels;
  Asked(const std::string& reference, const std::string& right) {
    for (int i = 0; i < 8; ++i) {
      Query query;
      query.prompt = "who was the captain of ship " + std::to_string(i);
      query.reference = {Reference::Kind::kText, {reference}, {}};
      rollouts.Add(query.prompt, AsResponses({reference}));
      labels.emplace(Hash64(query.prompt), LabelledRow{query, AsResponses({right, "Nobody knows."}), {1.0, 0.0}});
      rows.push_back(std::move(query));
    }
  }
  bool IsExact(const std::string& shape, bool with_labels) const { return NatureOf(Pointers(rows), shape, &rollouts, with_labels ? labels : Labels{}).exact; }
};

TEST(Nature, LabelsSayWhereOtherWordsAreRight) {
  const Asked others("Ada Byron King", "It was King, Ada, as far as the log tells.");
  EXPECT_TRUE(others.IsExact("text", false));
  EXPECT_FALSE(others.IsExact("text", true));
  EXPECT_TRUE(Asked("Ada Byron King", "The answer is Ada Byron King.").IsExact("text", true));
  EXPECT_TRUE(Asked("12", "a dozen").IsExact("number", true)) << "another number is never right";
}

TEST(Statements, AreReadInAnyOrderAndWithoutArticles) {
  const auto said = StatementsOf("Ann is a spy, Bob is the cook, and Cleo is a spy.");
  EXPECT_EQ(said, (std::vector<std::string>{"ann spy", "bob cook", "cleo spy"}));
  EXPECT_EQ(StatementsOf("bob is cook and Cleo is a spy,ann is a spy"), said);
  EXPECT_EQ(StatementsOf("x = 3, y=5"), (std::vector<std::string>{"x 3", "y 5"}));
}

TEST(Statements, OtherTextsAreNone) {
  for (const char* text : {"", "Ann is a spy.", "a, b, c", "Ann is a spy, Ann is a cook", "3 = 3, y = 4", "x = y = 3, z = 4", "it is raining and pouring",
                           "salt and pepper are spices", "Ann is, Bob is"}) {
    EXPECT_TRUE(StatementsOf(text).empty()) << text;
    EXPECT_EQ(StatementsReordered(text), "") << text;
  }
}

TEST(Statements, TheOtherOrderKeepsSeparatorsAndStop) {
  EXPECT_EQ(StatementsReordered("Ann is a spy, Bob is the cook, and Cleo is a spy."), "Cleo is a spy, Bob is the cook, and Ann is a spy.");
  EXPECT_EQ(StatementsReordered("x = 3, y=5"), "y=5, x = 3");
}

TEST(Statements, AnAlterationThatSaysTheSameIsNone) {
  const std::string reference = "Ann is a spy, and Bob is a cook";
  for (const std::string& altered : AlteredTexts(reference, "")) EXPECT_NE(StatementsOf(altered), StatementsOf(reference)) << altered;
}

TEST(Gate, ATextComparisonOfStatementsIsRefused) {
  static const char* const kNames[] = {"Ann", "Bob", "Cleo", "Dirk", "Eve", "Finn", "Gil", "Hal"};
  Pairs pairs;
  for (int i = 0; i < 8; ++i) {
    const std::string first = kNames[i], second = kNames[(i + 3) % 8];
    pairs.emplace_back(first + " and " + second + " met. Who is what?",
                       first + " is a " + (i % 2 ? "spy" : "cook") + ", and " + second + " is a " + (i % 3 ? "cook" : "spy") + ".");
  }
  const auto rows = Rows(pairs);
  const Evidence evidence = TryTool(*Snapshot::Builtin()->FindTool("exact_match"), ParseJson(R"({"extract":"auto"})").value(), Pointers(rows), "phrase");
  EXPECT_NE(Judge(evidence, {}).why.find("another order"), std::string::npos) << Judge(evidence, {}).why;
}

TEST(Precision, IsReadFromThePrompt) {
  const auto asked = [](const char* prompt) {
    const auto precision = PrecisionAsked(prompt);
    return precision ? (precision->significant ? "s" : "d") + std::to_string(precision->digits) : std::string();
  };
  EXPECT_EQ(asked("Give it correct to 3 significant figures."), "s3");
  EXPECT_EQ(asked("At most four significant digits, please"), "s4");
  EXPECT_EQ(asked("Round to two decimal places (2 decimals)."), "d2");
  EXPECT_EQ(asked("to the nearest hundredth"), "d2");
  EXPECT_EQ(asked("to the nearest whole number"), "d0");
  for (const char* none : {"", "How many digits?", "the nearest town", "2 decimal places, or 3 decimal places?", "a significant figure"})
    EXPECT_EQ(asked(none), "") << none;
}

TEST(Precision, DigitsBehindThoseAskedForSayNothing) {
  const Precision three{true, 3}, places{false, 2};
  EXPECT_EQ(RoundedTo("0.0123456", three), "1.23e-02");
  EXPECT_EQ(RoundedTo("12.3456", places), "12.35");
  for (const char* text : {"12.3", "x", "", "1,234.567", "12.3.4", "nan"}) EXPECT_EQ(RoundedTo(text, places), "") << text;
  EXPECT_TRUE(SameRounded("0.0123456", "0.012346", three));
  EXPECT_FALSE(SameRounded("0.0123456", "0.0133", three));
  EXPECT_FALSE(SameRounded("twelve", "twelve", three));
  for (const std::string& altered : AlteredTexts("0.01234567890123", "Give 3 significant figures."))
    EXPECT_FALSE(SameRounded(altered, "0.01234567890123", three)) << altered;
}

TEST(Gate, WhereFewDigitsAreAskedForThatManyAreEnough) {
  Pairs pairs;
  for (int i = 3; i < 11; ++i) pairs.emplace_back("Give 1/" + std::to_string(i) + " to 3 significant figures.", std::to_string(1.0 / i));
  const auto rows = Rows(pairs);
  const auto builtin = Snapshot::Builtin();
  EXPECT_NE(Judge(TryTool(*builtin->FindTool("number_equal"), Json(), Pointers(rows), "number"), {}).why.find("digits"), std::string::npos);
}

TEST(Nature, ReferencesInStepsAreOneOfSeveralWays) {
  EXPECT_TRUE(Several({{"Get the crate home. ###", "LLURD"}, {"Get the crate home. ##", "RRDLUU"}, {"Get it home. #", "DDL"}}, "word"));
  EXPECT_TRUE(Several({{"Leave the maze 1", "up up left"}, {"Leave the maze 2", "down, left, left, up"}, {"Leave it", "right right down"}}, "phrase"));
  EXPECT_TRUE(Several({{"Turn it back 1", "R U' F2 L"}, {"Turn it back 2", "F' D B"}, {"Turn it 3", "U U R'"}}, "phrase"));
  EXPECT_TRUE(Several({{"Free the van 1", "F+1 L-1 E+1 J+1"}, {"Free it 2", "A+1 AB-2 C+10"}, {"Free it", "A+3 B-1 A+1"}}, "long_text")) << "not prose";
  EXPECT_TRUE(Several({{"Trap the king", "e2e4 d1-h5 f1c4"}, {"Trap it", "a2a3 b1c3 d2d4"}}, "phrase"));
  EXPECT_TRUE(Several({{"Restack 1", "A->C, A->B, C->B"}, {"Restack 2", "A->B, B->C, A->B, C->A"}}, "sequence"));
  EXPECT_FALSE(Several({{"Expand 1", "x+1"}, {"Expand 2", "2x-3"}, {"Expand 3", "y+10"}}, "math")) << "one step is none";
  // A direction, a word that only looks like one, and other words.
  EXPECT_FALSE(Several({{"Which way 1?", "up"}, {"Which way 2?", "left"}, {"Which way 3?", "down"}}, "word"));
  EXPECT_FALSE(Several({{"Spell 1", "seen"}, {"Spell 2", "apple"}, {"Spell 3", "dull"}}, "word"));
}

TEST(Nature, APromptThatTakesAnyAnswerSaysSoForNumbersToo) {
  EXPECT_TRUE(Several({{"Name any number above 3.", "7"}, {"Name any number above 9.", "12"}}, "number"));
  EXPECT_FALSE(Several({{"How much is 3 + 4?", "7"}, {"How much is 9 + 3?", "12"}}, "number"));
  EXPECT_FALSE(Several({{"Sort in ascending order, list of moves: 3, 1", "1, 3"}, {"Sort in ascending order, list of moves: 5, 2", "2, 5"}}, "sequence"));
}

TEST(Nature, WordsCountWhereTheyBegin) {
  EXPECT_FALSE(AsksForOneOfSeveral("Replace the blanks with letters."));
  EXPECT_TRUE(AsksForOneOfSeveral("Place three rooks on the board."));
  EXPECT_FALSE(AsksForOneOfSeveral("A program is a sequence of tokens. What does it print?"));
}

TEST(Nature, AnyOfAKindUnderAConditionIsOneOfSeveral) {
  EXPECT_TRUE(AsksForOneOfSeveral("Give a row of five letters in which no letter stands twice."));
  EXPECT_TRUE(AsksForOneOfSeveral("Pick three of the towns so that all roads lead to them."));
  EXPECT_FALSE(AsksForOneOfSeveral("Find the word such that all its letters are in the grid."));
  EXPECT_FALSE(AsksForOneOfSeveral("Name a bird. The rest is so that you know."));
}

TEST(Nature, TheSamePromptWithAnotherReferenceShowsIt) {
  EXPECT_TRUE(Several({{"A tint?", "red"}, {"A tint?", "blue"}, {"A fruit?", "plum"}}, "word"));
  EXPECT_FALSE(Several({{"A tint?", "red"}, {"A tint?", "Red."}, {"A fruit?", "plum"}}, "word"));
  EXPECT_FALSE(Several({{"Tell it.", "A long story of many words"}, {"Tell it.", "Another long story of many words"}}, "long_text"));
}

}  // namespace
}  // namespace rlar
