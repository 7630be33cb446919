// Scales: which rewards of a task compare over the versions of a library. Two versions score a task on one scale where its route has the same
// tools, versions, parameters, calibrations, weights and chooser; any other change is marked, with what changed.
//
// A task's scales are numbered from 1 in the order in which they were first published. A number is never given twice, so that a version that is rolled
// back to has the numbers it had.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "rlar/route.h"

namespace rlar {

// What a publish means for those who compare a task's rewards with earlier ones.
struct ScaleChange {
  enum class Kind { kSame, kChanged, kNew, kGone };
  std::string task;
  Kind kind = Kind::kSame;
  int from = 0;     // the scale before; for a task that was out of use meanwhile the one it had last; 0: never scored
  int to = 0;       // the scale now; 0: no route scores it any more
  std::string why;  // kChanged: what is different, as one sentence
  Json probes;      // kChanged: how both scales judged the same probes (docs/evolution.md), or null: not measured
  Json ToJson() const;
};
std::string_view Name(ScaleChange::Kind kind);  // "same", "changed", "new", "gone"

// Not thread-safe.
class ScaleBook {
 public:
  // A missing file is an empty book.
  static Result<ScaleBook> Read(const std::filesystem::path& file);
  Result<void> Write(const std::filesystem::path& file) const;
  bool empty() const { return tasks_.empty(); }

  // 0 where the route's scale has no number.
  int NumberOf(const Route& route) const;
  // The first version that scored the task on this scale; empty where the book does not know.
  std::string VersionOf(const std::string& task, int number) const;
  // Numbers the routes of both versions; what `next` changes for each task of either, by name. The routes' tools must carry their versions.
  std::vector<ScaleChange> Turn(const std::vector<Route>& before, const std::string& before_version, const std::vector<Route>& next,
                                const std::string& next_version);

 private:
  struct Scale {
    Json form;
    std::string version;
  };
  struct Task {
    std::vector<Scale> scales;
    int last = 0;  // of a task that went out of use: the scale it had
  };
  int Add(const Route& route, const std::string& version);
  std::map<std::string, Task> tasks_;
};

}  // namespace rlar
