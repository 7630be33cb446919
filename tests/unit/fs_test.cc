#include "base/fs.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <sstream>
#include <thread>
#include <vector>

namespace rlar {
namespace {

namespace fs = std::filesystem;

// A server appends while evolution takes the file away: every line arrives once and whole.
TEST(AppendLine, NoLineIsLostWhereTheFileIsTakenAway) {
  const fs::path folder = fs::temp_directory_path() / ("rlar_append_" + std::to_string(::getpid()));
  fs::create_directories(folder);
  const fs::path written = folder / "lines", taken = folder / "taken";
  constexpr int kWriters = 2, kLines = 400;
  std::vector<int> seen(kWriters * kLines, 0);
  const auto take = [&] {
    std::error_code code;
    fs::rename(written, taken, code);
    if (code) return;
    ASSERT_TRUE(AwaitAppends(taken));
    std::istringstream lines(*ReadFile(taken));
    for (std::string line; std::getline(lines, line);) {
      ASSERT_EQ(line.size(), 2000u);
      ++seen.at(static_cast<std::size_t>(std::stoi(line)));
    }
    fs::remove(taken);
  };
  std::vector<std::thread> writers;
  std::atomic<int> writing{kWriters};
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < kLines; ++i) {
        std::string line = std::to_string(writer * kLines + i);
        EXPECT_TRUE(AppendLine(written, line + std::string(2000 - line.size(), ' ')));
      }
      --writing;
    });
  }
  while (writing > 0) take();
  for (std::thread& thread : writers) thread.join();
  take();
  fs::remove_all(folder);
  EXPECT_EQ(seen, std::vector<int>(kWriters * kLines, 1));
}

TEST(AwaitAppends, AFileThatIsNotThereIsAnError) { EXPECT_EQ(AwaitAppends("/nonexistent/file").error().code, ErrorCode::kNotFound); }

}  // namespace
}  // namespace rlar
