#include "agents/evolve/evolve.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/fs.h"
#include "base/hash.h"
#include "base/json_at.h"
#include "base/stats.h"
#include "base/text.h"
#include "library/publish_edited.h"
#include "library/quarantine.h"
#include "rows/row.h"

namespace rlar {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostPending = 20'000;

struct PendingRow {
  std::string line;
  Query query;
};

// Rows of a text, each prompt once; lines that are no rows are dropped.
std::vector<PendingRow> ParsePending(const std::string& text) {
  std::vector<PendingRow> rows;
  std::set<std::uint64_t> seen;
  for (const std::string_view line : Split(text, '\n')) {
    if (Trim(line).empty() || rows.size() >= kMostPending) continue;
    auto parsed = ParseRowText(line);
    auto* group = std::get_if<Group>(&parsed);
    if (group == nullptr || !seen.insert(Hash64(group->query.prompt)).second) continue;
    rows.push_back({std::string(line), std::move(group->query)});
  }
  return rows;
}

std::string Joined(const std::vector<PendingRow>& rows) {
  std::string text;
  for (const PendingRow& row : rows) text += row.line + "\n";
  return text;
}

// gathered → pending. The rename takes the server's file away in one step; what a kill leaves behind is taken in the next time.
Result<std::vector<PendingRow>> TakeGathered(const fs::path& folder) {
  std::error_code code;
  const fs::path taken = folder / "taken.jsonl", pending = folder / "pending.jsonl";
  if (!fs::exists(taken, code)) fs::rename(folder / "gathered.jsonl", taken, code);
  if (fs::exists(taken, code)) RLAR_TRY(AwaitAppends(taken));
  std::string text;
  for (const fs::path& path : {pending, taken}) {
    if (auto part = ReadFile(path)) text += *part;
  }
  auto rows = ParsePending(text);
  RLAR_TRY(WriteFileAtomic(pending, Joined(rows)));
  fs::remove(taken, code);
  return rows;
}

// Why a task's route cannot stay, by what the server counted; empty where it can.
std::string Conviction(const std::set<std::string>& alarms, const Json& task, const EvolveJob& job) {
  const auto of = [](const Json& from, const char* part, const char* whole) { return std::pair(NumberAt(from, part), NumberAt(from, whole)); };
  const auto says = [](double part, double whole) { return CountOf(static_cast<std::size_t>(part), static_cast<std::size_t>(whole)); };
  if (alarms.count("failing") != 0) {
    const auto [failed, queries] = of(task, "failed", "queries");
    if (WilsonInterval(failed, queries).first > job.sick_failed) return says(failed, queries) + " queries failed";
  }
  const Json* second = task.Find("second");
  if (alarms.count("gamed") == 0 || second == nullptr) return "";
  const auto [doubted, accepted] = of(*second, "recent_doubted", "recent_accepted");
  const auto [first_doubted, first] = of(*second, "first_doubted", "first_accepted");
  if (WilsonInterval(doubted, accepted).first <= WilsonInterval(first_doubted, first).second + job.gamed_rise) return "";
  return TextAt(*second, "tool") + " refuses " + says(doubted, accepted) + " of the responses that it accepts now, " + says(first_doubted, first) +
         (NumberAt(*second, "built_accepted") > 0 ? " of the build's right ones" : " at first");
}

// Routes that fail, or that responses have learnt to game, as the server counted: out of use, by evidence.
Result<void> QuarantineSick(LibraryStore& store, const EvolveJob& job, EvolveResult& result) {
  auto text = ReadFile(store.directory() / "evolve" / "status.json");
  if (!text) return {};
  const auto status = ParseJson(*text);
  auto manifest = store.LoadManifest();
  if (!manifest) return manifest.error();
  const Json* version = status ? status->Find("library_version") : nullptr;
  if (version == nullptr || !(*version == Json(ManifestVersion(*manifest)))) return {};  // counted for another version
  std::map<std::string, std::set<std::string>> alarms;
  for (const Json& alarm : ListAt(*status, "alarms")) alarms[TextAt(alarm, "task")].insert(TextAt(alarm, "kind"));
  for (const Json& task : ListAt(*status, "tasks")) {
    const Json* name = task.Find("task");
    const Json* tool = task.Find("tool");
    if (name == nullptr || !name->is_string() || tool == nullptr || !tool->is_string() || tool->string().starts_with("route:")) continue;
    const std::string why = Conviction(alarms[name->string()], task, job);
    if (why.empty()) continue;
    auto changed = Quarantine(*manifest, {tool->string(), name->string(), why, task});
    if (!changed) continue;  // it is held already, or the route is another by now
    manifest = std::move(*changed);
    result.changes.push_back(tool->string() + " in quarantine for task '" + name->string() + "': " + why);
  }
  if (result.changes.empty()) return {};
  auto published = PublishEdited(store, *manifest, "evolve: " + result.changes.front());
  if (!published) return published.error();
  result.published = true;
  return {};
}

std::set<std::string> Served(const Snapshot& snapshot) {
  std::set<std::string> tasks;
  for (const Route& route : snapshot.routes()) tasks.insert(route.task + " → " + route.parts[0].tool.ToString());
  return tasks;
}

// A row is done with once a route serves it and it is worded like that route's rows.
bool IsDone(const Snapshot& snapshot, const Query& query) {
  const TaskGuess guess = snapshot.Classify(query);
  return !guess.task.empty() && !guess.unusual && snapshot.FindRoute(guess.task) != nullptr;
}

Result<void> BuildPending(LibraryStore& store, EvolveJob& job, std::vector<PendingRow>& rows, EvolveResult& result) {
  auto before = store.LoadSnapshot();
  if (!before) return before.error();
  if (job.connect) RLAR_TRY(job.connect(job.build));
  job.build.data = (store.directory() / "evolve" / "pending.jsonl").string();
  job.build.extend = true;
  job.build.shadow = true;
  job.build.why = "evolve: built for " + std::to_string(rows.size()) + " gathered rows";
  auto built = BuildLibrary(store, job.build);
  if (!built) return built.error();
  auto after = store.LoadSnapshot();
  if (!after) return after.error();
  const auto old_tasks = Served(**before);
  for (const std::string& task : Served(**after)) {
    if (old_tasks.count(task) == 0) result.changes.push_back("now served: " + task);
  }
  result.published = result.published || (*after)->version() != (*before)->version();
  // Rows worded unlike their task's that its tool is well on: nothing more is built for them.
  std::erase_if(rows, [&](const PendingRow& row) { return IsDone(**after, row.query) || built->settled.contains(Hash64(row.query.prompt)); });
  return WriteFileAtomic(store.directory() / "evolve" / "pending.jsonl", Joined(rows));
}

Result<void> WriteRound(const fs::path& folder, const EvolveJob& job, const EvolveResult& result) {
  Json json;
  json.Set("pending", static_cast<std::int64_t>(result.pending));
  json.Set("refused", result.refused.empty() ? Json() : Json(result.refused));
  if (job.hour != nullptr) json.Set("budget", job.hour->ToJson());
  return WriteFileAtomic(folder / "round.json", json.Dump() + "\n");
}

}  // namespace

