#include "agents/discover_tasks/place_unsure.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "chat_server.h"
#include "llm/http_backend.h"

namespace rlar {
namespace {

// Eight sums and eight capitals; one capital stands among the sums.
struct Mixture {
  std::vector<Query> rows;
  Grouping grouping;
  std::size_t sums = 0, capitals = 0, strayed = 0;

  explicit Mixture(const std::string& task = "") {
    for (int i = 0; i < 8; ++i) {
      Add("Work out the sum of the whole numbers " + std::to_string(3 + i) + " and " + std::to_string(40 - i) + " by hand.", task);
      Add("Which town is the capital of the country with the number " + std::to_string(i) + " on the map?", "");
    }
    Regroup();
    RLAR_CHECK(grouping.groups.size() == 2);
  }
  void Regroup() {
    grouping = GroupRows(rows);
    for (std::size_t i = 0; i < grouping.groups.size(); ++i) {
      TaskGroup& group = grouping.groups[i];
      const std::string& prompt = rows[group.rows[0]].prompt;
      group.described = true;
      group.label = prompt.starts_with("Which") ? "Name a capital." : prompt.starts_with("Work") ? "Add two numbers." : "Say it in French.";
      if (prompt.starts_with("Which")) capitals = i;
      if (prompt.starts_with("Work")) sums = i;
    }
    strayed = grouping.groups[capitals].rows.back();
    MoveRow(grouping, rows, strayed, capitals, sums);
  }
  void Add(const std::string& prompt, const std::string& task) {
    Query query;
    query.prompt = prompt;
    query.task = task;
    query.reference = {Reference::Kind::kText, {"a word"}, {}};
    rows.push_back(std::move(query));
  }
  bool Strayed() const {
    const auto& held = grouping.groups[sums].rows;
    return std::find(held.begin(), held.end(), strayed) != held.end();
  }
};

Placed Place(Mixture& mixture, const std::string& answer, int status = 200, std::string* asked = nullptr) {
  ChatServer server([&](int, const std::string& request) {
    if (asked != nullptr) *asked += request;
    return ChatServer::Http(status, ChatServer::Completion(answer));
  });
  auto backend = MakeHttpBackend({.url = server.url(), .model = "m", .timeout = std::chrono::milliseconds(2000)}, nullptr);
  EXPECT_TRUE(backend.has_value());
  LlmOptions options;
  options.model = "m";
  options.first_pause = options.longest_pause = std::chrono::milliseconds(2);
  LlmClient client(std::move(*backend), nullptr, options);
  return PlaceUnsure(mixture.grouping, mixture.rows, client, {});
}

std::string Number(std::size_t group) { return R"({"asks":"a town","task":)" + std::to_string(group + 1) + "}"; }

TEST(PlaceUnsure, ARowWordedLikeAnotherTaskGoesWhereTheModelSays) {
  Mixture mixture;
  ASSERT_TRUE(mixture.Strayed());
  const Placed placed = Place(mixture, Number(mixture.capitals));
  EXPECT_EQ(placed.asked, 1u) << "one row in twenty at most";
  EXPECT_EQ(placed.moved, 1u);
  EXPECT_FALSE(mixture.Strayed());
  EXPECT_EQ(mixture.grouping.groups[mixture.capitals].rows.size(), 8u);
}

TEST(PlaceUnsure, ARowStaysWhereTheModelNamesNoneOrFails) {
  for (const auto& [answer, status] :
       {std::pair<std::string, int>{R"({"asks":"x","task":0})", 200}, {R"({"asks":"x","task":9})", 200}, {"no JSON", 200}, {"", 400}}) {
    Mixture mixture;
    EXPECT_EQ(Place(mixture, answer, status).moved, 0u) << answer;
    EXPECT_TRUE(mixture.Strayed()) << answer;
  }
}

TEST(PlaceUnsure, ATaskThatIsOutOfTheQuestionIsNoChoice) {
  Mixture mixture;
  for (int i = 0; i < 8; ++i) mixture.Add("Translate line " + std::to_string(i) + " into French, please: red houses stand there.", "");
  mixture.Regroup();
  std::string asked;
  Place(mixture, Number(mixture.capitals), 200, &asked);
  EXPECT_NE(asked.find("Name a capital."), std::string::npos);
  EXPECT_EQ(asked.find("Say it in French."), std::string::npos);
}

TEST(PlaceUnsure, RowsOfTheUsersOwnTasksAreNotAskedAbout) {
  Mixture mixture("sums");
  EXPECT_EQ(Place(mixture, Number(mixture.capitals)).asked, 0u);
}

}  // namespace
}  // namespace rlar
