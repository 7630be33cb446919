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
  EXPECT_EQ(gathered[0].Find("responses")->array().size(), 2u);
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

// Observes groups made by `next` until an alarm comes; how many it took, or 0.
template <class Next>
int UntilAlarm(Watch& watch, int most, Next next) {
  for (int i = 1; i <= most; ++i) {
    next(i);
    if (!Kinds(watch).empty()) return i;
  }
  return 0;
}

TEST(Watch, CutOffAndRepeatedResponsesAreAlarmed) {
  Watch cut;
  const int cut_after = UntilAlarm(cut, 100, [&](int) {
    Group group = MakeGroup("q", 4);
    for (int i = 0; i < 2; ++i) group.responses[static_cast<std::size_t>(i)].finish_reason = "length";
    cut.Observe(group, Rewards({0, 1, 0.5, 0}));
  });
  EXPECT_TRUE(cut_after > 0 && cut_after < 20) << cut_after;
  EXPECT_EQ(Kinds(cut), std::vector<std::string>{"truncated"});
  Watch same;
  const int same_after = UntilAlarm(same, 100, [&](int) {
    Group group = MakeGroup("q", 4);
    for (Response& response : group.responses) response.text = "yes";
    same.Observe(group, Rewards({0, 1, 0.5, 0}));
  });
  EXPECT_TRUE(same_after > 0 && same_after < 20) << same_after;
  EXPECT_EQ(Kinds(same), std::vector<std::string>{"duplicates"});
  EXPECT_EQ(same.Status().Find("tasks")->array()[0].Find("duplicates")->number(), 3 * same_after);
}

// Rewards on a task's scale, as a calibrated route gives them.
std::vector<Reward> OnItsScale(const std::vector<double>& values) {
  auto rewards = Rewards(values);
  for (Reward& reward : rewards) reward.score.Add("raw", 0.5);
  return rewards;
}

TEST(Watch, ScoresBeyondWhatTheBuildSawAreAlarmed) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> share(0, 1);
  const auto drawn = [&] { return OnItsScale({share(random), share(random), share(random), share(random)}); };
  Watch usual;
  EXPECT_EQ(UntilAlarm(usual, 5000, [&](int) { usual.Observe(MakeGroup("q", 4), drawn()); }), 0);
  Watch better;  // half of the responses are better than nearly all that the build saw
  for (int i = 0; i < 500; ++i) better.Observe(MakeGroup("q", 4), drawn());
  const int after = UntilAlarm(better, 100, [&](int) { better.Observe(MakeGroup("q", 4), OnItsScale({share(random), 0.999, share(random), 0.995})); });
  EXPECT_TRUE(after > 0 && after < 20) << after;
  EXPECT_EQ(Kinds(better), std::vector<std::string>{"beyond_evidence"});
  Watch verdicts;  // 0 and 1 are no values on a scale
  EXPECT_EQ(UntilAlarm(verdicts, 200, [&](int i) { verdicts.Observe(MakeGroup("q", 4), Rewards({1, 0, 1, i % 2 ? 1.0 : 0.0})); }), 0);
}

// One group in thirty fails, by what `fails` says of its length; the number of groups until an alarm, or 0.
int UntilMissing(Watch& watch, bool long_ones, int groups) {
  std::mt19937_64 random(9);
  std::uniform_int_distribution<std::size_t> length(10, 2000);
  Reward failed{.score = Score::Failed(Class::kOverload, "no time")};
  failed.task = "t";
  return UntilAlarm(watch, groups, [&](int i) {
    Group group = MakeGroup("q", 2);
    for (Response& response : group.responses) response.text = std::string(length(random), 'x');
    auto rewards = Rewards({static_cast<double>(random() % 2), static_cast<double>(random() % 2)});
    if (i % 60 == 0) {
      if (long_ones) group.responses[0].text = std::string(4000, 'x');
      rewards[0] = failed;
    }
    watch.Observe(group, rewards);
  });
}