Result<EvolveResult> EvolveOnce(LibraryStore& store, EvolveJob job) {
  const fs::path folder = store.directory() / "evolve";
  RLAR_TRY(MakeDirectories(folder));
  EvolveResult result;
  RLAR_TRY(QuarantineSick(store, job, result));
  auto rows = TakeGathered(folder);
  if (!rows) return rows.error();
  // Built on once: without more rows the same build would come to the same end.
  const std::string mark = Sha256Hex(Joined(*rows));
  const auto tried = ReadFile(folder / "tried");
  const bool worth = rows->size() >= job.min_rows && !(tried && *tried == mark);
  const auto room = job.hour == nullptr ? Result<void>() : job.hour->Room();
  if (worth && !room) result.refused = room.error().message;
  if (worth && room) {
    auto built = BuildPending(store, job, *rows, result);
    const bool out_of_minutes = job.hour != nullptr && !job.hour->MinutesLeft();
    if (!built && !out_of_minutes) return built.error();
    // What the hour's budget did not allow is tried again.
    if (!built) {
      result.refused = "stopped: the hour's processor time is used up; what was found is kept";
    } else if (job.build.llm != nullptr && job.build.llm->out_of_hour()) {
      result.refused = "the language model was not asked all: the hour's budget is used up";
    } else {
      RLAR_TRY(WriteFileAtomic(folder / "tried", Sha256Hex(Joined(*rows))));
    }
  }
  result.pending = rows->size();
  RLAR_TRY(WriteRound(folder, job, result));
  auto version = store.CurrentVersion();
  if (!version) return version.error();
  result.version = *version;
  return result;
}

}  // namespace rlar
