#include "agents/learn_route.h"

#include <gtest/gtest.h>

#include "agents/pick_questions.h"
#include "rlar/engine.h"
#include "route/chooser.h"

namespace rlar {
namespace {

Query MakeQuery(const std::string& prompt, const std::string& reference) {
  Query query;
  query.prompt = prompt;
  query.messages = {{"user", prompt, {}, ""}};
  query.task = "answers";
  query.reference = {Reference::Kind::kText, {reference}, {}};
  return query;
}

std::vector<Response> Responses(const std::string& reference) {
  std::vector<Response> responses(3);
  responses[0].text = reference;
  responses[1].text = "I would say " + reference + " and nothing else";
  responses[2].text = "no idea";
  return responses;
}

// Quotations want the exact words, questions only that they are said.
std::vector<LabelledRow> Rows(int count, bool both_kinds) {
  std::vector<LabelledRow> rows;
  for (int i = 0; i < count; ++i) {
    const bool quote = both_kinds ? i % 2 == 0 : true;
    const std::string word = "word" + std::to_string(i);
    LabelledRow row;
    row.query = MakeQuery(
        quote ? "Repeat exactly, letter by letter, item " + std::to_string(i) : "Which thing do you find in drawer " + std::to_string(i) + "? Chat freely.",
        word);
    row.responses = Responses(word);
    if (quote) {
      row.labels = {1, 0, 0};
    } else {
      row.labels = {0, 1, 0};
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::shared_ptr<const Snapshot> Library(const std::string& route) {
  auto snapshot = Snapshot::FromManifest(ParseJson(R"({"schema_version":1,"routes":[)" + route + "]}").value());
  EXPECT_TRUE(snapshot.has_value()) << (snapshot ? "" : snapshot.error().ToString());
  return *snapshot;
}

const char kExact[] = R"({"task":"answers","combine":"single","parts":[{"tool":"exact_match"}]})";

// `length_window` from 10 characters on prefers the chatty response; it stands for a tool that is right where exact_match is not.
Json Report() {
  const std::string exact = Snapshot::Builtin()->FindTool("exact_match")->card().id.ToString();
  const std::string window = Snapshot::Builtin()->FindTool("length_window")->card().id.ToString();
  return ParseJson(R"({"tasks":[{"task":"answers","trials":[{"tool":")" + exact + R"(","admitted":true},{"tool":")" + window +
                   R"(","admitted":true,"params":{"min":12,"unit":"chars"}}]}]})")
      .value();
}

TEST(LearnRoute, KeepsTheRouteWhereNothingIsBetter) {
  const auto snapshot = Library(kExact);
  const auto learned = *LearnRoutes(*snapshot, Report(), Rows(60, false));
  ASSERT_EQ(learned.size(), 1u);
  EXPECT_EQ(learned[0].outcome, "kept") << learned[0].why;
  EXPECT_EQ(learned[0].queries, 60u);
  EXPECT_TRUE(learned[0].route.parts.empty());
}

TEST(LearnRoute, SaysWhereThereAreTooFewLabels) {
  const auto learned = *LearnRoutes(*Library(kExact), Report(), Rows(10, true));
  ASSERT_EQ(learned.size(), 1u);
  EXPECT_EQ(learned[0].outcome, "too_few");
}

