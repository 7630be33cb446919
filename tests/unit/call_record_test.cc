#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/hash.h"
#include "llm/record.h"

namespace rlar {
namespace {

// The rows `first` to `last` - 1.
Sketch Rows(std::uint32_t first, std::uint32_t last) {
  std::vector<std::uint32_t> hashes;
  for (std::uint32_t i = first; i < last; ++i) hashes.push_back(static_cast<std::uint32_t>(Hash64("row " + std::to_string(i))));
  return MakeSketch(std::move(hashes));
}

ChatRequest Question(const std::string& text, std::vector<Sketch> about) {
  ChatRequest request;
  request.stage = "name_task";
  request.prompt = "name_task@1";
  request.messages = {{"user", text}};
  request.about = std::move(about);
  return request;
}

RecordedCall Answer(const std::string& text, const std::string& failure = "") {
  RecordedCall call;
  call.reply.text = text;
  call.reply.model = "m";
  call.failure = failure;
  return call;
}

TEST(Sketch, LikenessIsExactForFewAndNearForMany) {
  EXPECT_EQ(Likeness(Rows(0, 24), Rows(0, 24)), 1);
  EXPECT_EQ(Likeness(Rows(0, 24), Rows(2, 26)), 22.0 / 26);
  EXPECT_EQ(Likeness(Rows(0, 24), Rows(50, 60)), 0);
  EXPECT_EQ(Likeness({}, {}), 0);
  EXPECT_NEAR(Likeness(Rows(0, 10'000), Rows(1000, 11'000)), 9.0 / 11, 0.15);
  EXPECT_LT(Likeness(Rows(0, 10'000), Rows(8000, 18'000)), 0.4);
}

class CallRecordTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "rlar_record.XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
    Open();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void Open() {
    auto opened = CallRecord::Open(folder_ + "/calls.jsonl");
    ASSERT_TRUE(opened.has_value());
    record_ = std::move(*opened);
  }
  void Put(const ChatRequest& request, const RecordedCall& call) { ASSERT_TRUE(record_->Put(request, call, 0, 0).has_value()); }
  std::string Found(const ChatRequest& request, const std::string& model = "m") {
    const auto call = record_->Find(request, model);
    return call ? call->reply.text : "nothing";
  }

  std::string folder_;
  std::unique_ptr<CallRecord> record_;
};

TEST_F(CallRecordTest, WhatWasSaidAboutNearlyTheSameRowsIsNotAskedAgain) {
  Put(Question("rows 1, 2", {Rows(0, 50)}), Answer("sums"));
  Put(Question("rows 70, 80", {Rows(60, 110)}), Answer("capitals"));
  for (const bool reopened : {false, true}) {
    if (reopened) Open();
    EXPECT_EQ(Found(Question("rows 3, 4", {Rows(2, 52)})), "sums");
    EXPECT_EQ(Found(Question("rows 3, 4", {Rows(2, 52)}), ""), "sums") << "any model";
    EXPECT_EQ(Found(Question("rows 81, 91", {Rows(61, 111)})), "capitals");
    EXPECT_EQ(Found(Question("rows 3, 4", {Rows(25, 75)})), "nothing");
    EXPECT_EQ(Found(Question("rows 3, 4", {})), "nothing") << "the words are all that matters";
    EXPECT_EQ(Found(Question("rows 3, 4", {Rows(2, 52)}), "another"), "nothing");
    ChatRequest warmer = Question("rows 3, 4", {Rows(2, 52)});
    warmer.temperature = 0.5;
    EXPECT_EQ(Found(warmer), "nothing");
    ChatRequest newer = Question("rows 3, 4", {Rows(2, 52)});
    newer.prompt = "name_task@2";
    EXPECT_EQ(Found(newer), "nothing");
  }
}

TEST_F(CallRecordTest, TheVeryQuestionComesFirst) {
  Put(Question("rows 1, 2", {Rows(0, 50)}), Answer("older"));
  Put(Question("rows 3, 4", {Rows(2, 52)}), Answer("newer"));
  EXPECT_EQ(Found(Question("rows 1, 2", {Rows(2, 52)})), "older");
}

TEST_F(CallRecordTest, BothSidesOfAPairMustBeLike) {
  Put(Question("A and B", {Rows(0, 100), Rows(200, 205)}), Answer("the same"));
  EXPECT_EQ(Found(Question("A' and B", {Rows(1, 101), Rows(200, 205)})), "the same");
  EXPECT_EQ(Found(Question("B and A'", {Rows(200, 205), Rows(1, 101)})), "the same");
  EXPECT_EQ(Found(Question("A and C", {Rows(0, 100), Rows(300, 305)})), "nothing");
  EXPECT_EQ(Found(Question("A", {Rows(0, 100)})), "nothing");
}

TEST_F(CallRecordTest, AFailureAnswersForItsVeryQuestionOnly) {
  Put(Question("rows 1, 2", {Rows(0, 50)}), Answer("mumble", "no JSON"));
  EXPECT_EQ(Found(Question("rows 1, 2", {Rows(0, 50)})), "mumble");
  EXPECT_EQ(Found(Question("rows 3, 4", {Rows(0, 50)})), "nothing");
}

}  // namespace
}  // namespace rlar
