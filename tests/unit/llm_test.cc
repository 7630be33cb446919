#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/fs.h"
#include "chat_server.h"
#include "llm/client.h"
#include "llm/http_backend.h"
#include "llm/schema.h"

namespace rlar {
namespace {

using Milli = std::chrono::milliseconds;
const char* const kKey = "sk-canary-0123456789";

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "rlar_llm.XXXXXX").string();
    RLAR_CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::filesystem::path record() const { return path_ / "llm" / "calls.jsonl"; }

 private:
  std::filesystem::path path_;
};

Json Parse(std::string_view text) { return std::move(ParseJson(text).value()); }

ChatRequest Ask(std::string words = "name it") {
  ChatRequest request;
  request.stage = "test";
  request.prompt = "test@1";
  request.messages = {{"user", std::move(words)}};
  request.schema = Parse(R"({"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false})");
  request.max_tokens = 50;
  return request;
}

LlmOptions Quick() {
  LlmOptions options;
  options.model = "m";
  options.first_pause = Milli(2);
  options.longest_pause = Milli(20);
  return options;
}

std::unique_ptr<LlmClient> Client(const std::string& url, LlmOptions options = Quick(), const Folder* folder = nullptr, Milli timeout = Milli(2000)) {
  HttpBackendOptions http{.url = url, .model = "m", .key = kKey, .timeout = timeout, .cancelled = options.cancelled};
  auto backend = MakeHttpBackend(http, nullptr);
  EXPECT_TRUE(backend.has_value());
  std::unique_ptr<CallRecord> record;
  if (folder != nullptr) record = std::move(CallRecord::Open(folder->record()).value());
  return std::make_unique<LlmClient>(std::move(*backend), std::move(record), std::move(options));
}

std::string Good() { return ChatServer::Http(200, ChatServer::Completion(R"({"name":"sums"})")); }

TEST(Llm, StructuredAnswerAndUsage) {
  ChatServer server([](int, const std::string&) { return Good(); });
  auto client = Client(server.url());
  auto reply = client->Ask(Ask());
  ASSERT_TRUE(reply.has_value()) << reply.error().ToString();
  EXPECT_EQ(reply->json.Find("name")->string(), "sums");
  EXPECT_EQ(client->usage().calls, 1);
  EXPECT_EQ(client->usage().tokens, 110);
  const std::string request = server.seen().front();
  EXPECT_NE(request.find("POST /v1/chat/completions"), request.npos);
  EXPECT_NE(request.find("\"json_schema\""), request.npos);
  EXPECT_NE(request.find(std::string("Authorization: Bearer ") + kKey), request.npos);
}

TEST(Llm, TransientFaultsAreTriedAgain) {
  const std::string whole = Good();
  const std::vector<std::string> faults = {ChatServer::Http(500, "oops"),
                                           ChatServer::Http(503, "{}"),
                                           ChatServer::Http(429, "{}"),
                                           ChatServer::Http(429, "{}", "Retry-After: 0\r\n"),
                                           whole.substr(0, whole.size() - 20),
                                           "",
                                           "no HTTP at all\r\n\r\n",
                                           ChatServer::Http(200, "{\"choices\": [{\"mess"),
                                           ChatServer::Http(200, "{\"choices\": []}")};
  for (const std::string& fault : faults) {
    ChatServer server([&](int n, const std::string&) { return n < 2 ? fault : whole; });
    auto client = Client(server.url());
    auto reply = client->Ask(Ask());
    EXPECT_TRUE(reply.has_value()) << fault;
    EXPECT_EQ(server.requests(), 3) << fault;
  }
}

TEST(Llm, RetryAfterIsObeyedAndLongOnesAreNotWaitedFor) {
  ChatServer server([](int n, const std::string&) { return n == 0 ? ChatServer::Http(429, "{}", "Retry-After: 0.3\r\n") : Good(); });
  auto client = Client(server.url());
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(client->Ask(Ask()).has_value());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, Milli(300));

  ChatServer closed([](int, const std::string&) { return ChatServer::Http(429, "{}", "Retry-After: 86400\r\n"); });
  auto waiting = Client(closed.url());
  auto reply = waiting->Ask(Ask());
  ASSERT_FALSE(reply.has_value());
  EXPECT_NE(reply.error().message.find("86400"), std::string::npos);
  EXPECT_EQ(closed.requests(), 1);
}