TEST(Watch, FailuresOnLongResponsesAreNotMissingAtRandom) {
  Watch selective, random;
  const int after = UntilMissing(selective, true, 3000);
  EXPECT_TRUE(after > 0) << after;
  EXPECT_EQ(Kinds(selective), std::vector<std::string>{"missing_when_long"});
  EXPECT_EQ(UntilMissing(random, false, 10'000), 0);
}

// Every twentieth group lacks a score; where `by_reward`, it is one of the tenth that is paid best.
int UntilMissingByReward(Watch& watch, bool by_reward, int groups) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> unit(0, 1);
  return UntilAlarm(watch, groups, [&](int i) {
    const bool missing = i % 20 == 0;
    const double paid = missing && by_reward ? 0.9 + 0.1 * unit(random) : unit(random);
    auto rewards = Rewards({paid, paid, 0.98 * paid});
    if (missing) {
      Reward failed{.score = Score::Failed(Class::kTimeout, "no time")};
      failed.task = "t";
      rewards[1] = failed;
    }
    watch.Observe(MakeGroup("q", 3), rewards);
  });
}

TEST(Watch, FailuresWhereMuchIsPaidAreNotMissingAtRandom) {
  Watch selective({.usual_failed = 0.1, .raised_failed = 0.9, .jump_least = 1});
  Watch random({.usual_failed = 0.1, .raised_failed = 0.9, .jump_least = 1});
  EXPECT_GT(UntilMissingByReward(selective, true, 3000), 0);
  EXPECT_EQ(Kinds(selective), std::vector<std::string>{"missing_by_reward"});
  EXPECT_EQ(UntilMissingByReward(random, false, 10'000), 0) << Kinds(random).size();
  // Tenths and fifths hold every response, and the failed ones stand where they fell.
  const Json task = selective.Status().Find("tasks")->array()[0];
  double responses = 0, failed = 0;
  for (const Json& count : task.Find("by_reward")->Find("responses")->array()) responses += count.number();
  for (const Json& count : task.Find("by_reward")->Find("failed")->array()) failed += count.number();
  EXPECT_EQ(responses, task.Find("responses")->number());
  EXPECT_EQ(failed, task.Find("failed_responses")->number());
  EXPECT_EQ(task.Find("by_reward")->Find("failed")->array().back().number(), failed);
  EXPECT_EQ(task.Find("by_length")->Find("responses")->array().size(), 10u);
}

TEST(ShareHistory, TheWholeTimeStaysInSoManyWindows) {
  ShareHistory history;
  constexpr std::size_t kQueries = 16 * 128 * 5;
  for (std::size_t i = 0; i < kQueries; ++i) history.Add(i < kQueries / 2 ? "first" : "second");
  const Json json = history.ToJson();
  const auto& windows = json.Find("windows")->array();
  EXPECT_LE(windows.size(), ShareHistory::kMostWindows);
  double first = 0, second = 0;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    double all = 0;
    for (const auto& [task, count] : windows[i].object()) all += count.number(), (task == "first" ? first : second) += count.number();
    if (i + 1 < windows.size()) {
      EXPECT_EQ(all, json.Find("window")->number()) << i;
    }
  }
  EXPECT_EQ(first, kQueries / 2);
  EXPECT_EQ(second, kQueries / 2);
  EXPECT_NE(windows.front().Find("first"), nullptr);
  EXPECT_EQ(windows.back().Find("first"), nullptr);
}

TEST(Missing, PartsAreOfEqualSizeWhereBinsAllow) {
  Missing tally;
  for (std::size_t bin = 0; bin < 100; ++bin) tally.Add(bin, bin >= 90);
  const auto parts = tally.Parts(10);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(parts[i].responses, 10u) << i;
    EXPECT_EQ(parts[i].failed, i == 9 ? 10u : 0u) << i;
  }
  EXPECT_TRUE(tally.InLargest(90, 10));
  EXPECT_FALSE(tally.InLargest(89, 10));
  EXPECT_TRUE(tally.InSmallest(9, 10));
  EXPECT_FALSE(tally.InSmallest(10, 10));
  tally.Add(1000, true);  // beyond the last bin
  EXPECT_EQ(tally.Parts(1)[0].failed, 11u);
}

TEST(Watch, AMeanThatJumpsIsAlarmedAndOneThatGrowsIsNot) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> unit(0, 1);
  const auto observe = [&](Watch& watch, double rate) {
    watch.Observe(MakeGroup("q", 2), Rewards({unit(random) < rate ? 1.0 : 0.0, unit(random) < rate ? 1.0 : 0.0}));
  };
  Watch grows, jumps;
  for (int i = 0; i < 6400; ++i) observe(grows, 0.2 + 0.5 * i / 6400);
  EXPECT_TRUE(Kinds(grows).empty());
  for (int i = 0; i < 640; ++i) observe(jumps, i < 320 ? 0.2 : 0.7);
  EXPECT_EQ(Kinds(jumps), std::vector<std::string>{"jump"});
}

SecondTool Second(std::size_t accepted = 0, std::size_t doubted = 0) { return {RoutePart{{"second", "1"}, {}, 1.0, nullptr}, accepted, doubted}; }