TEST(LearnRoute, ChoosesPerQueryAndTheEngineFollows) {
  const auto snapshot = Library(kExact);
  const auto learned = *LearnRoutes(*snapshot, Report(), Rows(120, true));
  ASSERT_EQ(learned.size(), 1u);
  ASSERT_EQ(learned[0].outcome, "chosen") << learned[0].why;
  // Through the manifest and back, as a library on disk would hold it.
  const Json manifest = WithRoutes(snapshot->manifest(), learned);
  auto next = Snapshot::FromManifest(ParseJson(manifest.Dump()).value());
  ASSERT_TRUE(next.has_value()) << next.error().ToString();
  const Engine engine(*next);
  for (int i = 1000; i < 1020; ++i) {
    const bool quote = i % 2 == 0;
    Group group{MakeQuery(quote ? "Repeat exactly, letter by letter, item " + std::to_string(i)
                                : "Which thing do you find in drawer " + std::to_string(i) + "? Chat freely.",
                          "word" + std::to_string(i)),
                Responses("word" + std::to_string(i))};
    const auto rewards = engine.ScoreGroup(group);
    EXPECT_EQ(rewards[0].tool.substr(0, 5), quote ? "exact" : "lengt") << i;
    EXPECT_EQ(rewards[quote ? 0 : 1].score.value(), 1.0);
    EXPECT_EQ(rewards[quote ? 1 : 0].score.value(), 0.0);
  }
}

TEST(LearnRoute, SwitchesToABetterToolAndLeavesPinnedRoutesAlone) {
  auto rows = Rows(60, false);
  for (LabelledRow& row : rows) row.labels = {0, 1, 0};
  const auto learned = *LearnRoutes(*Library(kExact), Report(), rows);
  ASSERT_EQ(learned.size(), 1u);
  EXPECT_EQ(learned[0].outcome, "switched") << learned[0].why;
  EXPECT_EQ(learned[0].route.parts.at(0).tool.name, "length_window");
  const auto pinned = *LearnRoutes(*Library(R"({"task":"answers","combine":"single","pinned":true,"parts":[{"tool":"exact_match"}]})"), Report(), rows);
  EXPECT_EQ(pinned[0].outcome, "kept");
  EXPECT_NE(pinned[0].why.find("pinned"), std::string::npos);
}

TEST(Chooser, MalformedOnesNameTheField) {
  const auto error = [](const std::string& chooser) {
    auto route = RouteFromJson(ParseJson(R"({"task":"t","combine":"choose","parts":[{"tool":"a"},{"tool":"b"}],"chooser":)" + chooser + "}").value());
    return route ? std::string() : route.error().message;
  };
  EXPECT_NE(error(R"({"best":2,"shrinkage":4,"idf":[],"queries":[{"vector":[],"advantage":[0,0]}]})").find("'best'"), std::string::npos);
  EXPECT_NE(error(R"({"best":0,"shrinkage":0,"idf":[],"queries":[{"vector":[],"advantage":[0,0]}]})").find("'shrinkage'"), std::string::npos);
  EXPECT_NE(error(R"({"best":0,"shrinkage":4,"idf":[1],"queries":[{"vector":[],"advantage":[0,0]}]})").find("'idf'"), std::string::npos);
  EXPECT_NE(error(R"({"best":0,"shrinkage":4,"idf":[],"queries":[]})").find("'queries'"), std::string::npos);
  EXPECT_NE(error(R"({"best":0,"shrinkage":4,"idf":[],"queries":[{"vector":[],"advantage":[0]}]})").find("advantage"), std::string::npos);
  EXPECT_EQ(error(R"({"best":0,"shrinkage":4,"idf":[],"queries":[{"vector":[],"advantage":[0,0.5]}]})"), "");
}

TEST(PickQuestions, AsksWhereToolsDisagree) {
  std::vector<Group> groups;
  for (const LabelledRow& row : Rows(10, true)) groups.push_back({row.query, row.responses});
  groups.push_back({MakeQuery("All agree here", "no idea at all, none"), {Response{"", {}, {}, "", "", {}}}});
  const auto questions = PickQuestions(*Library(kExact), Report(), groups, 4);
  ASSERT_EQ(questions.size(), 4u);
  for (const Question& question : questions) {
    EXPECT_EQ(question.disagreement, 1);
    EXPECT_NE(question.response.text, "no idea");
    const Json row = question.ToRow();
    EXPECT_EQ(row.Find("labels")->Dump(), "[null]");
    EXPECT_EQ(row.Find("responses")->array().size(), 1u);
  }
}

}  // namespace
}  // namespace rlar
