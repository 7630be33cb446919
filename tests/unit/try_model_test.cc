#include <gtest/gtest.h>

#include "unit/probe_pairs.h"

namespace rlar {
namespace {

// Counts its callers; each waits until as many are there as `meet` says, five seconds at most.
class Busy final : public Tool {
 public:
  Busy(ToolKind kind, int meet, bool works) : meet_(meet), works_(works) {
    card_.id = {"busy", "1"};
    card_.kind = kind;
  }
  const ToolCard& card() const override { return card_; }
  Result<void> CheckParams(const Json&) const override { return {}; }
  std::vector<Score> Run(const Query&, std::span<const Response> responses, const Json&, const CallContext&) const override {
    std::unique_lock lock(mutex_);
    ++calls_;
    most_ = std::max(most_, ++here_);
    met_.notify_all();
    met_.wait_for(lock, std::chrono::seconds(5), [&] { return most_ >= meet_; });
    --here_;
    std::vector<Score> scores;
    for (std::size_t i = 0; i < responses.size(); ++i) {
      scores.push_back(works_ ? Score::Ok(responses[i].text.starts_with("good") ? 1 : 0) : Score::Failed(Class::kUnavailable, "away"));
    }
    return scores;
  }
  int calls() const { return calls_; }
  int most() const { return most_; }

 private:
  ToolCard card_;
  const int meet_;
  const bool works_;
  mutable std::mutex mutex_;
  mutable std::condition_variable met_;
  mutable int calls_ = 0, here_ = 0, most_ = 0;
};

TEST(TryModel, AsksAJudgeAboutRowsAtOnceAndAModelAboutOneAtATime) {
  const Busy judge(ToolKind::kJudge, 8, true), model(ToolKind::kRewardModel, 1, true);
  std::vector<std::size_t> heard;
  const auto judged = TryModel(judge, Json(), Pairs("good", "bad", 20), [&](std::size_t rows, std::size_t of) {
    EXPECT_EQ(of, 20u);
    heard.push_back(rows);
  });
  EXPECT_EQ(judge.most(), 8);
  EXPECT_EQ(heard, (std::vector<std::size_t>{8, 16, 20}));
  EXPECT_EQ(judged.rows, 20u);
  EXPECT_EQ(judged.accuracy, 1);
  EXPECT_EQ(TryModel(model, Json(), Pairs("good", "bad", 20)).rows, 20u);
  EXPECT_EQ(model.most(), 1);
}

TEST(TryModel, LeavesWhatDoesNotRunAlone) {
  const Busy judge(ToolKind::kJudge, 1, false), model(ToolKind::kRewardModel, 1, false);
  for (const Busy* tool : {&judge, &model}) {
    const auto found = TryModel(*tool, Json(), Pairs("good", "bad", 20));
    EXPECT_EQ(found.rows, 0u);
    EXPECT_EQ(found.failure, "away");
    EXPECT_EQ(found.failed, static_cast<std::size_t>(tool->calls()));
  }
  EXPECT_EQ(judge.calls(), 8);
  EXPECT_EQ(model.calls(), 3);
}

}  // namespace
}  // namespace rlar