// Groups with one accepted response each, which the second tool doubts that often, until an alarm; how many.
int UntilDoubted(Watch& watch, const SecondTool& second, double doubts, int groups, std::mt19937_64& random) {
  return UntilAlarm(watch, groups, [&](int i) {
    const Group group = MakeGroup("q " + std::to_string(i), 2);
    const auto rewards = Rewards({1, 0});
    watch.Observe(group, rewards);
    const bool doubted = std::uniform_real_distribution<double>(0, 1)(random) < doubts;
    watch.Doubt(second, group, rewards, {Score::Verdict(!doubted), Score::Verdict(true)});
  });
}

TEST(Watch, WhatTheBuildMeasuredIsTheBaseOfDoubts) {
  std::mt19937_64 random(8);
  // Gamed from the first response on: only beside the build's own right responses is that news.
  Watch with, without, honest;
  const int after = UntilDoubted(with, Second(200, 4), 0.5, 400, random);
  EXPECT_TRUE(after > 0 && after <= 40) << after;
  EXPECT_EQ(Kinds(with), std::vector<std::string>{"gamed"});
  const Json status = with.Status();
  const Json* counted = status.Find("tasks")->array()[0].Find("second");
  EXPECT_EQ(counted->Find("first_accepted")->number(), 200);
  EXPECT_EQ(counted->Find("built_accepted")->number(), 200);
  EXPECT_EQ(UntilDoubted(without, Second(), 0.5, 400, random), 0);
  EXPECT_EQ(UntilDoubted(honest, Second(200, 4), 0.04, 20'000, random), 0);
}

TEST(Watch, ASecondToolThatNoLongerAgreesIsAlarmed) {
  std::mt19937_64 random(6);
  Watch watch, honest;
  const auto observe = [&](Watch& at, double doubts, int groups) {
    int until = 0;
    for (int i = 0; i < groups && Kinds(at).empty(); ++i, ++until) {
      const Group group = MakeGroup("q " + std::to_string(i), 2);
      const auto rewards = Rewards({1, 0});
      at.Observe(group, rewards);
      const bool doubted = std::uniform_real_distribution<double>(0, 1)(random) < doubts;
      at.Doubt(Second(), group, rewards, {Score::Verdict(!doubted), Score::Verdict(true)});
    }
    return until;
  };
  observe(watch, 0.05, 400);
  observe(honest, 0.05, 20'000);
  EXPECT_TRUE(Kinds(watch).empty());
  EXPECT_TRUE(Kinds(honest).empty());
  EXPECT_LE(observe(watch, 0.9, 200), 20);
  EXPECT_EQ(Kinds(watch), std::vector<std::string>{"gamed"});
  const Json status = watch.Status();
  const Json& alarm = status.Find("alarms")->array()[0];
  EXPECT_NE(alarm.Find("cases")->array()[0].string().find(" → x"), std::string::npos);
  EXPECT_EQ(status.Find("tasks")->array()[0].Find("second")->Find("first_accepted")->number(), 40);
}

TEST(Watch, LengthCorrelationAndSaturationAreCounted) {
  Watch watch;
  for (int i = 0; i < 20; ++i) watch.Observe(MakeGroup("q", 3), Rewards({0, 0.5, 1}));
  for (int i = 0; i < 5; ++i) watch.Observe(MakeGroup("q", 2), Rewards({1, 1}));
  const Json status = watch.Status();
  const Json& task = status.Find("tasks")->array()[0];
  EXPECT_GT(task.Find("length_correlation")->number(), 0.6);
  EXPECT_EQ(task.Find("all_high_groups")->number(), 5);
  EXPECT_EQ(task.Find("all_low_groups")->number(), 0);
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
  auto parsed = ParseRowText(
      R"({"id":7,"prompt":[{"role":"system","content":"s"},{"role":"user","content":"u"},{"role":"assistant","content":"","tool_calls":[{"id":"c","function":{"name":"f"}}]},{"role":"tool","content":"4","tool_call_id":"c"}],"reference":["a","b"],"params":{"k":1},"source":"src"})");
  const Query query = std::get<Group>(parsed).query;
  auto again = ParseRow(QueryRow(query));
  const Query& back = std::get<Group>(again).query;
  EXPECT_EQ(back.prompt, query.prompt);
  EXPECT_EQ(back.messages.size(), query.messages.size());
  EXPECT_EQ(back.reference.texts, query.reference.texts);
  EXPECT_EQ(back.messages[2].tool_calls, query.messages[2].tool_calls);
  EXPECT_FALSE(back.messages[2].tool_calls.is_null());
  EXPECT_EQ(back.messages[3].tool_call_id, "c");
  EXPECT_EQ(back.params, query.params);
  EXPECT_EQ(back.source, query.source);
  EXPECT_EQ(back.id, query.id);
}

}  // namespace
}  // namespace rlar
