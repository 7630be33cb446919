#include "watch/watch.h"

#include <gtest/gtest.h>

#include <random>

#include "rows/query_row.h"
#include "rows/row.h"

namespace rlar {
namespace {

Group MakeGroup(const std::string& prompt, std::size_t responses = 2) {
  Group group;
  group.query.prompt = prompt;
  group.query.messages = {{"user", prompt, {}, ""}};
  for (std::size_t i = 0; i < responses; ++i) {
    Response response;
    response.text = std::string(1 + i, 'x');
    group.responses.push_back(std::move(response));
  }
  return group;
}

std::vector<Reward> Rewards(const std::vector<double>& values, const std::string& task = "t", bool unusual = false) {
  std::vector<Reward> rewards;
  for (const double value : values) {
    Reward reward{.score = Score::Ok(value)};
    reward.task = task;
    reward.tool = "tool@1";
    reward.unusual = unusual;
    rewards.push_back(std::move(reward));
  }
  return rewards;
}

std::vector<std::string> Kinds(const Watch& watch) {
  std::vector<std::string> kinds;
  const Json status = watch.Status();
  for (const Json& alarm : status.Find("alarms")->array()) kinds.push_back(alarm.Find("kind")->string());
  return kinds;
}

TEST(Cusum, FewFalseAlarmsAndAShortDelay) {
  std::mt19937_64 random(3);
  std::bernoulli_distribution usual(0.05), raised(0.4);
  Cusum test(0.08, 0.25, 12);
  int alarms = 0;
  for (int i = 0; i < 200'000; ++i) {
    if (!test.Add(usual(random))) continue;
    ++alarms;
    test.Reset();
  }
  EXPECT_LE(alarms, 20);
  test.Reset();
  int delay = 1;
  while (!test.Add(raised(random))) ++delay;
  EXPECT_LE(delay, 120);
}

TEST(Watch, QuietWhereNothingChanges) {
  Watch watch;
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int i = 0; i < 20'000; ++i) {
    const double first = unit(random) < 0.5 ? 1 : 0, second = unit(random) < 0.5 ? 1 : 0;
    watch.Observe(MakeGroup("question " + std::to_string(i)), Rewards({first, second}, "task" + std::to_string(i % 5), unit(random) < 0.05));
  }
  EXPECT_TRUE(Kinds(watch).empty());
  EXPECT_TRUE(watch.Drain().empty());
  EXPECT_EQ(watch.Status().Find("queries")->number(), 20'000);
}

TEST(Watch, NewWordingIsNoticedAndGathered) {
  Watch watch;
  for (int i = 0; i < 200; ++i) watch.Observe(MakeGroup("old " + std::to_string(i)), Rewards({1, 0}));
  for (int i = 0; i < 60; ++i) watch.Observe(MakeGroup("new " + std::to_string(i)), Rewards({1, 0}, "t", true));
  EXPECT_EQ(Kinds(watch), std::vector<std::string>{"new_queries"});
  const auto gathered = watch.Drain();
  EXPECT_EQ(gathered.size(), 60u);  // those before the alarm too
  EXPECT_TRUE(watch.Drain().empty());
  EXPECT_EQ(watch.Status().Find("alarms")->array()[0].Find("cases")->array().size(), 3u);
}

TEST(Watch, UnservedQueriesAreGatheredAtOnceAndOnce) {
  Watch watch;
  Reward unserved{.score = Score::Failed(Class::kUnserved, "no task")};
  unserved.unusual = true;
  for (int i = 0; i < 20; ++i) watch.Observe(MakeGroup("what " + std::to_string(i % 10)), {unserved, unserved});
  EXPECT_EQ(watch.Drain().size(), 10u);
  EXPECT_EQ(Kinds(watch).front(), "unserved");
}

TEST(Watch, AToolThatFailsIsAlarmedWithItsReason) {
  Watch watch;
  Reward failed{.score = Score::Failed(Class::kTimeout, "it took too long")};
  failed.task = "t";
  failed.tool = "tool@1";
  int needed = 0;
  while (Kinds(watch).empty() && needed < 100) {
    ++needed;
    watch.Observe(MakeGroup("q"), {failed, failed});
  }
  EXPECT_LE(needed, 10);
  const Json status = watch.Status();
  const Json& alarm = status.Find("alarms")->array()[0];
  EXPECT_EQ(alarm.Find("kind")->string(), "failing");
  EXPECT_EQ(alarm.Find("cases")->array()[0].string(), "it took too long");
}

TEST(Watch, FlatGroupsAndLengthAreAlarmed) {
  Watch flat;
  for (int i = 0; i < 60; ++i) flat.Observe(MakeGroup("q"), Rewards({1, 1}));
  EXPECT_EQ(Kinds(flat), std::vector<std::string>{"flat"});
  Watch length;  // the longest response is the last one
  for (int i = 0; i < 80; ++i) length.Observe(MakeGroup("q", 4), Rewards({0.1, 0.2, 0.3, 0.9}));
  EXPECT_EQ(Kinds(length), std::vector<std::string>{"follows_length"});
}

TEST(Watch, ANewVersionStartsAfresh) {
  Watch watch;
  for (int i = 0; i < 60; ++i) watch.Observe(MakeGroup("q"), Rewards({1, 1}));
  ASSERT_FALSE(Kinds(watch).empty());
  watch.NewVersion("b");
  EXPECT_TRUE(Kinds(watch).empty());
  EXPECT_TRUE(watch.Status().Find("tasks")->array().empty());
}

TEST(QueryRow, ComesBackTheSame) {
  auto parsed = ParseRowText(R"({"id":7,"prompt":[{"role":"system","content":"s"},{"role":"user","content":"u"}],"reference":["a","b"],"params":{"k":1},"source":"src"})");
  const Query query = std::get<Group>(parsed).query;
  auto again = ParseRow(QueryRow(query));
  const Query& back = std::get<Group>(again).query;
  EXPECT_EQ(back.prompt, query.prompt);
  EXPECT_EQ(back.messages.size(), query.messages.size());
  EXPECT_EQ(back.reference.texts, query.reference.texts);
  EXPECT_EQ(back.params, query.params);
  EXPECT_EQ(back.source, query.source);
  EXPECT_EQ(back.id, query.id);
}

}  // namespace
}  // namespace rlar
