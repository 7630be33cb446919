// LibraryStore: a tool library on disk. Versions are manifests named by the hash of their content; CURRENT names one of them
// and is replaced in one rename, so that whoever reads finds the old or the new version whole.
//
//   DIR/VERSION                 number of this layout
//   DIR/CURRENT                 version in force
//   DIR/versions/VERSION.json   manifests (docs/schemas/library.json), never changed once written
//   DIR/reports/VERSION.json    what the build found (docs/schemas/report.json)
//   DIR/journal.jsonl           every publish: time, version, parent, why, tasks whose rewards do not compare with the version before
//   DIR/scales.json             the scales that tasks were scored on, numbered (library/scales.h)
//   DIR/settings.toml           the user's settings (thresholds of the gate)
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "library/scales.h"
#include "rlar/snapshot.h"

namespace rlar {

inline constexpr int kLibraryFormat = 1;

class LibraryStore {
 public:
  // An existing library; an error where there is none, or where its format is newer than this program.
  static Result<LibraryStore> Open(const std::filesystem::path& directory);
  // Makes an empty one, or opens the existing one.
  static Result<LibraryStore> Create(const std::filesystem::path& directory);

  const std::filesystem::path& directory() const { return directory_; }
  // The version in force; empty where nothing has been published.
  Result<std::string> CurrentVersion() const;
  // The manifest of a version (empty = the current one); checked against its hash.
  Result<Json> LoadManifest(const std::string& version = {}) const;
  Result<std::shared_ptr<const Snapshot>> LoadSnapshot(const std::string& version = {}) const;
  // Checks that the manifest makes a snapshot, writes it and puts it in force. Publishing what is in force changes nothing.
  // One publisher at a time (a lock file holds others off). The journal marks the tasks whose scale is another one; `probes` is what was measured of that, by
  // task (ScaleChange::probes).
  Result<std::string> Publish(const Json& manifest, const std::string& why, const std::map<std::string, Json>& probes = {});
  // What publishing `next` would mean for each task's rewards, beside the version in force; by task.
  Result<std::vector<ScaleChange>> ScaleChanges(const Snapshot& next) const;
  // The first version that scored the task on that scale (ScaleChange::from); empty where it is not known.
  std::string VersionOfScale(const std::string& task, int scale) const;
  // Says that a person wants this version; kept in DIR/approved.jsonl ({"version", "time"}). Errors: no such version.
  Result<void> Approve(const std::string& version) const;
  std::set<std::string> Approved() const;
  // The journal's last entry for a version (docs/schemas/journal_entry.json); null where there is none.
  Json JournalEntry(const std::string& version) const;
  Result<void> WriteReport(const std::string& version, const Json& report);
  Result<Json> LoadReport(const std::string& version = {}) const;

 private:
  explicit LibraryStore(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path ManifestPath(const std::string& version) const;
  std::filesystem::path ScalesPath() const { return directory_ / "scales.json"; }
  Result<std::vector<ScaleChange>> TurnTo(const Snapshot& next, ScaleBook& book) const;
  std::filesystem::path directory_;
};

}  // namespace rlar
