#include "library/scales.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/fs.h"
#include "base/json_at.h"
#include "library/store.h"
#include "reward/calibrate.h"

namespace rlar {
namespace {

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("rlar-scales-" + std::to_string(::getpid()))) { std::filesystem::remove_all(path_); }
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Json Part(const std::string& tool) {
  Json part;
  part.Set("tool", tool);
  return part;
}

Json RouteOf(const std::string& task, Json part) {
  Json route;
  route.Set("task", task);
  route.Set("parts", Json(Json::Array{std::move(part)}));
  return route;
}

Json Manifest(Json::Array routes) {
  Json manifest;
  manifest.Set("schema_version", 1);
  manifest.Set("routes", Json(std::move(routes)));
  return manifest;
}

// "task kind from>to" of each mark of the version's journal entry.
std::string Marks(const LibraryStore& store, const std::string& version) {
  std::string marks;
  const Json entry = store.JournalEntry(version);
  for (const Json& change : ListAt(entry, "scales")) {
    marks += (marks.empty() ? "" : "; ") + TextAt(change, "task") + " " + TextAt(change, "scale") + " " +
             std::to_string(static_cast<int>(NumberAt(change, "from"))) + ">" + std::to_string(static_cast<int>(NumberAt(change, "to")));
  }
  return marks;
}

int ScaleIn(const LibraryStore& store, const std::string& task, const std::string& version = {}) {
  auto snapshot = store.LoadSnapshot(version);
  const Route* route = snapshot ? (*snapshot)->FindRoute(task) : nullptr;
  return route == nullptr ? -1 : route->scale;
}

class Scales : public testing::Test {
 protected:
  std::string Publish(Json manifest) {
    auto version = store_.Publish(manifest, "test");
    EXPECT_TRUE(version) << version.error().ToString();
    return version ? *version : "";
  }
  Folder folder_;
  LibraryStore store_ = std::move(LibraryStore::Create(folder_.path()).value());
};

TEST_F(Scales, AnotherToolIsMarkedAndTheRestIsNot) {
  const auto one = Publish(Manifest({RouteOf("a", Part("contains")), RouteOf("b", Part("exact_match"))}));
  EXPECT_EQ(Marks(store_, one), "a new 0>1; b new 0>1");
  const auto two = Publish(Manifest({RouteOf("a", Part("number_equal")), RouteOf("b", Part("exact_match"))}));
  EXPECT_EQ(Marks(store_, two), "a changed 1>2");
  const Json entry = store_.JournalEntry(two);
  EXPECT_TRUE(TextAt(ListAt(entry, "scales")[0], "why").starts_with("contains@")) << TextAt(ListAt(entry, "scales")[0], "why");
  EXPECT_EQ(ScaleIn(store_, "a"), 2);
  EXPECT_EQ(ScaleIn(store_, "a", one), 1);
  EXPECT_EQ(ScaleIn(store_, "b"), 1);
}

TEST_F(Scales, RollingBackGivesTheOldNumbers) {
  const Json first = Manifest({RouteOf("a", Part("contains"))});
  Publish(first);
  Publish(Manifest({RouteOf("a", Part("number_equal"))}));
  const auto back = Publish(first);
  EXPECT_EQ(Marks(store_, back), "a changed 2>1");
  EXPECT_EQ(ScaleIn(store_, "a"), 1);
  EXPECT_EQ(Marks(store_, Publish(Manifest({RouteOf("a", Part("exact_match"))}))), "a changed 1>3");
}

TEST_F(Scales, ATaskThatWasOutOfUseIsComparedWithWhatItHad) {
  Publish(Manifest({RouteOf("a", Part("contains"))}));
  EXPECT_EQ(Marks(store_, Publish(Manifest({}))), "a gone 1>0");
  EXPECT_EQ(Marks(store_, Publish(Manifest({RouteOf("a", Part("number_equal"))}))), "a changed 1>2");
  EXPECT_EQ(Marks(store_, Publish(Manifest({RouteOf("b", Part("exact_match"))}))), "a gone 2>0; b new 0>1");
  // The same tool as before it went: nothing has moved.
  EXPECT_EQ(Marks(store_, Publish(Manifest({RouteOf("a", Part("number_equal")), RouteOf("b", Part("exact_match"))}))), "");
}

TEST_F(Scales, CalibrationAndParametersMoveAScaleAndReasonsDoNot) {
  const auto with = [&](const char* key, const char* json) {
    Json part = Part("bleu");
    part.Set(key, *ParseJson(json));
    return Manifest({RouteOf("a", std::move(part))});
  };
  Publish(Manifest({RouteOf("a", Part("bleu"))}));
  const auto calibrated = Publish(with("calibration", R"({"points": [[0.1, 0.2], [0.9, 0.8]]})"));
  EXPECT_EQ(Marks(store_, calibrated), "a changed 1>2");
  const Json entry = store_.JournalEntry(calibrated);
  EXPECT_NE(TextAt(ListAt(entry, "scales")[0], "why").find("another calibration"), std::string::npos);
  Json told = RouteOf("a", Part("bleu"));
  told.Set("why", "a person's reason");
  told.Set("second", Part("exact_match"));
  EXPECT_EQ(Marks(store_, Publish(Manifest({told}))), "a changed 2>1");
}

TEST_F(Scales, ALibraryOfAnOlderProgramBeginsAtOne) {
  Publish(Manifest({RouteOf("a", Part("contains"))}));
  std::filesystem::remove(folder_.path() / "scales.json");
  EXPECT_EQ(ScaleIn(store_, "a"), 1);
  EXPECT_EQ(Marks(store_, Publish(Manifest({RouteOf("a", Part("number_equal"))}))), "a changed 1>2");
}

TEST_F(Scales, ADamagedBookIsAnErrorThatNamesIt) {
  Publish(Manifest({RouteOf("a", Part("contains"))}));
  ASSERT_TRUE(WriteFileAtomic(folder_.path() / "scales.json", "{}"));
  const auto loaded = store_.LoadSnapshot();
  ASSERT_FALSE(loaded);
  EXPECT_NE(loaded.error().ToString().find("scales.json"), std::string::npos);
}

}  // namespace
}  // namespace rlar
