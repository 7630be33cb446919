#include "llm/local_backend.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "llm/client.h"

namespace rlar {
namespace {

// A stand-in with the manners of local_model.py: says its progress, serves one reply, and dies after a call if told to.
const char* const kServer = R"(
import http.server, json, os, sys, threading
print(json.dumps({"step": "fetching", "done": 1, "total": 2}), flush=True)
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"choices": [{"message": {"content": "pid " + str(os.getpid())}, "finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if os.environ.get("RLAR_CACHE") == "dies":
            os._exit(1)
    def log_message(self, *a):
        sys.stderr.write("served\n")
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
def wait():
    while os.read(0, 100): pass
    os._exit(0)
threading.Thread(target=wait, daemon=True).start()
print(json.dumps({"ready": {"url": "http://127.0.0.1:%d" % server.server_port}}), flush=True)
server.serve_forever()
)";

ChatRequest Words(const std::string& text) {
  ChatRequest request;
  request.stage = "test";
  request.prompt = "test@1";
  request.messages = {{"user", text}};
  return request;
}

LlmOptions Quick() {
  LlmOptions options;
  options.first_pause = std::chrono::milliseconds(5);
  return options;
}

TEST(LocalModel, StartsAtTheFirstCallAndEndsWithItsOwner) {
  std::vector<double> shares;
  LocalBackendOptions options;
  options.program = kServer;
  options.progress = [&](const std::string&, double share) { shares.push_back(share); };
  pid_t pid = 0;
  {
    LlmClient client(std::move(MakeLocalBackend(options).value()), nullptr, Quick());
    EXPECT_TRUE(shares.empty());
    auto reply = client.Ask(Words("a"));
    ASSERT_TRUE(reply.has_value()) << reply.error().ToString();
    EXPECT_EQ(shares, std::vector<double>{0.5});
    pid = std::stoi(reply->text.substr(4));
    EXPECT_EQ(client.Ask(Words("b"))->text, reply->text) << "one server for all calls";
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_NE(::kill(pid, 0), 0);
}

TEST(LocalModel, IsStartedAnewWhenItDiesButNotForEver) {
  ::setenv("RLAR_CACHE", "dies", 1);
  LocalBackendOptions options;
  options.program = kServer;
  LlmClient client(std::move(MakeLocalBackend(options).value()), nullptr, Quick());
  std::set<std::string> pids;
  int answered = 0;
  for (int i = 0; i < 8; ++i) {
    auto reply = client.Ask(Words(std::to_string(i)));
    if (reply) pids.insert(reply->text), ++answered;
  }
  ::unsetenv("RLAR_CACHE");
  EXPECT_EQ(answered, 4);
  EXPECT_EQ(pids.size(), 4u);
  EXPECT_NE(client.stopped().find("ended 4 times"), std::string::npos) << client.stopped();
}

TEST(LocalModel, WhatItSaysOfItselfReachesTheUser) {
  LocalBackendOptions options;
  options.program = "import json; print(json.dumps({'error': 'the disk is too full: 1.2 GB are needed'}), flush=True)";
  LlmClient client(std::move(MakeLocalBackend(options).value()), nullptr, Quick());
  auto reply = client.Ask(Words("a"));
  ASSERT_FALSE(reply.has_value());
  EXPECT_NE(reply.error().message.find("the disk is too full"), std::string::npos);
  EXPECT_FALSE(client.stopped().empty());
  EXPECT_FALSE(MakeLocalBackend({.model = "gpt-9"}).has_value());
}

TEST(LocalModel, LogsToItsFile) {
  const auto log = std::filesystem::temp_directory_path() / ("rlar_local_" + std::to_string(::getpid()) + ".log");
  {
    LocalBackendOptions options;
    options.program = kServer;
    options.log = log.string();
    LlmClient client(std::move(MakeLocalBackend(options).value()), nullptr, Quick());
    ASSERT_TRUE(client.Ask(Words("a")).has_value());
  }
  std::ifstream file(log);
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "served");
  std::filesystem::remove(log);
}

}  // namespace
}  // namespace rlar