TEST(Llm, WhatWillNeverWorkIsAskedOnce) {
  struct Case {
    int status;
    const char* body;
    bool stops;
  };
  for (const Case& c : {Case{400, R"({"error":{"message":"this model's maximum context length is 10"}})", false},
                        Case{400, R"({"error":{"message":"bad request"}})", false}, Case{413, "{}", false}, Case{401, "{}", true}, Case{403, "{}", true},
                        Case{404, "{}", true}, Case{429, R"({"error":{"message":"pay first","code":"insufficient_quota"}})", true}}) {
    ChatServer server([&](int, const std::string&) { return ChatServer::Http(c.status, c.body); });
    auto client = Client(server.url());
    EXPECT_FALSE(client->Ask(Ask("a")).has_value());
    EXPECT_FALSE(client->Ask(Ask("b")).has_value());
    EXPECT_EQ(server.requests(), c.stops ? 1 : 2) << c.status;
    EXPECT_EQ(client->stopped().empty(), !c.stops) << c.status;
    EXPECT_EQ(client->usage().lost.size(), 2u);
  }
}

TEST(Llm, FallsBackWhereStructuredOutputIsRefused) {
  ChatServer server([](int, const std::string& request) {
    if (request.find("response_format") != request.npos) {
      return ChatServer::Http(400, R"({"error":{"message":"response_format is not supported"}})");
    }
    if (request.find("\"seed\"") != request.npos) return ChatServer::Http(400, R"({"error":{"message":"unknown parameter: seed"}})");
    return ChatServer::Http(200, ChatServer::Completion("Sure!\n```json\n{\"name\": \"x\"}\n```"));
  });
  auto client = Client(server.url());
  ASSERT_TRUE(client->Ask(Ask("a")).has_value());
  EXPECT_EQ(server.requests(), 4);  // schema, object, plain with seed, plain
  ASSERT_TRUE(client->Ask(Ask("b")).has_value());
  EXPECT_EQ(server.requests(), 5) << "what was learned is kept";
  EXPECT_NE(server.seen().back().find("JSON Schema"), std::string::npos) << "the schema must stand in the prompt instead";
}

TEST(Llm, UselessAnswersAreErrorsAndAreNotPaidTwice) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {ChatServer::Completion("no json here"), "holds no JSON"},
      {ChatServer::Completion("{\"nam\": 1}"), "lacks 'name'"},
      {ChatServer::Completion("{\"name\": 1}"), "is no string"},
      {ChatServer::Completion("{\"name\": \"aaaaaaaaaaaaaaaaaaaa", "length"), "cut off"},
      {R"({"choices":[{"message":{"content":null,"refusal":"I will not"},"finish_reason":"stop"}]})", "refused"},
      {R"({"choices":[{"message":{"content":""},"finish_reason":"content_filter"}]})", "refused"}};
  for (const auto& [body, why] : cases) {
    const Folder folder;
    ChatServer server([&](int, const std::string&) { return ChatServer::Http(200, body); });
    for (int round = 0; round < 2; ++round) {
      auto client = Client(server.url(), Quick(), &folder);
      auto reply = client->Ask(Ask());
      ASSERT_FALSE(reply.has_value()) << body;
      EXPECT_NE(reply.error().message.find(why), std::string::npos) << reply.error().message;
      EXPECT_EQ(reply.error().code, ErrorCode::kCorrupt);
    }
    EXPECT_EQ(server.requests(), 1) << body;
  }
}

