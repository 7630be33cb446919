// LibraryStore: a tool library on disk. Versions are manifests named by the hash of their content; CURRENT names one of them
// and is replaced in one rename, so that whoever reads finds the old or the new version whole.
//
//   DIR/VERSION                 number of this layout
//   DIR/CURRENT                 version in force
//   DIR/versions/VERSION.json   manifests (docs/schemas/library.json), never changed once written
//   DIR/reports/VERSION.json    what the build found (docs/schemas/report.json)
//   DIR/journal.jsonl           every publish: time, version, parent, why
//   DIR/settings.toml           the user's settings (thresholds of the gate)
#pragma once

#include <filesystem>
#include <string>
#include <vector>

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
  // One publisher at a time (a lock file holds others off).
  Result<std::string> Publish(const Json& manifest, const std::string& why);
  Result<void> WriteReport(const std::string& version, const Json& report);
  Result<Json> LoadReport(const std::string& version = {}) const;

 private:
  explicit LibraryStore(std::filesystem::path directory) : directory_(std::move(directory)) {}
  std::filesystem::path ManifestPath(const std::string& version) const;
  std::filesystem::path directory_;
};

}  // namespace rlar
