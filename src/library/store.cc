#include "library/store.h"

#include <fcntl.h>
#include <sys/file.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "base/fs.h"
#include "base/json_at.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace rlar {
namespace {

constexpr std::string_view kDefaultSettings =
    "# Thresholds of the admission gate for this library; docs/admission.md explains each.\n"
    "[gate]\n"
    "min_accept = 0.8    # share of right probes that must score at least 0.5\n"
    "min_refuse = 0.9    # share of wrong probes that must score below 0.5\n"
    "min_pairs = 0.9     # share of (right, wrong) probe pairs of a row that must be ordered\n"
    "min_rows = 4        # fewer rows than this prove nothing\n";

bool IsVersion(std::string_view text) {
  return text.size() == 16 && std::all_of(text.begin(), text.end(), [](char c) { return IsAsciiDigit(c) || (c >= 'a' && c <= 'f'); });
}

std::int64_t UnixSeconds() { return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count(); }

// The routes of a manifest as they stand there; a tool without a version (a route pinned by hand) has the one that `tools` has.
Result<std::vector<Route>> RoutesOf(const Json& manifest, const Snapshot& tools) {
  std::vector<Route> routes;
  for (const Json& json : ListAt(manifest, "routes")) {
    auto route = RouteFromJson(json);
    if (!route) return route.error();
    for (RoutePart& part : route->parts) {
      const Tool* tool = part.tool.version.empty() ? tools.FindTool(part.tool.name) : nullptr;
      if (tool != nullptr) part.tool.version = tool->card().id.version;
    }
    routes.push_back(std::move(*route));
  }
  return routes;
}

// The changes that are none are left out.
Json OtherScales(std::vector<ScaleChange>& changes, const std::map<std::string, Json>& probes) {
  Json list = Json::Array{};
  for (ScaleChange& change : changes) {
    if (change.kind == ScaleChange::Kind::kSame) continue;
    const auto measured = probes.find(change.task);
    if (measured != probes.end()) change.probes = measured->second;
    list.Push(change.ToJson());
  }
  return list;
}

}  // namespace

std::filesystem::path LibraryStore::ManifestPath(const std::string& version) const { return directory_ / "versions" / (version + ".json"); }

Result<LibraryStore> LibraryStore::Open(const std::filesystem::path& directory) {
  const auto format = ReadFile(directory / "VERSION");
  if (!format) {
    return MakeError(ErrorCode::kNotFound, "'" + directory.string() +
                                               "' is no tool library (it has no file VERSION); "
                                               "`rlar build DATA --out " +
                                               directory.string() + "` makes one");
  }
  const std::string text(Trim(*format));
  if (text.empty() || text.size() > 6 || !std::all_of(text.begin(), text.end(), IsAsciiDigit)) {
    return MakeError(ErrorCode::kCorrupt, "'" + directory.string() + "/VERSION' holds no number");
  }
  if (std::stoi(text) > kLibraryFormat) {
    return MakeError(ErrorCode::kVersion, "the library '" + directory.string() + "' has format " + text + ", this program reads up to " +
                                              std::to_string(kLibraryFormat) + ": use a newer rlar");
  }
  return LibraryStore(directory);
}

Result<LibraryStore> LibraryStore::Create(const std::filesystem::path& directory) {
  std::error_code code;
  if (std::filesystem::exists(directory / "VERSION", code)) return Open(directory);
  RLAR_TRY(MakeDirectories(directory / "versions"));
  RLAR_TRY(MakeDirectories(directory / "reports"));
  // Settings that a person put there before the first build are theirs.
  if (!std::filesystem::exists(directory / "settings.toml", code)) RLAR_TRY(WriteFileAtomic(directory / "settings.toml", kDefaultSettings));
  // Last, because it is what makes the folder a library.
  RLAR_TRY(WriteFileAtomic(directory / "VERSION", std::to_string(kLibraryFormat) + "\n"));
  return Open(directory);
}

Result<std::string> LibraryStore::CurrentVersion() const {
  const auto current = ReadFile(directory_ / "CURRENT");
  if (!current) {
    if (current.error().code == ErrorCode::kNotFound) return std::string();
    return current.error();
  }
  const std::string version(Trim(*current));
  if (!IsVersion(version)) return MakeError(ErrorCode::kCorrupt, "'" + (directory_ / "CURRENT").string() + "' names no version");
  return version;
}

Result<Json> LibraryStore::LoadManifest(const std::string& wanted) const {
  std::string version = wanted;
  if (version.empty()) {
    auto current = CurrentVersion();
    if (!current) return current.error();
    if (current->empty()) {
      return MakeError(ErrorCode::kNotFound, "the library '" + directory_.string() + "' has no published version yet");
    }
    version = *current;
  } else if (!IsVersion(version)) {
    return MakeError(ErrorCode::kInvalidArgument, "'" + version + "' is no library version (16 hex digits)");
  }
  const auto text = ReadFile(ManifestPath(version));
  if (!text) return MakeError(ErrorCode::kNotFound, "the library has no version " + version, text.error());
  auto manifest = ParseJson(*text);
  if (!manifest) return MakeError(ErrorCode::kCorrupt, "version " + version + " is damaged", manifest.error());
  if (ManifestVersion(*manifest) != version) {
    return MakeError(ErrorCode::kCorrupt, "version " + version + " is damaged: its content has another hash");
  }
  return manifest;
}

