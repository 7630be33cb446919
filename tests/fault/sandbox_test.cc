// The N-th step of setting up the sandbox fails, for every N: a clear error each time, nothing left behind, and the next one works.
#include <dirent.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "sandbox/run.h"

namespace rlar {
namespace {

std::size_t CountOf(const char* folder) {
  std::error_code error;
  std::size_t count = 0;
  for (auto at = std::filesystem::directory_iterator(folder, error); !error && at != std::filesystem::directory_iterator(); ++at) ++count;
  return count;
}

// Children of this process, whatever their state.
std::size_t Children() {
  std::size_t count = 0;
  const std::string self = std::to_string(::getpid());
  if (FILE* file = std::fopen(("/proc/self/task/" + self + "/children").c_str(), "r")) {
    for (int pid; std::fscanf(file, "%d", &pid) == 1;) ++count;
    std::fclose(file);
  }
  return count;
}

std::size_t LeftoverFolders() {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/tmp")) count += entry.path().filename().string().starts_with("rlar-");
  return count;
}

Deadline Soon() { return Deadline::After(std::chrono::milliseconds(20'000)); }

InterpreterOptions Options(IsolationLevel level) {
  InterpreterOptions options;
  options.level = level;
  return options;
}

bool Allowed(IsolationLevel level) { return Interpreter::Start(Options(level), Soon()).has_value(); }

class SandboxFault : public testing::TestWithParam<IsolationLevel> {
 protected:
  void SetUp() override {
    if (!Allowed(GetParam())) GTEST_SKIP() << "this host does not allow level " << Name(GetParam());
  }
};

TEST_P(SandboxFault, EveryStepOfSettingUp) {
  const std::size_t descriptors = CountOf("/proc/self/fd"), children = Children(), folders = LeftoverFolders();
  int n = 1;
  for (;; ++n) {
    InterpreterOptions options = Options(GetParam());
    options.fail_at = n;
    auto made = Interpreter::Start(options, Soon());
    if (made) break;  // the run finished without reaching the N-th step
    EXPECT_EQ(made.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(made.error().message.find("cannot be set up"), std::string::npos) << n << ": " << made.error().ToString();
    ASSERT_EQ(Children(), children) << "after step " << n;
    ASSERT_EQ(CountOf("/proc/self/fd"), descriptors) << "after step " << n;
    ASSERT_EQ(LeftoverFolders(), folders) << "after step " << n;
    ASSERT_LT(n, 500);
  }
  EXPECT_GT(n, GetParam() == IsolationLevel::kNamespaces ? 25 : 12) << "few steps: are they still counted?";
}

TEST_P(SandboxFault, EveryStepOfARun) {
  RunJob job;
  job.job = R"json({"mode": "script", "sources": ["print(1)"]})json";
  const std::size_t descriptors = CountOf("/proc/self/fd"), children = Children();
  int n = 1;
  for (;; ++n) {
    InterpreterOptions options = Options(GetParam());
    options.run_fail_at = n;
    auto made = Interpreter::Start(options, Soon());
    ASSERT_TRUE(made) << made.error().ToString();
    const RunResult result = ::rlar::Run(**made, job, Soon());
    const bool done = result.outcome == Outcome::kOk;
    if (!done) {
      EXPECT_EQ(result.outcome, Outcome::kUnavailable) << n;
      EXPECT_FALSE(result.detail.empty()) << n;
    }
    *made = nullptr;
    ASSERT_EQ(Children(), children) << "after step " << n;
    ASSERT_EQ(CountOf("/proc/self/fd"), descriptors) << "after step " << n;
    if (done) break;
    ASSERT_LT(n, 200);
  }
  EXPECT_GT(n, 10) << "few steps: are they still counted?";
}

INSTANTIATE_TEST_SUITE_P(Levels, SandboxFault, testing::Values(IsolationLevel::kNamespaces, IsolationLevel::kConfined),
                         [](const auto& info) { return std::string(Name(info.param)); });

}  // namespace
}  // namespace rlar
