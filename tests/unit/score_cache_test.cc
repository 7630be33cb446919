#include "engine/score_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace rlar {
namespace {

class NamedTool final : public Tool {
 public:
  explicit NamedTool(std::string version = "1") { card_.id = {"t", std::move(version)}; }
  const ToolCard& card() const override { return card_; }
  std::vector<Score> Run(const Query&, std::span<const Response>, const Json&, const CallContext&) const override { return {}; }
  Result<void> CheckParams(const Json&) const override { return {}; }

 private:
  ToolCard card_;
};

std::vector<Response> Texts(std::initializer_list<const char*> texts) {
  std::vector<Response> responses;
  for (const char* text : texts) responses.push_back({.text = text});
  return responses;
}

struct Asked {
  std::size_t texts = 0;
  std::vector<Score> operator()(std::span<const Response> some) {
    texts += some.size();
    std::vector<Score> scores;
    for (const Response& one : some) scores.push_back(Score::Ok(static_cast<double>(one.text.size()) / 10));
    return scores;
  }
};

Query Asking(const char* prompt) {
  Query query;
  query.prompt = prompt;
  query.messages.push_back({.role = "user", .content = prompt});
  return query;
}

TEST(ScoreCache, KeepsByContentAndVersion) {
  ScoreCache cache(1 << 20);
  Asked asked;
  const auto run = [&](const Tool& tool, const Query& query, std::vector<Response> responses, const Json& params) {
    return cache.Run(tool, query, responses, params, Deadline::Never(), std::ref(asked));
  };
  const auto first = run(NamedTool(), Asking("q"), Texts({"a", "bb", "a"}), {});
  EXPECT_EQ(asked.texts, 2u);
  EXPECT_EQ(*first[0].value(), 0.1);
  EXPECT_EQ(*first[1].value(), 0.2);
  EXPECT_EQ(*first[2].value(), 0.1);
  run(NamedTool(), Asking("q"), Texts({"bb", "a"}), {});
  EXPECT_EQ(asked.texts, 2u);
  run(NamedTool("2"), Asking("q"), Texts({"a"}), {});
  run(NamedTool(), Asking("another"), Texts({"a"}), {});
  Json params;
  params.Set("x", 1);
  run(NamedTool(), Asking("q"), Texts({"a"}), params);
  auto with_state = Texts({"a"});
  with_state[0].state = Json(1);
  run(NamedTool(), Asking("q"), with_state, {});
  Query with_calls = Asking("q");
  with_calls.messages[0].tool_calls = Json("f()");
  run(NamedTool(), with_calls, Texts({"a"}), {});
  EXPECT_EQ(asked.texts, 7u);
  EXPECT_EQ(cache.counts().hits, 2u);
}

TEST(ScoreCache, IsBoundedAndForgetsTheOldest) {
  ScoreCache cache(1000);  // two entries
  Asked asked;
  for (const char* text : {"a", "b", "a", "c", "a", "b"}) {
    cache.Run(NamedTool(), Asking("q"), Texts({text}), {}, Deadline::Never(), std::ref(asked));
  }
  EXPECT_EQ(asked.texts, 4u);  // a, b, c, and b again
  EXPECT_LE(cache.counts().bytes, 1000u);
  EXPECT_EQ(cache.counts().kept, 2u);
}

TEST(ScoreCache, AFailureIsNobodyElses) {
  ScoreCache cache(1 << 20);
  std::atomic<int> calls = 0;
  std::latch begun(1), waiting(1);
  const auto ask = [&](std::span<const Response> some) {
    const int call = ++calls;
    if (call == 1) {
      begun.count_down();
      waiting.wait();
      return std::vector<Score>(some.size(), Score::Failed(Class::kTimeout, "late"));
    }
    return std::vector<Score>(some.size(), Score::Ok(1));
  };
  std::vector<Score> first, second;
  std::thread leader([&] { first = cache.Run(NamedTool(), Asking("q"), Texts({"a"}), {}, Deadline::Never(), ask); });
  begun.wait();
  std::thread follower([&] { second = cache.Run(NamedTool(), Asking("q"), Texts({"a"}), {}, Deadline::Never(), ask); });
  while (cache.counts().shared == 0) std::this_thread::yield();
  waiting.count_down();
  leader.join();
  follower.join();
  EXPECT_EQ(first[0].status(), Status::kFailed);
  EXPECT_EQ(*second[0].value(), 1);
  EXPECT_EQ(calls, 2);
}

TEST(ScoreCache, AFollowersDeadlineIsItsOwn) {
  ScoreCache cache(1 << 20);
  std::latch begun(1), go(1);
  const auto slow = [&](std::span<const Response> some) {
    begun.count_down();
    go.wait();
    return std::vector<Score>(some.size(), Score::Ok(1));
  };
  std::thread leader([&] { cache.Run(NamedTool(), Asking("q"), Texts({"a"}), {}, Deadline::Never(), slow); });
  begun.wait();
  std::atomic<bool> gone = true;
  const Deadline left[] = {Deadline::After(std::chrono::milliseconds(20)), Deadline::Never().CancelledBy(&gone)};
  for (const Deadline& deadline : left) {
    const auto scores = cache.Run(NamedTool(), Asking("q"), Texts({"a"}), {}, deadline, slow);
    EXPECT_EQ(scores[0].error_class(), Class::kTimeout);
  }
  go.count_down();
  leader.join();
}

}  // namespace
}  // namespace rlar
