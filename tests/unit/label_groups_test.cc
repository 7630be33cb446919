#include "agents/discover_tasks/label_groups.h"

#include <gtest/gtest.h>

#include "chat_server.h"
#include "llm/http_backend.h"

namespace rlar {
namespace {

TEST(LabelGroups, AStrayRowDoesNotNameATask) {
  std::vector<Query> rows;
  for (int i = 0; i < 9; ++i) {
    Query query;
    query.prompt = i == 4 ? "Strictly speaking, who wrote the play? Zounds." : "Work out the sum of the whole numbers " + std::to_string(3 + i) + " and 4.";
    query.reference = {Reference::Kind::kText, {std::to_string(i)}, {}};
    rows.push_back(std::move(query));
  }
  Grouping grouping = GroupRows(rows);
  ASSERT_EQ(grouping.groups.size(), 1u);

  std::string asked;
  ChatServer server([&](int, const std::string& request) {
    asked += request;
    return ChatServer::Http(200, ChatServer::Completion(R"({"task":"Add two numbers.","answer":"A number.","name":"sum"})"));
  });
  auto backend = MakeHttpBackend({.url = server.url(), .model = "m", .timeout = std::chrono::milliseconds(2000)}, nullptr);
  ASSERT_TRUE(backend.has_value());
  LlmOptions options;
  options.model = "m";
  LlmClient client(std::move(*backend), nullptr, options);
  EXPECT_EQ(LabelGroups(grouping, rows, client, {}).described, 1u);
  EXPECT_EQ(grouping.groups[0].model.task, "sum");
  EXPECT_NE(asked.find("Work out the sum"), std::string::npos);
  EXPECT_EQ(asked.find("Zounds"), std::string::npos);
}

}  // namespace
}  // namespace rlar
