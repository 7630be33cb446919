// Evidence found by earlier builds of the same library, kept line by line as it is found.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "agents/admit/gate.h"

namespace rlar {

// Thread-safe.
class EvidenceCache {
 public:
  static Result<std::unique_ptr<EvidenceCache>> Open(const std::filesystem::path& file);
  // What names a trial: tool and version, parameters, the rows themselves and what is asked of the tool there.
  static std::string Key(const Tool& tool, const Json& params, const std::vector<const Query*>& rows, const std::string& shape, const TaskNature& nature);
  std::optional<Evidence> Find(const std::string& key) const;
  Result<void> Put(const std::string& key, const Evidence& evidence);
  // TryTool (admit/gate.h), or what it found before. An error where the evidence cannot be kept.
  Result<Evidence> Try(const Tool& tool, const Json& params, const std::vector<const Query*>& rows, const std::string& shape, const TaskNature& nature);

 private:
  explicit EvidenceCache(std::filesystem::path file) : file_(std::move(file)) {}
  std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Evidence> entries_;  // guarded by mutex_
};

}  // namespace rlar