TEST(Llm, TheRecordAnswersOfflineAndHoldsNoKey) {
  const Folder folder;
  {
    // The server quotes the key in its answer and in its errors.
    ChatServer server([](int n, const std::string&) {
      if (n == 0) return ChatServer::Http(200, ChatServer::Completion(std::string("{\"name\":\"") + kKey + "\"}"));
      return ChatServer::Http(401, std::string("{\"error\":{\"message\":\"bad key ") + kKey + "\"}}");
    });
    auto client = Client(server.url(), Quick(), &folder);
    ASSERT_TRUE(client->Ask(Ask("a")).has_value());
    auto refused = client->Ask(Ask("b"));
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().ToString().find(kKey), std::string::npos);
    EXPECT_EQ(client->stopped().find(kKey), std::string::npos);
  }
  EXPECT_EQ(ReadFile(folder.record())->find(kKey), std::string::npos);
  LlmClient offline(nullptr, std::move(CallRecord::Open(folder.record()).value()), {});
  auto again = offline.Ask(Ask("a"));
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->json.Find("name")->string(), "[key]");
  EXPECT_EQ(offline.Ask(Ask("c")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(offline.usage().calls, 0);
}

TEST(Llm, TheKeyOfACallDependsOnWhatIsAskedOnly) {
  const ChatRequest request = Ask();
  EXPECT_EQ(request.Key(), Ask().Key());
  ChatRequest other = Ask();
  other.seed = 1;
  EXPECT_NE(request.Key(), other.Key());
  other = Ask();
  other.prompt = "test@2";
  EXPECT_NE(request.Key(), other.Key());
  other = Ask();
  other.temperature = 0.5;
  EXPECT_NE(request.Key(), other.Key());
}

TEST(Llm, ATornLineOfTheRecordIsPassedOver) {
  const Folder folder;
  ChatServer server([](int, const std::string&) { return Good(); });
  ASSERT_TRUE(Client(server.url(), Quick(), &folder)->Ask(Ask()).has_value());
  const std::string text = *ReadFile(folder.record());
  ASSERT_TRUE(WriteFileAtomic(folder.record(), text + text.substr(0, text.size() / 2)).has_value());
  ASSERT_TRUE(Client(server.url(), Quick(), &folder)->Ask(Ask()).has_value());
  ASSERT_TRUE(Client(server.url(), Quick(), &folder)->Ask(Ask("more")).has_value());
  ASSERT_TRUE(Client(server.url(), Quick(), &folder)->Ask(Ask("more")).has_value());
  EXPECT_EQ(server.requests(), 2);
}

TEST(Llm, BudgetsHoldUnderConcurrency) {
  ChatServer server([](int, const std::string&) { return Good(); });
  LlmOptions options = Quick();
  options.budget.tokens = 1000;
  options.concurrency = 8;
  auto client = Client(server.url(), options);
  std::vector<std::thread> threads;
  for (int i = 0; i < 40; ++i) threads.emplace_back([&, i] { (void)client->Ask(Ask("q" + std::to_string(i))).has_value(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(client->usage().tokens, 1000);
  EXPECT_GT(client->usage().calls, 4);
  EXPECT_GT(client->usage().failed, 0);

  LlmOptions poor = Quick();
  poor.prices = {1000, 1000, true};
  poor.budget.usd = 0.3;
  auto paid = Client(server.url(), poor);
  ASSERT_TRUE(paid->Ask(Ask("a")).has_value());
  EXPECT_NEAR(paid->usage().usd, 0.11, 1e-9);
  while (paid->Ask(Ask("more " + std::to_string(paid->usage().calls))).has_value()) {
  }
  EXPECT_LE(paid->usage().usd, 0.3);

  // One purse, two prices: each counts by its own.
  BudgetLimits limits;
  limits.usd = 0.3;
  const auto purse = std::make_shared<Budget>(limits);
  LlmOptions dear = Quick(), cheap = Quick();
  dear.purse = cheap.purse = purse;
  dear.prices = {1000, 1000, true};
  cheap.prices = {1, 1, true};
  ASSERT_TRUE(Client(server.url(), dear)->Ask(Ask("a")).has_value());
  ASSERT_TRUE(Client(server.url(), cheap)->Ask(Ask("b")).has_value());
  EXPECT_NEAR(purse->usd(), 0.11 + 0.00011, 1e-9);

  LlmOptions late = Quick();
  late.budget.minutes = 0;
  auto none = Client(server.url(), late);
  EXPECT_FALSE(none->Ask(Ask()).has_value());
  EXPECT_NE(none->stopped().find("minutes"), std::string::npos);
}

TEST(Llm, SlowServersMeetDeadlinesAndCancel) {
  std::atomic<bool> open{false};
  ChatServer server([&](int, const std::string&) {
    for (int i = 0; i < 500 && !open; ++i) std::this_thread::sleep_for(Milli(10));
    return Good();
  });
  const auto seconds = [](auto begin) { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  auto begin = std::chrono::steady_clock::now();
  auto reply = Client(server.url())->Ask(Ask(), Deadline::After(Milli(200)));
  ASSERT_FALSE(reply.has_value());
  EXPECT_EQ(reply.error().code, ErrorCode::kTimeout);
  EXPECT_LT(seconds(begin), 1.5);

  LlmOptions twice = Quick();
  twice.tries = 2;
  begin = std::chrono::steady_clock::now();
  EXPECT_EQ(Client(server.url(), twice, nullptr, Milli(150))->Ask(Ask()).error().code, ErrorCode::kUnavailable);
  EXPECT_LT(seconds(begin), 2);

  std::atomic<bool> cancelled{false};
  LlmOptions options = Quick();
  options.cancelled = &cancelled;
  auto client = Client(server.url(), options, nullptr, Milli(60'000));
  std::thread later([&] {
    std::this_thread::sleep_for(Milli(100));
    cancelled = true;
  });
  begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(client->Ask(Ask()).has_value());
  EXPECT_LT(seconds(begin), 3);
  later.join();
  open = true;
}

TEST(Llm, NobodyListens) {
  auto client = Client("http://127.0.0.1:1");
  auto reply = client->Ask(Ask());
  ASSERT_FALSE(reply.has_value());
  EXPECT_NE(reply.error().message.find("4 tries"), std::string::npos);
}

TEST(Llm, AddressesAndTheOnlyModel) {
  ChatServer server([](int, const std::string& request) {
    if (request.starts_with("GET /v1/models")) return ChatServer::Http(200, R"({"data":[{"id":"the-one"}]})");
    return Good();
  });
  std::string model;
  ASSERT_TRUE(MakeHttpBackend({.url = server.url() + "/v1/"}, &model).has_value());
  EXPECT_EQ(model, "the-one");
  EXPECT_FALSE(MakeHttpBackend({.url = "ftp://x"}, &model).has_value());
  EXPECT_FALSE(MakeHttpBackend({.url = "https://user:secret@host/v1", .model = "m"}, &model).has_value());
  ChatServer two([](int, const std::string&) { return ChatServer::Http(200, R"({"data":[{"id":"a"},{"id":"b"}]})"); });
  auto which = MakeHttpBackend({.url = two.url()}, &model);
  ASSERT_FALSE(which.has_value());
  EXPECT_NE(which.error().message.find("--llm-model"), std::string::npos);
}

TEST(Llm, BudgetsAndPricesAreParsed) {
  EXPECT_EQ(ParseBudget("usd=1,tokens=2e6,minutes=30")->tokens, 2e6);
  EXPECT_TRUE(ParseBudget("").has_value());
  for (const char* bad : {"usd", "usd=x", "usd=-1", "euro=1", "usd=1,,tokens=2"}) EXPECT_FALSE(ParseBudget(bad).has_value()) << bad;
  EXPECT_EQ(ParsePrices("0.15,0.6")->completion, 0.6);
  EXPECT_FALSE(ParsePrices("0.15").has_value());
}

TEST(Llm, Schemas) {
  const Json schema = Parse(R"({"type":"object","properties":{"a":{"type":"array","minItems":1,"items":{"enum":["x","y"]}},
    "n":{"anyOf":[{"type":"null"},{"type":"integer","minimum":0}]}},"required":["a"],"additionalProperties":false})");
  EXPECT_TRUE(MatchesSchema(Parse(R"({"a":["x"],"n":3})"), schema).has_value());
  EXPECT_TRUE(MatchesSchema(Parse(R"({"a":["y","x"],"n":null})"), schema).has_value());
  for (const char* bad : {R"({"a":[]})", R"({"a":["z"]})", R"({})", R"({"a":["x"],"b":1})", R"({"a":["x"],"n":-1})", R"({"a":["x"],"n":1.5})", R"([])"}) {
    EXPECT_FALSE(MatchesSchema(Parse(bad), schema).has_value()) << bad;
  }
  EXPECT_EQ(*JsonInText("I think {\"a\": \"}\"} is it"), Parse(R"({"a":"}"})"));
  EXPECT_FALSE(JsonInText("{\"a\": ").has_value());
}

}  // namespace
}  // namespace rlar
