#include "library/scales.h"

#include <algorithm>

#include "base/fs.h"
#include "base/json_at.h"
#include "route/scale_form.h"

namespace rlar {
namespace {

std::string ToolsOf(const Json& form) {
  std::string tools;
  for (const Json& part : ListAt(form, "parts")) tools += (tools.empty() ? "" : " + ") + TextAt(part, "tool");
  return tools;
}

// One sentence: what is different between two forms of one task's scale.
std::string Difference(const Json& before, const Json& after) {
  if (ToolsOf(before) != ToolsOf(after)) return ToolsOf(before) + " → " + ToolsOf(after);
  std::vector<std::string> what;
  if (TextAt(before, "combine") != TextAt(after, "combine")) {
    what.push_back("combined by '" + TextAt(after, "combine") + "' instead of '" + TextAt(before, "combine") + "'");
  }
  const auto differs = [&](const char* field) {
    const Json::Array &a = ListAt(before, "parts"), &b = ListAt(after, "parts");
    return !std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const Json& x, const Json& y) {
      const Json *one = x.Find(field), *other = y.Find(field);
      return (one == nullptr ? Json() : *one) == (other == nullptr ? Json() : *other);
    });
  };
  if (differs("params")) what.push_back("other parameters");
  if (differs("calibration")) what.push_back("another calibration");
  if (differs("weight")) what.push_back("other weights");
  if (TextAt(before, "chooser") != TextAt(after, "chooser")) what.push_back("another chooser");
  std::string said = ToolsOf(after) + ": ";
  for (std::size_t i = 0; i < what.size(); ++i) said += (i > 0 ? ", " : "") + what[i];
  return said;
}

}  // namespace

std::string_view Name(ScaleChange::Kind kind) {
  switch (kind) {
    case ScaleChange::Kind::kSame: return "same";
    case ScaleChange::Kind::kChanged: return "changed";
    case ScaleChange::Kind::kNew: return "new";
    case ScaleChange::Kind::kGone: return "gone";
  }
  return "changed";
}

Json ScaleChange::ToJson() const {
  Json json;
  json.Set("task", task);
  json.Set("scale", Name(kind));
  json.Set("from", from == 0 ? Json() : Json(from));
  json.Set("to", to == 0 ? Json() : Json(to));
  if (!why.empty()) json.Set("why", why);
  if (!probes.is_null()) json.Set("probes", probes);
  return json;
}

Result<ScaleBook> ScaleBook::Read(const std::filesystem::path& file) {
  ScaleBook book;
  const auto text = ReadFile(file);
  if (!text && text.error().code == ErrorCode::kNotFound) return book;
  if (!text) return text.error();
  const auto json = ParseJson(*text);
  const Json* tasks = json ? json->Find("tasks") : nullptr;
  if (tasks == nullptr || !tasks->is_object()) return MakeError(ErrorCode::kCorrupt, "'" + file.string() + "' is damaged: it holds no object 'tasks'");
  for (const auto& [name, entry] : tasks->object()) {
    Task& task = book.tasks_[name];
    task.last = static_cast<int>(NumberAt(entry, "last"));
    for (const Json& scale : ListAt(entry, "scales")) {
      const Json* form = scale.Find("form");
      task.scales.push_back({form == nullptr ? Json() : *form, TextAt(scale, "version")});
    }
  }
  return book;
}

Result<void> ScaleBook::Write(const std::filesystem::path& file) const {
  Json json, tasks = Json::Object{};
  for (const auto& [name, task] : tasks_) {
    Json entry, scales = Json::Array{};
    for (const Scale& scale : task.scales) {
      Json item;
      item.Set("form", scale.form);
      item.Set("version", scale.version);
      scales.Push(std::move(item));
    }
    entry.Set("scales", std::move(scales));
    if (task.last > 0) entry.Set("last", task.last);
    tasks.Set(name, std::move(entry));
  }
  json.Set("schema_version", 1);
  json.Set("tasks", std::move(tasks));
  return WriteFileAtomic(file, json.Dump() + "\n");
}

int ScaleBook::NumberOf(const Route& route) const {
  const auto task = tasks_.find(route.task);
  if (task == tasks_.end()) return 0;
  const std::vector<Scale>& scales = task->second.scales;
  const Json form = ScaleForm(route);
  const auto at = std::find_if(scales.begin(), scales.end(), [&](const Scale& scale) { return scale.form == form; });
  return at == scales.end() ? 0 : static_cast<int>(at - scales.begin()) + 1;
}

std::string ScaleBook::VersionOf(const std::string& task, int number) const {
  const auto at = tasks_.find(task);
  if (at == tasks_.end() || number < 1 || static_cast<std::size_t>(number) > at->second.scales.size()) return "";
  return at->second.scales[static_cast<std::size_t>(number) - 1].version;
}

int ScaleBook::Add(const Route& route, const std::string& version) {
  if (const int known = NumberOf(route); known > 0) return known;
  Task& task = tasks_[route.task];
  task.scales.push_back({ScaleForm(route), version});
  return static_cast<int>(task.scales.size());
}

std::vector<ScaleChange> ScaleBook::Turn(const std::vector<Route>& before, const std::string& before_version, const std::vector<Route>& next,
                                         const std::string& next_version) {
  std::map<std::string, ScaleChange> changes;
  for (const Route& route : before) changes[route.task] = {.task = route.task, .kind = ScaleChange::Kind::kGone, .from = Add(route, before_version)};
  for (const Route& route : next) {
    auto [at, fresh] = changes.try_emplace(route.task);
    ScaleChange& change = at->second;
    change.task = route.task;
    // Out of use meanwhile: trainers that followed know the rewards it had before.
    if (fresh) change.from = tasks_[route.task].last;
    change.to = Add(route, next_version);
    change.kind = change.from == 0 ? ScaleChange::Kind::kNew : change.from == change.to ? ScaleChange::Kind::kSame : ScaleChange::Kind::kChanged;
    if (change.kind != ScaleChange::Kind::kChanged) continue;
    const std::vector<Scale>& scales = tasks_[route.task].scales;
    change.why = Difference(scales[static_cast<std::size_t>(change.from) - 1].form, scales[static_cast<std::size_t>(change.to) - 1].form);
  }
  std::vector<ScaleChange> list;
  for (auto& [name, change] : changes) {
    if (change.kind == ScaleChange::Kind::kGone) tasks_[name].last = change.from;
    list.push_back(std::move(change));
  }
  return list;
}

}  // namespace rlar