Result<std::shared_ptr<const Snapshot>> LibraryStore::LoadSnapshot(const std::string& version) const {
  auto manifest = LoadManifest(version);
  if (!manifest) return manifest.error();
  auto book = ScaleBook::Read(ScalesPath());
  if (!book) return book.error();
  auto current = CurrentVersion();
  if (!current) return current.error();
  const bool unbooked = book->empty() && (version.empty() || version == *current);  // published by an older program: it is the first scale
  auto snapshot = Snapshot::FromManifest(*manifest, [&](const Route& route) { return unbooked ? 1 : book->NumberOf(route); });
  if (!snapshot) return MakeError(snapshot.error().code, "the library '" + directory_.string() + "' does not load", snapshot.error());
  return snapshot;
}

Result<std::vector<ScaleChange>> LibraryStore::TurnTo(const Snapshot& next, ScaleBook& book) const {
  auto current = CurrentVersion();
  if (!current) return current.error();
  std::vector<Route> before;
  if (!current->empty()) {
    auto manifest = LoadManifest(*current);
    if (!manifest) return manifest.error();
    auto routes = RoutesOf(*manifest, next);
    if (!routes) return routes.error();
    before = std::move(*routes);
  }
  return book.Turn(before, *current, next.routes(), next.version());
}

Result<std::vector<ScaleChange>> LibraryStore::ScaleChanges(const Snapshot& next) const {
  auto book = ScaleBook::Read(ScalesPath());
  if (!book) return book.error();
  return TurnTo(next, *book);
}

std::string LibraryStore::VersionOfScale(const std::string& task, int scale) const {
  const auto book = ScaleBook::Read(ScalesPath());
  return book ? book->VersionOf(task, scale) : "";
}

Json LibraryStore::JournalEntry(const std::string& version) const {
  Json found;
  const auto journal = ReadFile(directory_ / "journal.jsonl");
  if (!journal) return found;
  for (const std::string_view line : Split(*journal, '\n')) {
    auto entry = ParseJson(line);
    if (entry && TextAt(*entry, "version") == version) found = std::move(*entry);
  }
  return found;
}

Result<void> LibraryStore::Approve(const std::string& version) const {
  if (JournalEntry(version).is_null()) return MakeError(ErrorCode::kNotFound, "'" + directory_.string() + "' has no version '" + version + "'");
  Json line;
  line.Set("version", version);
  line.Set("time", static_cast<std::int64_t>(std::time(nullptr)));
  return AppendLine(directory_ / "approved.jsonl", line.Dump());
}

std::set<std::string> LibraryStore::Approved() const {
  std::set<std::string> versions;
  const auto lines = ReadFile(directory_ / "approved.jsonl");
  if (!lines) return versions;
  for (const std::string_view line : Split(*lines, '\n')) {
    if (const auto entry = ParseJson(line)) versions.insert(TextAt(*entry, "version"));
  }
  return versions;
}

Result<std::string> LibraryStore::Publish(const Json& manifest, const std::string& why, const std::map<std::string, Json>& probes) {
  const UniqueFd lock(::open((directory_ / "LOCK").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock.valid() || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return MakeError(ErrorCode::kOverloaded, "another program is publishing to '" + directory_.string() + "'");
  }
  auto snapshot = Snapshot::FromManifest(manifest);
  if (!snapshot) return snapshot.error();
  const std::string version = ManifestVersion(manifest);
  auto parent = CurrentVersion();
  if (!parent) return parent.error();
  if (*parent == version) return version;
  auto book = ScaleBook::Read(ScalesPath());
  if (!book) return book.error();
  auto changes = TurnTo(**snapshot, *book);
  if (!changes) return changes.error();
  RLAR_TRY(WriteFileAtomic(ManifestPath(version), manifest.DumpCanonical() + "\n"));
  // Before the version is in force: a server that takes it finds its numbers.
  RLAR_TRY(book->Write(ScalesPath()));
  Json entry;
  entry.Set("time", UnixSeconds());
  entry.Set("version", version);
  entry.Set("parent", parent->empty() ? Json() : Json(*parent));
  entry.Set("why", why);
  entry.Set("scales", OtherScales(*changes, probes));
  RLAR_TRY(AppendLine(directory_ / "journal.jsonl", entry.Dump()));
  RLAR_TRY(WriteFileAtomic(directory_ / "CURRENT", version + "\n"));
  return version;
}

Result<void> LibraryStore::WriteReport(const std::string& version, const Json& report) {
  return WriteFileAtomic(directory_ / "reports" / (version + ".json"), report.Dump() + "\n");
}

Result<Json> LibraryStore::LoadReport(const std::string& wanted) const {
  std::string version = wanted;
  if (version.empty()) {
    auto current = CurrentVersion();
    if (!current) return current.error();
    version = *current;
  }
  const auto text = ReadFile(directory_ / "reports" / (version + ".json"));
  if (!text) return MakeError(ErrorCode::kNotFound, "version '" + version + "' of the library has no report", text.error());
  return ParseJson(*text);
}

}  // namespace rlar
