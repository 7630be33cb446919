#include <cstdio>
#include <thread>

#include "base/text.h"
#include "cli/commands.h"
#include "library/store.h"

namespace rlar::cli {

int UsageError(const std::string& message) {
  std::fprintf(stderr, "rlar: %s\n", ReplaceAll(message, "\n", " ").c_str());
  return 2;
}

Result<std::unique_ptr<RowReader>> OpenInput(const InputOptions& input, bool guess) {
  ReaderOptions reading;
  reading.guess = guess;
  reading.max_row_bytes = input.max_row_bytes;
  if (!input.map.empty()) {
    auto map = ParseFieldMap(input.map);
    if (!map) return MakeError(ErrorCode::kInvalidArgument, "--map", map.error());
    reading.map = std::move(*map);
  }
  return OpenRows(input.path, std::move(reading));
}

Result<std::shared_ptr<const Snapshot>> LoadSnapshot(const std::string& library, const std::string& version) {
  if (library.empty()) return Snapshot::Builtin();
  auto store = LibraryStore::Open(library);
  if (!store) return store.error();
  return store->LoadSnapshot(version);
}

Result<const Tool*> FindTool(const Snapshot& snapshot, const std::string& name) {
  if (const Tool* tool = snapshot.FindTool(name)) return tool;
  const std::string bare = name.substr(0, name.find(':'));
  if (const Tool* tool = snapshot.FindTool(bare)) {
    return MakeError(ErrorCode::kNotFound, "tool '" + bare + "' has version " + tool->card().id.version + ", not '" + name.substr(bare.size() + 1) + "'");
  }
  std::vector<std::string_view> names;
  for (const auto& tool : snapshot.tools()) names.push_back(tool->card().id.name);
  const auto near = NearestName(bare, names);
  return MakeError(ErrorCode::kNotFound,
                   "unknown tool '" + bare + "'" + (near.empty() ? "; `rlar tools` lists them" : " (did you mean '" + std::string(near) + "'?)"));
}

Result<Json> ParseParams(const std::string& text) {
  if (text.empty()) return Json();
  auto json = ParseJson(text);
  if (!json) return MakeError(ErrorCode::kInvalidArgument, "--params is not JSON: " + json.error().message);
  if (!json->is_object()) return MakeError(ErrorCode::kInvalidArgument, "--params must be a JSON object");
  return json;
}

Result<std::unique_ptr<WebSearch>> MakeWeb(const std::string& choice) {
  if (choice.empty()) return std::unique_ptr<WebSearch>();
  return MakeWebSearch(choice);
}

std::size_t ThreadCount(std::size_t wanted) {
  if (wanted > 0) return std::min<std::size_t>(wanted, 256);
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace rlar::cli
