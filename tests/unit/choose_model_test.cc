#include "agents/choose_model.h"

#include <gtest/gtest.h>

#include "agents/find_reward_model/model_probes.h"
#include "unit/stub_model.h"

namespace rlar {
namespace {

Trial Tried(const StubModel& model, double accuracy, double rows, bool admitted) {
  Trial trial;
  trial.candidate.tool = &model;
  trial.evidence.pairs = accuracy * rows;
  trial.evidence.pair_count = rows;
  trial.verdict.admitted = admitted;
  return trial;
}

// Two models on a task of few rows; what else they were tried on follows.
struct Case {
  StubModel lucky{"lucky"}, able{"able"};
  std::vector<TaskResult> tasks;
  Case(double lucky_here, double able_here, double rows) { Add(lucky_here, able_here, rows, true); }
  void Add(double lucky_share, double able_share, double rows, bool admitted, std::shared_ptr<const ProbeSet> probes = std::make_shared<const ProbeSet>()) {
    TaskResult task;
    task.probes = std::move(probes);
    task.trials.push_back(Tried(lucky, lucky_share, rows, admitted));
    task.trials.push_back(Tried(able, able_share, rows, admitted));
    task.chosen_index = admitted ? 0 : static_cast<std::size_t>(-1);
    tasks.push_back(std::move(task));
  }
  std::string Chosen() {
    ChooseModels(tasks);
    return tasks[0].chosen()->candidate.tool->card().id.name;
  }
};

TEST(ChooseModels, WhatOtherTasksShowDecidesBetweenFewRows) {
  Case few(0.80, 0.77, 23);
  few.Add(0.50, 0.93, 40, false);
  EXPECT_EQ(few.Chosen(), "able");
  EXPECT_NE(few.tasks[0].note.find("lucky"), std::string::npos);
}

TEST(ChooseModels, ManyRowsDecideForThemselves) {
  Case many(0.80, 0.70, 200);
  many.Add(0.50, 0.93, 40, false);
  EXPECT_EQ(many.Chosen(), "lucky");
  EXPECT_EQ(many.tasks[0].note, "");
}

TEST(ChooseModels, WithoutOtherTasksTheOrderStays) { EXPECT_EQ(Case(0.80, 0.77, 23).Chosen(), "lucky"); }

TEST(ChooseModels, TasksProvenTogetherCountOnce) {
  Case siblings(0.80, 0.77, 23);
  const auto probes = std::make_shared<const ProbeSet>();
  siblings.Add(0.70, 0.66, 60, true, probes);
  for (int i = 0; i < 5; ++i) siblings.Add(0.30, 0.80, 10, false, std::make_shared<const ProbeSet>());
  siblings.Add(0.70, 0.66, 60, true, probes);
  EXPECT_EQ(siblings.Chosen(), "able") << "50 rows against lucky, 60 for it, not 120";
}

TEST(ChooseModels, WhatIsProvenElsewhereIsTakenBeforeALuckyOne) {
  Case few(0.72, 0.70, 37);
  few.tasks[0].trials[1].verdict = {false, "it orders 70.0 % of pairs: not surely above 60.0 %", true};
  few.Add(0.50, 0.90, 44, true);
  EXPECT_EQ(few.Chosen(), "able");
  EXPECT_TRUE(few.tasks[0].chosen()->verdict.admitted);
  EXPECT_NE(few.tasks[0].chosen()->verdict.why.find("proven on other tasks"), std::string::npos) << few.tasks[0].chosen()->verdict.why;
}

TEST(ChooseModels, WhatIsProvenNowhereIsNot) {
  Case few(0.72, 0.70, 37);
  few.tasks[0].trials[1].verdict = {false, "it orders 70.0 % of pairs: not surely above 60.0 %", true};
  few.Add(0.50, 0.90, 44, false);
  EXPECT_EQ(few.Chosen(), "lucky");
}

TEST(ChooseModels, ARefusedModelIsNeverTaken) {
  Case one(0.80, 0.99, 23);
  one.Add(0.10, 0.99, 100, false);
  one.tasks[0].trials[1].verdict.admitted = false;
  EXPECT_EQ(one.Chosen(), "lucky");
}

}  // namespace
}  // namespace rlar
