#include "process/worker_state.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/fs.h"
#include "base/json_at.h"
#include "base/text.h"

namespace rlar {
namespace {

namespace fs = std::filesystem;

// The fields of /proc/PID/stat behind the name, which may hold anything: state is the first.
std::vector<std::string> StatFields(pid_t pid) {
  const auto text = ReadFile("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t name_end = text ? text->rfind(')') : std::string::npos;
  if (name_end == std::string::npos) return {};
  std::vector<std::string> fields;
  for (const std::string_view field : Split(std::string_view(*text).substr(name_end + 1), ' ')) {
    if (!Trim(field).empty()) fields.emplace_back(Trim(field));
  }
  return fields;
}

std::int64_t Number(const std::vector<std::string>& fields, std::size_t at) {
  std::int64_t number = 0;
  if (at < fields.size()) std::from_chars(fields[at].data(), fields[at].data() + fields[at].size(), number);
  return number;
}

// Places in StatFields; proc(5) counts pid and name too, from 1.
constexpr std::size_t kState = 0, kGroup = 2, kStarted = 19, kResidentPages = 21;

Json MarkJson(const ProcessMark& mark) {
  if (mark.pid < 0) return Json();
  Json json;
  json.Set("pid", static_cast<std::int64_t>(mark.pid));
  json.Set("begun", mark.begun);
  return json;
}

ProcessMark MarkFrom(const Json& json, std::string_view key) {
  const Json* mark = json.Find(key);
  if (mark == nullptr || !mark->is_object()) return {};
  return {static_cast<pid_t>(NumberAt(*mark, "pid")), static_cast<std::int64_t>(NumberAt(*mark, "begun"))};
}

}  // namespace

ProcessMark MarkOf(pid_t pid) {
  const auto fields = StatFields(pid);
  if (fields.size() <= kStarted) return {};
  return {pid, Number(fields, kStarted)};
}

bool IsAlive(const ProcessMark& mark) {
  if (mark.pid <= 0) return false;
  const auto fields = StatFields(mark.pid);
  return fields.size() > kStarted && fields[kState] != "Z" && fields[kState] != "X" && Number(fields, kStarted) == mark.begun;
}

double GroupBytes(pid_t group) {
  double bytes = 0;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator("/proc", code)) {
    const std::string name = entry.path().filename().string();
    if (name.empty() || !std::all_of(name.begin(), name.end(), IsAsciiDigit)) continue;
    const auto fields = StatFields(static_cast<pid_t>(std::atoi(name.c_str())));
    if (Number(fields, kGroup) == group) bytes += static_cast<double>(Number(fields, kResidentPages)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  }
  return bytes;
}

Json WorkerState::ToJson() const {
  Json json;
  json.Set("schema_version", 1);
  json.Set("name", name);
  json.Set("kind", kind);
  json.Set("model", model);
  json.Set("key", key);
  json.Set("state", state);
  json.Set("error", error.empty() ? Json() : Json(error));
  json.Set("url", url.empty() ? Json() : Json(url));
  json.Set("supervisor", MarkJson(supervisor));
  json.Set("worker", MarkJson(worker));
  json.Set("restarts", static_cast<std::int64_t>(restarts));
  json.Set("memory_limit_mb", memory_limit_mb);
  json.Set("started", started);
  return json;
}

Result<WorkerState> WorkerStateFromJson(const Json& json) {
  WorkerState out;
  out.name = TextAt(json, "name");
  if (out.name.empty()) return MakeError(ErrorCode::kInvalidArgument, "it is no worker's state: 'name' is missing");
  out.kind = TextAt(json, "kind");
  out.model = TextAt(json, "model");
  out.key = TextAt(json, "key");
  out.state = TextAt(json, "state");
  out.error = TextAt(json, "error");
  out.url = TextAt(json, "url");
  out.supervisor = MarkFrom(json, "supervisor");
  out.worker = MarkFrom(json, "worker");
  out.restarts = static_cast<int>(NumberAt(json, "restarts"));
  out.memory_limit_mb = static_cast<std::int64_t>(NumberAt(json, "memory_limit_mb"));
  out.started = static_cast<std::int64_t>(NumberAt(json, "started"));
  return out;
}

fs::path WorkerDirectory() {
  const auto named = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const std::string own = named("RLAR_WORKERS"); !own.empty()) return own;
  if (const std::string state = named("XDG_STATE_HOME"); !state.empty()) return fs::path(state) / "rlar" / "workers";
  const std::string home = named("HOME");
  return fs::path(home.empty() ? "/tmp" : home) / ".local" / "state" / "rlar" / "workers";
}

Result<void> CheckWorkerName(const std::string& name) {
  const bool right = !name.empty() && name.size() <= 64 && name.front() != '.' &&
                     std::all_of(name.begin(), name.end(), [](char c) { return IsAsciiAlpha(c) || IsAsciiDigit(c) || c == '_' || c == '-' || c == '.'; });
  if (right) return {};
  return MakeError(ErrorCode::kInvalidArgument, "a worker's name is 1 to 64 letters, digits, '_', '-' and '.', not '" + name + "'");
}

std::vector<WorkerState> ListWorkers(const fs::path& directory) {
  std::vector<WorkerState> workers;
  std::error_code code;
  for (const auto& entry : fs::directory_iterator(directory, code)) {
    if (entry.path().extension() != ".json") continue;
    const auto text = ReadFile(entry.path());
    const auto json = text ? ParseJson(*text) : Result<Json>(text.error());
    auto state = json ? WorkerStateFromJson(*json) : Result<WorkerState>(json.error());
    if (state) workers.push_back(std::move(*state));
  }
  std::sort(workers.begin(), workers.end(), [](const WorkerState& a, const WorkerState& b) { return a.name < b.name; });
  return workers;
}

std::optional<WorkerState> FindWorker(const fs::path& directory, const std::string& key) {
  for (WorkerState& worker : ListWorkers(directory)) {
    if (worker.key == key && worker.state != "failed" && IsAlive(worker.supervisor)) return std::move(worker);
  }
  return std::nullopt;
}

}  // namespace rlar
