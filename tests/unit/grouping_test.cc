#include <gtest/gtest.h>

#include <random>

#include "agents/admit/gate.h"
#include "agents/admit/probes.h"
#include "agents/discover_tasks/group_rows.h"
#include "base/text.h"
#include "rlar/snapshot.h"

namespace rlar {
namespace {

Query MakeQuery(std::string prompt, std::string reference) {
  Query query;
  query.prompt = std::move(prompt);
  if (!reference.empty()) query.reference = {Reference::Kind::kText, {std::move(reference)}, {}};
  return query;
}

std::vector<Query> Mixture() {
  std::vector<Query> rows;
  for (int i = 0; i < 20; ++i) {
    const std::string n = std::to_string(i);
    rows.push_back(MakeQuery("What is the sum of " + n + " and 7? Answer with a number.", std::to_string(i + 7)));
    rows.push_back(MakeQuery("Name the capital city of country number " + n + ".", "City" + n));
    rows.push_back(MakeQuery("Translate this sentence into French please: a red house " + n, "une maison rouge " + n));
  }
  return rows;
}

TEST(Features, ReferenceShapes) {
  EXPECT_EQ(TextShape("42"), "number");
  EXPECT_EQ(TextShape("-1,234.5"), "number");
  EXPECT_EQ(TextShape("3/4"), "math");
  EXPECT_EQ(TextShape("(3 + 4) * 2"), "expression");
  EXPECT_EQ(TextShape("\\frac{1}{2}"), "math");
  EXPECT_EQ(TextShape("C"), "letter");
  EXPECT_EQ(TextShape("yes"), "boolean");
  EXPECT_EQ(TextShape("apple, banana, cherry"), "sequence");
  EXPECT_EQ(TextShape("New York"), "short_text");
  EXPECT_EQ(TextShape("the quick brown fox jumps over the lazy dog today"), "long_text");
  EXPECT_EQ(ReferenceShape({Reference::Kind::kList, {"a b", "c d"}, {}}), "list:short_text");
}

TEST(Features, WordsOfAPromptTellTermsAndSharesFromNumbers) {
  Query query;
  query.prompt = "Solve $24*f = 192$, then 6x + 3; what is 20% of 80, the 3rd, of 7, 8 or 1e5?";
  const std::vector<std::string> expected = {"solve", "0x", "=",  "0,",  "then", "0x", "+",  "0", "what", "is",
                                             "0%",    "of", "0,", "the", "0,",   "of", "0,", "0", "or",   "0"};
  EXPECT_EQ(PromptWords(query), expected);
}

TEST(Grouping, SplitsByShapeAndWording) {
  const Grouping grouping = GroupRows(Mixture());
  ASSERT_EQ(grouping.groups.size(), 3u);
  for (const TaskGroup& group : grouping.groups) EXPECT_EQ(group.rows.size(), 20u) << group.model.task;
}

TEST(Grouping, OrderOfRowsDoesNotMatter) {
  auto rows = Mixture();
  const auto names = [](const Grouping& grouping) {
    std::vector<std::string> text;
    for (const TaskGroup& group : grouping.groups) text.push_back(group.model.task + group.model.ToJson().Dump());
    return text;
  };
  const auto first = names(GroupRows(rows));
  std::shuffle(rows.begin(), rows.end(), std::mt19937(7));
  EXPECT_EQ(names(GroupRows(rows)), first);
}

TEST(Grouping, ClassifierFindsTheRowsAgain) {
  const auto rows = Mixture();
  Grouping grouping = GroupRows(rows);
  std::vector<TaskModel> models;
  for (TaskGroup& group : grouping.groups) {
    group.model.route_key = group.model.task;
    models.push_back(group.model);
  }
  const TaskClassifier classifier(models, grouping.idf);
  for (const TaskGroup& group : grouping.groups) {
    for (const std::size_t i : group.rows) EXPECT_EQ(classifier.Classify(rows[i]).task, group.model.task);
  }
  EXPECT_EQ(classifier.Classify(MakeQuery("zebra quux", "{\"a\": 1}")).task, "");
  // A reference of a shape that the task's rows never had: the wording tells.
  const std::string sums = classifier.Classify(rows[0]).task;
  EXPECT_EQ(classifier.Classify(MakeQuery("What is the sum of 12 and 7? Answer with a number.", "no sum at all")).task, sums)
      << classifier.Classify(MakeQuery("What is the sum of 12 and 7? Answer with a number.", "no sum at all")).why;
  EXPECT_EQ(classifier.Classify(MakeQuery("Zebra quux lorem ipsum?", "no sum at all")).task, "");
}

TEST(Grouping, AFewRowsOfAnotherShapeBelongToTheirTemplate) {
  std::vector<Query> rows;
  for (int i = 0; i < 30; ++i) {
    const std::string n = std::to_string(i);
    rows.push_back(MakeQuery("How many marbles are left in the bag after round " + n + " of the game? Give the count.", i % 5 == 3 ? "none at all" : n));
  }
  for (int i = 0; i < 3; ++i) rows.push_back(MakeQuery("Spell the name of river number " + std::to_string(i) + " backwards, please.", "a b"));
  const Grouping grouping = GroupRows(rows);
  ASSERT_EQ(grouping.groups.size(), 2u);
  for (const TaskGroup& group : grouping.groups) {
    const bool marbles = group.rows.size() == 30;
    EXPECT_EQ(group.shape, marbles ? "mixed" : "short_text");
    EXPECT_TRUE(marbles || group.rows.size() == 3) << group.rows.size();
  }
}

TEST(Grouping, OneTemplateIsOneTaskWhateverFillsIt) {
  static const char* const kPlaces[] = {"harbour bridge", "railway station", "market square", "castle garden", "city library", "north tower"};
  static const char* const kThings[] = {"an old lantern with coloured glass", "a copper kettle from the village", "a wooden chair without any arms",
                                        "a small painting of two horses",     "a heavy box full of coins",        "a long letter in blue ink"};
  std::vector<Query> rows;
  for (int i = 0; i < 900; ++i) {
    const std::string place = kPlaces[i % 6], thing = kThings[i % 6];
    rows.push_back(MakeQuery("Somebody lost " + thing + " near the " + place + " on day " + std::to_string(i) +
                                 ". Who found it? Answer with the name of the finder and nothing else.",
                             "Finder" + std::to_string(i % 97)));
    if (i % 3 == 0)
      rows.push_back(MakeQuery("Which opera did composer " + std::to_string(i) + " write last? Answer with its title.", "Opera" + std::to_string(i)));
  }
  EXPECT_EQ(GroupRows(rows).groups.size(), 2u);
}

TEST(Grouping, OneTemplateIsOneTaskHoweverLongItsAnswersAre) {
  static const char* const kAnswers[] = {"red", "a red house by the sea", "two red houses, one of them by the sea, the other one in the hills"};
  std::vector<Query> rows;
  for (int i = 0; i < 60; ++i) {
    const std::string n = std::to_string(i);
    rows.push_back(MakeQuery("Decode the secret message number " + n + " with the usual key and give the plain text.", kAnswers[i % 3] + (" " + n)));
    rows.push_back(MakeQuery("Which river flows through valley " + n + "? Name it.", "River" + n));
  }
  const auto models = [&] {
    std::string text;
    for (const TaskGroup& group : GroupRows(rows).groups) text += group.model.ToJson().Dump() + "\n";
    return text;
  };
  EXPECT_EQ(GroupRows(rows).groups.size(), 2u);
  const std::string first = models();
  std::shuffle(rows.begin(), rows.end(), std::mt19937(3));
  EXPECT_EQ(models(), first);
}

TEST(Grouping, HowToAnswerIsNoTask) {
  static const char* const kForms[] = {" Give your final answer inside \\boxed{}.", "\n\nAnswer with nothing but the result.",
                                       " Put the answer between <answer> and </answer>.", "\nThink first, then write 'Answer:' and what you found."};
  std::vector<Query> rows;
  for (int i = 0; i < 60; ++i) {
    const std::string n = std::to_string(i), form = kForms[i % 4];
    rows.push_back(MakeQuery("What is " + n + " plus 5?" + form, std::to_string(i + 5)));
    rows.push_back(MakeQuery("Find " + n + " percent of 50." + form, std::to_string(i / 2)));
    rows.push_back(MakeQuery("How many letters has word" + n + "?" + form, std::to_string(5 + i % 2)));
  }
  const Grouping grouping = GroupRows(rows);
  ASSERT_EQ(grouping.groups.size(), 3u);
  for (const TaskGroup& group : grouping.groups) {
    EXPECT_EQ(group.rows.size(), 60u);
    for (const std::size_t row : group.rows) EXPECT_EQ(row % 3, group.rows.front() % 3) << group.model.task;
  }
}

// An ending that stands with one template only is a part of it.
TEST(Grouping, WhatIsAskedAtTheEndIsATask) {
  static const char* const kThings[] = {"apples", "stones", "boats", "candles", "ropes", "maps"};
  std::vector<Query> rows;
  for (int i = 0; i < 60; ++i) {
    const std::string list = std::string(kThings[i % 6]) + " " + kThings[(i / 6) % 6] + " " + kThings[(i + 2) % 6];
    rows.push_back(MakeQuery("The words are: " + list + ". Sort them by the alphabet, from a to z, and separate them by commas.", "sorted " + list));
    rows.push_back(MakeQuery("The words are: " + list + ". Write each one of these backwards, letter after letter, in the given order.", "backwards " + list));
  }
  EXPECT_EQ(GroupRows(rows).groups.size(), 2u);
}

TEST(Grouping, RowsTooFewToProveAToolOnJoinTheMostAlike) {
  std::vector<Query> rows;
  for (int i = 0; i < 14; ++i) rows.push_back(MakeQuery("On which weekday did day " + std::to_string(i) + " of the year fall?", i % 2 ? "Sunday" : "Monday"));
  for (int i = 0; i < 2; ++i) rows.push_back(MakeQuery("Did day " + std::to_string(i) + " of the year fall on a weekday?", "yes"));
  EXPECT_EQ(GroupRows(rows).groups.size(), 1u);
  for (int i = 0; i < 30; ++i) rows.push_back(MakeQuery("On which weekday did day " + std::to_string(40 + i) + " of the year fall?", "Friday"));
  EXPECT_EQ(GroupRows(rows).groups.size(), 2u) << "a tool would not be tried on them";
}

TEST(Gate, RefusesWhatOnlyEchoesBytes) {
  std::vector<Query> rows;
  for (int i = 0; i < 12; ++i) rows.push_back(MakeQuery("How much is " + std::to_string(i) + " plus 30?", std::to_string(i + 30)));
  std::vector<const Query*> pointers;
  for (const Query& row : rows) pointers.push_back(&row);
  const auto snapshot = Snapshot::Builtin();
  const Evidence exact = TryTool(*snapshot->FindTool("exact_match"), Json(), pointers, "number");
  EXPECT_FALSE(Judge(exact, {}).admitted);
  EXPECT_LT(exact.accept_rate(), 0.5);
  EXPECT_EQ(exact.refuse_rate(), 1);
  EXPECT_FALSE(exact.failed.empty());
}

// The reference of rows that say themselves what to check is an example of a right response.
TEST(Gate, AReferenceBesideInstructionsIsAnExample) {
  std::vector<Query> rows;
  for (const char* word : {"moon", "rain", "wind", "star", "snow", "fog"}) {
    rows.push_back(MakeQuery(std::string("Some words, please, with ") + word + " in them.", std::string("quiet hills and ") + word));
    rows.back().params =
        ParseJson(std::string(R"({"instruction_id_list":["keywords:existence","punctuation:no_comma"],"kwargs":[{"keywords":[")") + word + R"("]},{}]})")
            .value();
  }
  std::vector<const Query*> pointers;
  for (const Query& row : rows) pointers.push_back(&row);
  const Evidence evidence = TryTool(*Snapshot::Builtin()->FindTool("instruction_constraints"), Json(), pointers, "phrase");
  EXPECT_TRUE(Judge(evidence, {}).admitted) << Judge(evidence, {}).why;
  EXPECT_GT(evidence.accept_probes, 0);
}

TEST(Gate, CodeOfOneLineIsProvenAsCode) {
  std::vector<Query> rows;
  for (int i = 2; i < 8; ++i) {
    const std::string k = std::to_string(i);
    rows.push_back(MakeQuery("Write f, which adds " + k, "def f(x): return x + " + k));
    rows.back().params = ParseJson(R"({"tests":["assert f(1) == )" + std::to_string(i + 1) + R"("]})").value();
  }
  std::vector<const Query*> pointers;
  for (const Query& row : rows) pointers.push_back(&row);
  const Evidence evidence = TryTool(*Snapshot::Builtin()->FindTool("code_tests"), Json(), pointers, "math");
  EXPECT_TRUE(Judge(evidence, {}).admitted) << Judge(evidence, {}).why;
  EXPECT_EQ(evidence.refuse_rate(), 1);
}

TEST(Gate, TooFewRowsProveNothing) {
  const Query row = MakeQuery("q", "1");
  const Evidence evidence = TryTool(*Snapshot::Builtin()->FindTool("exact_match"), Json(), {&row}, "number");
  EXPECT_FALSE(Judge(evidence, {}).admitted);
}

TEST(Probes, SumsAreWrittenTheOtherWayRound) {
  EXPECT_EQ(Reordered("2*x**2 - 3*x + C"), "C - 3*x + 2*x**2");
  EXPECT_EQ(Reordered("-7*x**3/3 + x"), "x - 7*x**3/3");
  EXPECT_EQ(Reordered("3*(x + 1) - y/2"), "-y/2 + 3*(x + 1)");
  EXPECT_EQ(Reordered("2 × 3 × 5"), "5 × 3 × 2");
  EXPECT_EQ(Reordered("2*3*5"), "5*3*2");
  EXPECT_EQ(Reordered("7 × 7"), "");
  for (const char* text : {"42", "x", "3*x", "apples + pears / 2", "x = 3 + y/2", "a, b + 2*c", "1 + 2*3", ""}) EXPECT_EQ(Reordered(text), "") << text;
}

TEST(Probes, SolutionsHaveNoOrder) {
  EXPECT_EQ(SolutionsReordered("-2, 0.5", "Solve x**2 + 1.5*x = 1"), "0.5, -2");
  EXPECT_EQ(SolutionsReordered("-2, 0.5", "Sort the numbers 0.5, -2"), "");
  EXPECT_EQ(SolutionsReordered("a, b", "Solve x = y"), "");
  EXPECT_EQ(SolutionsReordered("7", "Solve x = 7"), "");
}

TEST(Probes, TheValueOfAProductMayStandInThePrompt) {
  EXPECT_EQ(ValueInPrompt("2 × 3 × 5", "Factor 30, please."), "30");
  EXPECT_EQ(ValueInPrompt("2 + 3", "Write 5 as a sum."), "5");
  EXPECT_EQ(ValueInPrompt("2 × 3 × 5", "Factor 301 or 130."), "");
  EXPECT_EQ(ValueInPrompt("x × 5", "Factor 30."), "");
}

TEST(Gate, ATextComparisonOfSumsIsRefused) {
  std::vector<Query> rows;
  for (int i = 2; i < 14; ++i) {
    rows.push_back(MakeQuery("Differentiate term " + std::to_string(i), std::to_string(i) + "*x**2 + " + std::to_string(i + 3) + "*x"));
  }
  std::vector<const Query*> pointers;
  for (const Query& row : rows) pointers.push_back(&row);
  const Evidence evidence = TryTool(*Snapshot::Builtin()->FindTool("exact_match"), ParseJson(R"({"extract":"auto"})").value(), pointers, "math");
  EXPECT_FALSE(Judge(evidence, {}).admitted);
  EXPECT_NE(Judge(evidence, {}).why.find("another order"), std::string::npos) << Judge(evidence, {}).why;
}

TEST(Probes, NeverCutACodePoint) {
  for (const std::string reference : {"2 × 3 × 5", "日本語の答え", "é×é×é"}) {
    for (const Probe& probe : MakeProbes(MakeQuery("What?", reference), "short_text", {"other", "one more"})) {
      EXPECT_TRUE(IsValidUtf8(probe.response)) << probe.kind << " of " << reference;
    }
  }
}

}  // namespace
}  // namespace rlar
