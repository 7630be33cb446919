#include "rlar/route.h"

#include <gtest/gtest.h>

#include "reward/combine.h"
#include "rlar/engine.h"

namespace rlar {
namespace {

Route MustRoute(const std::string& text) {
  auto route = RouteFromJson(ParseJson(text).value());
  EXPECT_TRUE(route.has_value()) << (route ? "" : route.error().ToString());
  return route ? *route : Route{};
}

std::string RouteError(const std::string& text) {
  auto route = RouteFromJson(ParseJson(text).value());
  return route ? "" : route.error().message;
}

std::string SnapshotError(const std::string& manifest) {
  auto snapshot = Snapshot::FromManifest(ParseJson(manifest).value());
  return snapshot ? "" : snapshot.error().ToString();
}

TEST(Route, VersionFollowsContent) {
  const Route a = MustRoute(R"({"task":"t","parts":[{"tool":"exact_match@2"}]})");
  const Route b = MustRoute(R"({"task":"t","parts":[{"tool":"exact_match@2","params":{"strip":false}}]})");
  EXPECT_NE(a.version, b.version);
  EXPECT_EQ(MustRoute(a.ToJson().Dump()).version, a.version);
}

TEST(Route, MalformedOnesNameWhatIsWrong) {
  EXPECT_NE(RouteError(R"({"parts":[]})").find("task"), std::string::npos);
  EXPECT_NE(RouteError(R"({"task":"t","parts":[]})").find("no parts"), std::string::npos);
  EXPECT_NE(RouteError(R"({"task":"t","parts":[{"tool":"a"},{"tool":"b"}]})").find("single"), std::string::npos);
  EXPECT_NE(RouteError(R"({"task":"t","combine":"gate","parts":[{"tool":"a"}]})").find("gate"), std::string::npos);
  EXPECT_NE(RouteError(R"({"task":"t","combine":"best","parts":[{"tool":"a"}]})").find("combine"), std::string::npos);
  EXPECT_NE(RouteError(R"({"task":"t","parts":[{"tool":"a","weight":0}]})").find("weight"), std::string::npos);
}

TEST(Snapshot, ChecksRoutesAtLoad) {
  EXPECT_NE(SnapshotError(R"({"routes":[{"task":"t","parts":[{"tool":"exact_mach"}]}]})").find("'exact_match'"), std::string::npos);
  EXPECT_NE(SnapshotError(R"({"routes":[{"task":"t","parts":[{"tool":"exact_match","params":{"strp":true}}]}]})").find("strp"), std::string::npos);
  EXPECT_NE(SnapshotError(R"({"routes":[{"task":"t","parts":[{"tool":"exact_match"}]},{"task":"t","parts":[{"tool":"exact_match"}]}]})").find("two routes"),
            std::string::npos);
  EXPECT_NE(SnapshotError(R"({"tools":[{"name":"exact_match","version":"99"}]})").find("version"), std::string::npos);
}

Score Part(double value) { return Score::Ok(value); }

TEST(Combine, Values) {
  const char* const kTwo = R"({"task":"t","combine":"%s","parts":[{"tool":"a","weight":3},{"tool":"b","weight":1}]})";
  const auto value = [&](const char* combine) {
    char text[200];
    std::snprintf(text, sizeof text, kTwo, combine);
    return *CombineScores(MustRoute(text), {Part(1), Part(0.5)}).value();
  };
  EXPECT_DOUBLE_EQ(value("weighted"), 0.875);
  EXPECT_DOUBLE_EQ(value("gate"), 0.5);
  EXPECT_DOUBLE_EQ(value("min"), 0.5);
  EXPECT_DOUBLE_EQ(value("first"), 1);
}

TEST(Combine, AMissingNumberIsNeverReplaced) {
  const Route weighted = MustRoute(R"({"task":"t","combine":"weighted","parts":[{"tool":"a"},{"tool":"b"},{"tool":"c"}]})");
  const Score mixed = CombineScores(weighted, {Part(1), Score::Invalid(Class::kBadReference, "r"), Score::Failed(Class::kTimeout, "late")});
  EXPECT_EQ(mixed.status(), Status::kFailed);
  EXPECT_FALSE(mixed.value().has_value());
  EXPECT_EQ(mixed.reason(), "c: late");
  const Route first = MustRoute(R"({"task":"t","combine":"first","parts":[{"tool":"a"},{"tool":"b"}]})");
  EXPECT_EQ(*CombineScores(first, {Score::Invalid(Class::kNoReference, "n"), Part(0.25)}).value(), 0.25);
  EXPECT_EQ(CombineScores(first, {Score::Failed(Class::kCrash, "c"), Part(1)}).status(), Status::kFailed);
}

TEST(Combine, ComponentsNameTheirTool) {
  const Route route = MustRoute(R"({"task":"t","combine":"min","parts":[{"tool":"a"},{"tool":"b"}]})");
  Score first = Part(1);
  first.Add("passed", 3);
  const Score score = CombineScores(route, {first, Part(0)});
  EXPECT_EQ(score.components()[0], (std::pair<std::string, double>("a/value", 1)));
  EXPECT_EQ(score.components()[1], (std::pair<std::string, double>("a/passed", 3)));
  EXPECT_EQ(score.components()[2], (std::pair<std::string, double>("b/value", 0)));
}

Group MakeGroup(std::vector<std::string> responses) {
  Group group;
  group.query.prompt = "p";
  group.query.reference = {Reference::Kind::kText, {"yes"}, {}};
  for (std::string& text : responses) {
    Response response;
    response.text = std::move(text);
    group.responses.push_back(std::move(response));
  }
  return group;
}

TEST(Engine, UnroutedQueriesAreUnserved) {
  const Engine engine(Snapshot::Builtin());
  const auto rewards = engine.ScoreGroup(MakeGroup({"yes"}));
  EXPECT_EQ(rewards[0].score.status(), Status::kFailed);
  EXPECT_EQ(rewards[0].score.error_class(), Class::kUnserved);
}

TEST(Engine, PinnedTaskTakesItsRoute) {
  const auto snapshot = Snapshot::FromManifest(*ParseJson(R"({"routes":[{"task":"t","parts":[{"tool":"exact_match"}]}]})"));
  ASSERT_TRUE(snapshot.has_value());
  const Engine engine(*snapshot);
  Group group = MakeGroup({"yes", "no"});
  group.query.task = "t";
  const auto rewards = engine.ScoreGroup(group);
  EXPECT_EQ(*rewards[0].score.value(), 1);
  EXPECT_EQ(*rewards[1].score.value(), 0);
  EXPECT_EQ(rewards[0].tool, "exact_match@2");
  EXPECT_TRUE(rewards[0].route.starts_with("t@"));
  EXPECT_EQ(rewards[0].library_version, (*snapshot)->version());
}

TEST(Engine, LengthPolicyAndOversize) {
  Group group = MakeGroup({"yes", "yes", std::string(100, 'x')});
  group.responses[1].finish_reason = "length";
  CallOptions call;
  call.tool = "exact_match";
  const auto run = [&](LengthPolicy policy) { return Engine(Snapshot::Builtin(), EngineOptions{policy, 50}).ScoreGroup(group, call); };
  EXPECT_EQ(*run(LengthPolicy::kKeep)[1].score.value(), 1);
  EXPECT_EQ(*run(LengthPolicy::kZero)[1].score.value(), 0);
  EXPECT_EQ(run(LengthPolicy::kMask)[1].score.status(), Status::kInvalid);
  const auto rewards = run(LengthPolicy::kZero);
  EXPECT_EQ(*rewards[0].score.value(), 1);
  EXPECT_EQ(rewards[2].score.error_class(), Class::kResponseOversize);
}

TEST(Engine, PassedDeadlineIsAFailure) {
  CallOptions call;
  call.tool = "exact_match";
  call.deadline = Deadline::After(std::chrono::milliseconds(-1));
  const auto rewards = Engine(Snapshot::Builtin()).ScoreGroup(MakeGroup({"yes"}), call);
  EXPECT_EQ(rewards[0].score.error_class(), Class::kTimeout);
}

}  // namespace
}  // namespace rlar
