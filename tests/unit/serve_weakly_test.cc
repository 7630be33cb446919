// Which model serves below the bar where labels alone speak for it.
#include <gtest/gtest.h>

#include "agents/by_labels.h"
#include "agents/find_reward_model/model_probes.h"
#include "rlar/snapshot.h"
#include "unit/stub_model.h"

namespace rlar {
namespace {

// Pairs whose better response is the longer one or the shorter one, and how many of them the model orders.
struct Kind {
  bool longer;
  int rows, ordered;
};

TaskResult Task(const StubModel& model, const std::string& name, const std::vector<Kind>& kinds, const Verdict& verdict) {
  TaskResult task;
  task.group.model.task = name;
  auto probes = std::make_shared<ProbeSet>();
  probes->labelled = true;
  Trial trial;
  trial.candidate.tool = &model;
  trial.verdict = verdict;
  for (const Kind& kind : kinds) {
    for (int i = 0; i < kind.rows; ++i) {
      LabelledRow row;
      row.query.prompt = name + std::to_string(probes->rows.size());
      row.responses.resize(2);
      row.responses[kind.longer ? 0 : 1].text = "a reply of some more words";
      row.responses[kind.longer ? 1 : 0].text = "a reply";
      row.labels = {1.0, 0.0};
      probes->rows.push_back(std::move(row));
      trial.by_row.push_back(i < kind.ordered ? std::vector<double>{1, 0} : std::vector<double>{0, 1});
    }
  }
  task.probes = std::move(probes);
  task.trials.push_back(std::move(trial));
  task.chosen_index = verdict.admitted ? 0 : static_cast<std::size_t>(-1);
  return task;
}

const Verdict kAdmitted{true, "it orders enough"}, kNear{false, "not surely above 60.0 %", true};

// What the route of a small task says, where the model serves a large one; empty where nothing serves it.
std::string SmallTask(const std::vector<Kind>& large, const std::vector<Kind>& small, const Verdict& verdict = kNear) {
  const StubModel model("able");
  std::vector<TaskResult> tasks;
  tasks.push_back(Task(model, "large", large, kAdmitted));
  tasks.push_back(Task(model, "small", small, verdict));
  const std::vector<Query> rows;
  const auto tools = Snapshot::Builtin();
  const Labels labels;
  const std::function<void(const std::string&, double)> progress;
  FindModelsJob job{rows, *tools, labels, nullptr, nullptr, {}, progress};
  ServeByLabels(tasks, job, GateSettings{});
  return tasks[1].chosen() == nullptr ? "" : tasks[1].chosen()->verdict.why;
}

const std::vector<Kind> kBeyondLength{{true, 40, 32}, {false, 30, 20}}, kLength{{true, 50, 48}, {false, 30, 2}};
// Nearly all of whose better responses are the longer: nothing can be said of length here.
const std::vector<Kind> kAllLonger{{true, 16, 12}};

TEST(ServeByLabels, AModelProvenBeyondLengthElsewhereServesWhereLengthCannotBeTold) {
  EXPECT_NE(SmallTask(kBeyondLength, kAllLonger).find("on another task"), std::string::npos);
}

TEST(ServeByLabels, AMeasureOfLengthDoesNot) { EXPECT_EQ(SmallTask(kLength, kAllLonger), ""); }

TEST(ServeByLabels, NorOneThatLooksLikeLengthHere) { EXPECT_EQ(SmallTask(kBeyondLength, {{true, 14, 14}, {false, 6, 0}}), ""); }

TEST(ServeByLabels, NorOneThatChanceExplains) { EXPECT_EQ(SmallTask(kBeyondLength, {{true, 16, 10}}), ""); }

TEST(ServeByLabels, NorOneInWhichSomethingWasFoundWrong) { EXPECT_EQ(SmallTask(kBeyondLength, kAllLonger, {false, "it follows length", false}), ""); }

}  // namespace
}  // namespace rlar
