#include "agents/guard_models.h"

#include <gtest/gtest.h>

#include "text/outline.h"

namespace rlar {
namespace {

std::vector<std::string> Kinds(const std::string& text) {
  std::vector<std::string> kinds;
  for (const auto& [kind, changed] : Damaged(text)) {
    EXPECT_NE(changed, text);
    kinds.push_back(kind);
  }
  return kinds;
}

TEST(Outline, SentencesHoldTheWholeText) {
  for (const std::string text : {"One. Two! Three?", "a\n\nb c.  d", "...", "no stop", "Well ... yes. ", "1.5 is no end. v2.0 neither", "\n\n x"}) {
    std::string together;
    for (const auto sentence : OutlineSentences(text)) together += sentence;
    EXPECT_TRUE(together == text || OutlineSentences(text).empty()) << text;
  }
  EXPECT_EQ(OutlineSentences("One. Two! Three?").size(), 3u);
  EXPECT_EQ(OutlineSentences("oh no , let me help . oil the lamp . bye .").size(), 3u);
  EXPECT_EQ(OutlineSentences("1.5 is no end. v2.0 neither").size(), 2u);
  EXPECT_TRUE(OutlineSentences(" . \n").empty());
}

TEST(Outline, FeaturesAreBounded) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "word" + std::to_string(i) + " ends here. ";
  EXPECT_LE(OutlineFeatures(text).size(), 12u);
  EXPECT_TRUE(OutlineFeatures("").empty());
}

TEST(Damaged, NamesWhatIsMissing) {
  EXPECT_EQ(Kinds("Sorry. Oil it. Tell me more."), (std::vector<std::string>{"last_left_out", "first_left_out", "last_twice", "middle_left_out", "cut"}));
  EXPECT_EQ(Damaged("Sorry. Oil it. Tell me more.")[0].second, "Sorry. Oil it.");
  EXPECT_EQ(Kinds("just five words and one"), (std::vector<std::string>{"cut"}));
  EXPECT_TRUE(Kinds("two words").empty());
}

// Replies that end with an offer; `open` ones end as they please, so that nothing tells a whole one.
std::vector<std::string> Replies(bool open) {
  const char* things[] = {"lamp", "oven", "clock", "radio", "fence", "boat", "kettle", "bicycle"};
  const char* verbs[] = {"oil", "wash", "seal", "warm", "polish"};
  std::vector<std::string> replies;
  for (int i = 0; i < 60; ++i) {
    const std::string thing = things[i % 8], verb = verbs[i % 5];
    const std::string advice = verb + " the " + thing + " .", other = std::string(verbs[(i + 2) % 5]) + " the " + things[(i / 8) % 8] + " .";
    replies.push_back(open ? advice + " " + other + (i % 2 == 0 ? " " + std::string(verbs[(i + 1) % 5]) + " the " + things[(i / 5) % 8] + " ." : "")
                           : "I am sorry . " + advice + (i % 2 == 0 ? " tell me how it goes ." : " ask me again any time ."));
  }
  return replies;
}

Guard LearnOf(const std::vector<std::string>& replies) { return LearnGuard(replies, {"last_left_out"}); }

TEST(LearnGuard, TellsWholeRepliesWhereTheyEndInAWayOfTheirOwn) {
  const Guard guard = LearnOf(Replies(false));
  EXPECT_EQ(guard.accepted, guard.whole);
  EXPECT_EQ(guard.refused, guard.damaged);
  EXPECT_EQ(guard.whole, 60u);
  EXPECT_LE(guard.params.Find("weights")->object().size(), 200u);
}

TEST(LearnGuard, SaysHowBadlyItTellsThemElsewhere) {
  const Guard guard = LearnOf(Replies(true));
  EXPECT_LT(guard.accepted + guard.refused, 100u) << guard.accepted << " of " << guard.whole << ", " << guard.refused << " of " << guard.damaged;
}

TEST(LearnGuard, IsDeterministic) { EXPECT_EQ(LearnOf(Replies(false)).params.DumpCanonical(), LearnOf(Replies(false)).params.DumpCanonical()); }

}  // namespace
}  // namespace rlar
