#include "records/record_store.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <set>

namespace rlar {
namespace {

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("rlar_records_" + std::to_string(::getpid()))) { std::filesystem::create_directories(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string File() const { return (path_ / "rewards.sqlite").string(); }

 private:
  std::filesystem::path path_;
};

Group Asked(int number) {
  Group group;
  group.query.id = Json("row " + std::to_string(number));
  group.query.prompt = "What is " + std::to_string(number) + " + 1?";
  group.responses.push_back({.text = "always the same words"});
  group.responses.push_back({.text = std::string(400, 'x') + std::to_string(number)});
  return group;
}

std::vector<Reward> Paid() { return {Reward{.score = Score::Ok(0.25)}, Reward{.score = Score::Ok(0.75)}}; }

std::int64_t Number(const std::string& file, const char* sql) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
  const std::int64_t number = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return number;
}

TEST(RecordStore, PastItsLimitTheOldestGoAndEveryRewardKeptHasItsTexts) {
  const Folder folder;
  constexpr int kGroups = 6000;
  auto store = RecordStore::Open(folder.File(), {.max_mb = 1});
  ASSERT_TRUE(store);
  for (int i = 0; i < kGroups; ++i) ASSERT_TRUE((*store)->Add(Asked(i), Paid()));
  std::set<std::string> names;
  std::string last;
  ASSERT_TRUE((*store)->ForEach([&](RecordedReward&& one) {
    last = one.query.id.string();
    names.insert(last);
    return true;
  }));
  EXPECT_EQ(last, "row " + std::to_string(kGroups - 1));
  EXPECT_LT(names.size(), static_cast<std::size_t>(kGroups) / 2);
  EXPECT_GT(names.size(), 100u);
  // ForEach joins: none may be missing for want of a text, and few texts stay that nothing names.
  EXPECT_EQ(Number(folder.File(), "SELECT count(*) FROM rewards"), static_cast<std::int64_t>(2 * names.size()));
  EXPECT_LE(Number(folder.File(), "SELECT count(*) FROM queries"), static_cast<std::int64_t>(names.size() + 512));
  EXPECT_LE(Number(folder.File(), "SELECT count(*) FROM responses"), static_cast<std::int64_t>(names.size() + 513));
  EXPECT_LT(Number(folder.File(), "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"), 1'500'000);
}

TEST(RecordStore, AFileWhoseTextsDoNotKnowWhoNamedThemLast) {
  const Folder folder;
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(folder.File().c_str(), &database), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(database,
                         "CREATE TABLE queries(hash TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID;"
                         "CREATE TABLE responses(hash TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;"
                         "CREATE TABLE rewards(id INTEGER PRIMARY KEY, at REAL NOT NULL, library_version TEXT NOT NULL, task TEXT NOT NULL,"
                         " route TEXT NOT NULL, tool TEXT NOT NULL, query TEXT NOT NULL, response TEXT NOT NULL, status TEXT NOT NULL,"
                         " class TEXT NOT NULL, value REAL, components TEXT NOT NULL, ms REAL NOT NULL);"
                         "INSERT INTO queries VALUES('q', '{\"prompt\":\"Say yes.\",\"id\":\"old\"}');"
                         "INSERT INTO responses VALUES('r', '{\"text\":\"yes\"}');"
                         "INSERT INTO rewards VALUES(7, 1, 'v', 't', '', 'tool@1', 'q', 'r', 'ok', 'none', 1, '{}', 0.1);",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  auto store = RecordStore::Open(folder.File(), {});
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->Add(Asked(1), Paid()));
  std::vector<std::string> names;
  ASSERT_TRUE((*store)->ForEach([&](RecordedReward&& one) {
    names.push_back(one.query.id.string());
    return true;
  }));
  EXPECT_EQ(names, (std::vector<std::string>{"old", "row 1", "row 1"}));
  EXPECT_EQ(Number(folder.File(), "SELECT last FROM responses WHERE hash = 'r'"), 7);
}

}  // namespace
}  // namespace rlar
