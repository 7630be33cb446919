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

// Likes kind words and the length of what it reads up to `most` words.
class Model final : public Tool {
 public:
  explicit Model(std::size_t most) : most_(most) {
    card_.id = {"model", "1"};
    card_.kind = ToolKind::kRewardModel;
    card_.binary = false;
  }
  const ToolCard& card() const override { return card_; }
  std::vector<Score> Run(const Query&, std::span<const Response> responses, const Json&, const CallContext&) const override {
    std::vector<Score> scores;
    for (const Response& response : responses) {
      std::size_t words = 1;
      for (const char c : response.text) words += c == ' ';
      const double kind = response.text.find("sorry") != std::string::npos ? 0.5 : 0.0;
      scores.push_back(Score::Ok(kind + 0.4 * static_cast<double>(std::min(words, most_)) / static_cast<double>(most_)));
    }
    return scores;
  }
  Result<void> CheckParams(const Json&) const override { return {}; }

 private:
  ToolCard card_;
  const std::size_t most_;
};

// A task that the model serves alone, proven on the replies against rude ones.
TaskResult Served(const Model& model, const std::vector<std::string>& replies) {
  auto probes = std::make_shared<ProbeSet>();
  probes->labelled = true;
  for (const std::string& reply : replies) {
    LabelledRow row;
    row.responses = {{.text = reply}, {.text = "do not bother me ."}};
    row.labels = {1.0, 0.0};
    probes->rows.push_back(std::move(row));
  }
  TaskResult task;
  const ModelEvidence measured = TryModel(model, Json(), *probes);
  task.trials.push_back(MakeTrial(&model, nullptr, measured, {true, "orders all pairs"}, "found"));
  task.probes = probes;
  task.chosen_index = 0;
  return task;
}

TaskResult AfterGuarding(const Model& model, const std::vector<std::string>& replies) {
  std::vector<TaskResult> tasks;
  tasks.push_back(Served(model, replies));
  GuardModels(tasks);
  return std::move(tasks.front());
}

TEST(GuardModels, AModelThatDoesNotMindGetsAGuard) {
  const Model model(6);  // reads no further
  const TaskResult task = AfterGuarding(model, Replies(false));
  ASSERT_EQ(task.trials.size(), 2u);
  const Trial& chosen = *task.chosen();
  EXPECT_EQ(chosen.combine, Combine::kMin);
  ASSERT_EQ(chosen.beside.size(), 1u);
  EXPECT_EQ(chosen.beside[0].tool.name, "like_known");
  EXPECT_NE(chosen.verdict.why.find("last_left_out (40 of 40)"), std::string::npos) << chosen.verdict.why;
}

TEST(GuardModels, OnlyWhatItDoesNotMindIsSaid) {
  const Model model(40);
  const TaskResult task = AfterGuarding(model, Replies(false));
  EXPECT_NE(task.chosen()->verdict.why.find("last_twice"), std::string::npos) << "a longer one is always better to it";
  EXPECT_EQ(task.chosen()->verdict.why.find("last_left_out"), std::string::npos) << task.chosen()->verdict.why;
}

TEST(GuardModels, WhereNothingTellsTheReportSaysSo) {
  const Model model(3);
  const TaskResult task = AfterGuarding(model, Replies(true));
  EXPECT_EQ(task.chosen_index, 0u);
  EXPECT_NE(task.note.find("a policy can win by that"), std::string::npos) << task.note;
}

}  // namespace
}  // namespace rlar
