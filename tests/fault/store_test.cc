// Kills a publish at every step that changes the disk: whoever opens the library afterwards finds the old version or the new
// one whole, and can publish again.
#include "library/store.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/fs.h"

namespace rlar {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "rlar-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Json Manifest(const std::string& task) {
  return ParseJson(R"({"schema_version":1,"routes":[{"task":")" + task + R"(","parts":[{"tool":"exact_match"}]}]})").value();
}

std::string Current(const std::filesystem::path& directory) {
  auto store = LibraryStore::Open(directory);
  if (!store) return "";
  auto snapshot = store->LoadSnapshot();
  return snapshot ? (*snapshot)->version() : "broken: " + snapshot.error().ToString();
}

// Runs `work` in a child that is killed at disk step `step`; true if the child got to the end.
bool RunKilledAt(int step, const std::function<void()>& work) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    SetWriteHook([step](int at) {
      if (at == step) ::_exit(42);
    });
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  return WEXITSTATUS(status) == 0;
}

TEST(Store, APublishKilledAnywhereLeavesOldOrNew) {
  const std::string old_version = ManifestVersion(Manifest("old")), new_version = ManifestVersion(Manifest("new"));
  int killed = 0;
  for (int step = 1;; ++step) {
    Folder folder;
    {
      auto store = LibraryStore::Create(folder.path());
      ASSERT_TRUE(store.has_value());
      ASSERT_TRUE(store->Publish(Manifest("old"), "first").has_value());
    }
    const bool finished = RunKilledAt(step, [&] {
      auto store = LibraryStore::Open(folder.path());
      if (!store || !store->Publish(Manifest("new"), "second")) ::_exit(7);
    });
    const std::string found = Current(folder.path());
    EXPECT_TRUE(found == old_version || found == new_version) << "step " << step << ": " << found;
    auto store = LibraryStore::Open(folder.path());
    ASSERT_TRUE(store.has_value());
    ASSERT_TRUE(store->Publish(Manifest("third"), "after the crash").has_value()) << "step " << step;
    EXPECT_EQ(Current(folder.path()), ManifestVersion(Manifest("third")));
    // The journal holds whole lines only.
    std::ifstream journal(folder.path() / "journal.jsonl");
    for (std::string line; std::getline(journal, line);) EXPECT_TRUE(ParseJson(line).has_value()) << line;
    if (finished) break;
    ++killed;
  }
  EXPECT_GE(killed, 10);
}

TEST(Store, ACreateKilledAnywhereCanBeRepeated) {
  for (int step = 1;; ++step) {
    Folder folder;
    const bool finished = RunKilledAt(step, [&] { (void)LibraryStore::Create(folder.path()).has_value(); });
    auto store = LibraryStore::Create(folder.path());
    ASSERT_TRUE(store.has_value()) << "step " << step;
    ASSERT_TRUE(store->Publish(Manifest("t"), "w").has_value());
    if (finished) break;
  }
}

TEST(Store, DamageIsFoundAndNamed) {
  Folder folder;
  auto store = LibraryStore::Create(folder.path());
  ASSERT_TRUE(store.has_value());
  const auto version = store->Publish(Manifest("t"), "w");
  ASSERT_TRUE(version.has_value());
  std::ofstream(folder.path() / "versions" / (*version + ".json")) << R"({"schema_version":1})";
  const auto loaded = store->LoadSnapshot();
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().code, ErrorCode::kCorrupt);
}

TEST(Store, ANewerFormatIsRefused) {
  Folder folder;
  ASSERT_TRUE(LibraryStore::Create(folder.path()).has_value());
  std::ofstream(folder.path() / "VERSION") << "99\n";
  const auto store = LibraryStore::Open(folder.path());
  ASSERT_FALSE(store.has_value());
  EXPECT_EQ(store.error().code, ErrorCode::kVersion);
}

TEST(Store, PublishingTheSameAgainChangesNothing) {
  Folder folder;
  auto store = LibraryStore::Create(folder.path());
  ASSERT_TRUE(store.has_value());
  ASSERT_TRUE(store->Publish(Manifest("t"), "w").has_value());
  const auto journal = ReadFile(folder.path() / "journal.jsonl");
  ASSERT_TRUE(store->Publish(Manifest("t"), "again").has_value());
  EXPECT_EQ(*ReadFile(folder.path() / "journal.jsonl"), *journal);
}

}  // namespace
}  // namespace rlar
