#include "agents/find_reward_model/style_bias.h"

#include <gtest/gtest.h>

#include "unit/probe_pairs.h"

namespace rlar {
namespace {

// Gives what a function of the response says.
class Measure final : public Tool {
 public:
  explicit Measure(double (*value)(const std::string&)) : value_(value) {
    card_.id = {"measure", "1"};
    card_.kind = ToolKind::kRewardModel;
  }
  const ToolCard& card() const override { return card_; }
  Result<void> CheckParams(const Json&) const override { return {}; }
  std::vector<Score> Run(const Query&, std::span<const Response> responses, const Json&, const CallContext&) const override {
    std::vector<Score> scores;
    for (const Response& response : responses) scores.push_back(Score::Ok(value_(response.text)));
    return scores;
  }

 private:
  ToolCard card_;
  double (*value_)(const std::string&);
};

double Says(const std::string& text, const char* word) { return text.find(word) != text.npos ? 0.7 : 0.2; }

TEST(StyleBias, DressesWordsAndLeavesThemAsTheyAre) {
  EXPECT_EQ(Dressed("Open the lid first. Then look."), "## Answer\n\n- **Open the lid** first.\n- **Then look.**\n");
  for (const char* text : {"", "  \n", "# Title\ntext", "a **bold** word", "one\n- two\n- three", "```\ncode\n```"}) EXPECT_EQ(Dressed(text), "") << text;
}

TEST(StyleBias, AModelThatReadsWordsIsNotTurned) {
  const Measure words([](const std::string& text) { return Says(text, "kind"); });
  const auto found = TryModel(words, Json(), Pairs("A kind reply", "A rude reply", 25));
  EXPECT_EQ(found.dressed, 25u);
  EXPECT_EQ(found.turned, 0u);
  EXPECT_EQ(found.ToEvidence().Faults().array().size(), 1u) << "wrong_order only";
}

TEST(StyleBias, AModelThatLikesLooksIsRefused) {
  const Measure looks([](const std::string& text) { return text.find("**") != text.npos ? 0.9 : Says(text, "kind"); });
  const auto found = TryModel(looks, Json(), Pairs("A kind and useful reply", "A rude reply", 25));
  EXPECT_EQ(found.turned, 25u);
  const Verdict verdict = JudgeModel(found, {});
  EXPECT_FALSE(verdict.admitted);
  EXPECT_NE(verdict.why.find("25 of 25"), std::string::npos) << verdict.why;
  EXPECT_FALSE(verdict.near);
}

TEST(StyleBias, WhatNowAndThenLikesLooksHasItOnItsCard) {
  const Measure some([](const std::string& text) { return text.find("**") != text.npos && text.find('7') != text.npos ? 0.9 : Says(text, "kind"); });
  const auto found = TryModel(some, Json(), Pairs("A kind reply", "A rude reply", 30));
  EXPECT_EQ(found.turned, 3u) << "rows 7, 17 and 27";
  EXPECT_TRUE(JudgeModel(found, {}).admitted);
  const Json faults = found.ToEvidence().Faults();
  ASSERT_EQ(faults.array().size(), 2u) << faults.Dump();
  EXPECT_EQ(*faults.array()[1].Find("kind"), Json("follows_style"));
  EXPECT_EQ(*faults.array()[1].Find("rate"), Json(0.1));
}

}  // namespace
}  // namespace rlar
