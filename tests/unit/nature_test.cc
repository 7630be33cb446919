#include <gtest/gtest.h>

#include "agents/admit/gate.h"
#include "agents/admit/nature.h"
#include "agents/admit/probes.h"
#include "agents/admit/statements.h"
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
  for (const std::string& altered : AlteredTexts(reference)) EXPECT_NE(StatementsOf(altered), StatementsOf(reference)) << altered;
}

TEST(Gate, ATextComparisonOfStatementsIsRefused) {
  static const char* const kNames[] = {"Ann", "Bob", "Cleo", "Dirk", "Eve", "Finn", "Gil", "Hal"};
  Pairs pairs;
  for (int i = 0; i < 8; ++i) {
    const std::string first = kNames[i], second = kNames[(i + 3) % 8];
    pairs.emplace_back(first + " and " + second + " met. Who is what?", first + " is a " + (i % 2 ? "spy" : "cook") + ", and " + second + " is a " + (i % 3 ? "cook" : "spy") + ".");
  }
  const auto rows = Rows(pairs);
  const Evidence evidence = TryTool(*Snapshot::Builtin()->FindTool("exact_match"), ParseJson(R"({"extract":"auto"})").value(), Pointers(rows), "phrase");
  EXPECT_NE(Judge(evidence, {}).why.find("another order"), std::string::npos) << Judge(evidence, {}).why;
}

TEST(Nature, ReferencesInStepsAreOneOfSeveralWays) {
  EXPECT_TRUE(Several({{"Get the crate home. ###", "LLURD"}, {"Get the crate home. ##", "RRDLUU"}, {"Get it home. #", "DDL"}}, "word"));
  EXPECT_TRUE(Several({{"Leave the maze 1", "up up left"}, {"Leave the maze 2", "down, left, left, up"}, {"Leave it", "right right down"}}, "phrase"));
  EXPECT_TRUE(Several({{"Turn it back 1", "R U' F2 L"}, {"Turn it back 2", "F' D B"}, {"Turn it 3", "U U R'"}}, "phrase"));
  // A direction, a word that only looks like one, and other words.
  EXPECT_FALSE(Several({{"Which way 1?", "up"}, {"Which way 2?", "left"}, {"Which way 3?", "down"}}, "word"));
  EXPECT_FALSE(Several({{"Spell 1", "seen"}, {"Spell 2", "apple"}, {"Spell 3", "dull"}}, "word"));
}

TEST(Nature, APromptThatTakesAnyAnswerSaysSoForNumbersToo) {
  EXPECT_TRUE(Several({{"Name any number above 3.", "7"}, {"Name any number above 9.", "12"}}, "number"));
  EXPECT_FALSE(Several({{"How much is 3 + 4?", "7"}, {"How much is 9 + 3?", "12"}}, "number"));
  EXPECT_FALSE(Several({{"Sort in ascending order, list of moves: 3, 1", "1, 3"}, {"Sort in ascending order, list of moves: 5, 2", "2, 5"}}, "sequence"));
}

TEST(Nature, TheSamePromptWithAnotherReferenceShowsIt) {
  EXPECT_TRUE(Several({{"A colour?", "red"}, {"A colour?", "blue"}, {"A fruit?", "plum"}}, "word"));
  EXPECT_FALSE(Several({{"A colour?", "red"}, {"A colour?", "Red."}, {"A fruit?", "plum"}}, "word"));
  EXPECT_FALSE(Several({{"Tell it.", "A long story of many words"}, {"Tell it.", "Another long story of many words"}}, "long_text"));
}

}  // namespace
}  // namespace rlar
