#include "agents/shadow.h"

#include <gtest/gtest.h>

#include "agents/second_tool.h"

namespace rlar {
namespace {

using Says = Score (*)(const Query&, const Response&);

class FakeTool : public Tool {
 public:
  FakeTool(std::string name, Says says) : says_(says) {
    card_.id = {std::move(name), "1"};
    card_.kind = ToolKind::kSynthesized;
  }
  const ToolCard& card() const override { return card_; }
  std::vector<Score> Run(const Query& query, std::span<const Response> responses, const Json&, const CallContext&) const override {
    std::vector<Score> scores;
    for (const Response& response : responses) scores.push_back(says_(query, response));
    return scores;
  }
  Result<void> CheckParams(const Json&) const override { return {}; }

 private:
  ToolCard card_;
  Says says_;
};

Score Holds(const Query& query, const Response& response) { return Score::Verdict(response.text.find(query.reference.texts[0]) != std::string::npos); }
Score FailsOnLong(const Query& query, const Response& response) {
  return response.text.size() > 30 ? Score::Failed(Class::kCrash, "too long") : Holds(query, response);
}
Score LikesAll(const Query&, const Response&) { return Score::Ok(1); }

// A task of sums with native number_equal tried on it beside `tool`, which the evidence prefers.
struct Fixture {
  explicit Fixture(Says says) : fake("fake", says) {
    for (int i = 0; i < 30; ++i) {
      Query query;
      query.prompt = "sum " + std::to_string(i);
      query.reference = {Reference::Kind::kText, {std::to_string(100 + i)}, {}};
      rows.push_back(std::move(query));
      task.group.rows.push_back(static_cast<std::size_t>(i));
    }
    task.group.model.task = "sum";
    Add(&fake, 1.0);
    Add(natives->FindTool("number_equal"), 0.9);
    task.chosen_index = 0;
    std::vector<const Query*> trial_rows;
    for (const Query& query : rows) trial_rows.push_back(&query);
    task.second = SecondOf(task, trial_rows, {});
  }
  void Add(const Tool* tool, double rate) {
    Trial trial;
    trial.candidate.tool = tool;
    Evidence& e = trial.evidence;
    e.accept_probes = e.refuse_probes = e.pair_count = 100;
    e.accepts = e.refuses = e.pairs = 100 * rate;
    trial.verdict.admitted = true;
    task.trials.push_back(std::move(trial));
  }
  // Two responses a row: `right` and `other`, with "%" for the reference.
  void Shadow(const std::string& right, const std::string& other) {
    Rollouts live;
    for (const Query& query : rows) {
      std::vector<std::string> texts;
      for (std::string text : {right, other}) {
        if (const auto at = text.find('%'); at != text.npos) text.replace(at, 1, query.reference.texts[0]);
        texts.push_back(text);
      }
      live.Add(query.prompt, AsResponses(texts));
    }
    std::vector<TaskResult> tasks{std::move(task)};
    ShadowTasks(tasks, rows, live, *natives);
    task = std::move(tasks[0]);
  }
  std::string Chosen() const { return task.chosen() == nullptr ? "" : task.chosen()->candidate.tool->card().id.name; }

  std::shared_ptr<const Snapshot> natives = Snapshot::Builtin();
  FakeTool fake;
  std::vector<Query> rows;
  TaskResult task;
};

TEST(Shadow, ASoundToolStaysAndItsLiveEvidenceIsKept) {
  Fixture at(Holds);
  ASSERT_TRUE(at.task.second && at.task.second->accepted >= 40);
  at.Shadow("The answer is %.", "The answer is 7.");
  EXPECT_EQ(at.Chosen(), "fake");
  const Json& live = at.task.chosen()->evidence.live;
  EXPECT_EQ(live.Find("responses")->number(), 60);
  EXPECT_EQ(live.Find("failed")->number(), 0);
  EXPECT_EQ(live.Find("second")->Find("doubted")->number(), 0);
}

TEST(Shadow, AToolThatFailsOnLiveResponsesIsRefused) {
  Fixture at(FailsOnLong);
  at.Shadow("I have thought about it for long, and the answer is %.", "The answer is 7.");
  EXPECT_EQ(at.Chosen(), "number_equal");
  EXPECT_NE(at.task.trials[0].verdict.why.find("30 of 60"), std::string::npos) << at.task.trials[0].verdict.why;
}

TEST(Shadow, AToolThatTellsNothingApartIsRefused) {
  Fixture at(LikesAll);
  at.Shadow("The answer is %.", "The answer is 7.");
  EXPECT_EQ(at.Chosen(), "number_equal");
}

TEST(Shadow, AToolThatLiveResponsesGameIsRefused) {
  Fixture at(Holds);
  at.Shadow("The answer is 7 or %.", "The answer is 7.");
  EXPECT_EQ(at.Chosen(), "number_equal");
  EXPECT_NE(at.task.trials[0].verdict.why.find("refuses"), std::string::npos) << at.task.trials[0].verdict.why;
}

TEST(Shadow, WhereNothingHoldsTheTaskIsUnservedAndSaysWhy) {
  Fixture at(FailsOnLong);
  at.task.trials[1].verdict.admitted = false;
  at.Shadow("I have thought about it for long, and the answer is %.", "The answer is 7.");
  EXPECT_EQ(at.Chosen(), "");
  EXPECT_NE(at.task.missing.find("in shadow"), std::string::npos) << at.task.missing;
}

TEST(Shadow, AFewResponsesSayNothing) {
  LiveTrial live;
  live.responses = 9, live.failed = 1;
  EXPECT_EQ(LiveObjection(live, nullptr, 0), "");
  live.failed = 4;
  EXPECT_NE(LiveObjection(live, nullptr, 0), "");
}

}  // namespace
}  // namespace rlar
