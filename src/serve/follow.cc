#include "serve/follow.h"

#include "base/text.h"

namespace rlar {
namespace {

// Why `next` changes what the tasks of `served` are paid; empty where it does not.
std::string ChangedTask(const Snapshot& served, const Snapshot& next) {
  for (const Route& route : served.routes()) {
    const Route* then = next.FindRoute(route.task);
    if (then == nullptr) return "task '" + route.task + "' would lose its route";
    if (then->scale != route.scale) return "task '" + route.task + "' would be on another scale";
  }
  return "";
}

}  // namespace

Result<FollowRule> ParseFollowRule(std::string_view text) {
  FollowRule rule;
  if (text.empty() || text == "false") return rule;
  rule.on = true;
  if (text == "always" || text == "true") return rule;
  for (const std::string_view part : Split(text, ',')) {
    if (part == "step") {
      rule.step = true;
    } else if (part == "new-tasks") {
      rule.new_tasks = true;
    } else if (part == "approved") {
      rule.approved = true;
    } else {
      return MakeError(ErrorCode::kInvalidArgument, "'" + std::string(part) + "' is no rule: always, or some of step, new-tasks, approved with commas between");
    }
  }
  return rule;
}

Result<std::string> Follower::Next(const LibraryStore& store, const Snapshot& served, bool between_steps) {
  std::string version, why;
  if (rule_.on) {
    auto current = store.CurrentVersion();
    if (!current) return current.error();
    if (*current != served.version()) version = *current;
  }
  if (!version.empty()) {
    auto found = WhyNot(store, served, version, between_steps);
    if (!found) return found.error();
    why = std::move(*found);
  }
  const std::lock_guard lock(mutex_);
  version_ = why.empty() ? "" : version;
  why_ = why;
  return why.empty() ? version : std::string();
}

Result<std::string> Follower::WhyNot(const LibraryStore& store, const Snapshot& served, const std::string& version, bool between_steps) {
  if (rule_.approved && !store.Approved().contains(version)) return std::string("nobody has approved it (rlar approve)");
  if (rule_.new_tasks) {
    if (const std::string pair = served.version() + " " + version; judged_ != pair) {
      auto next = store.LoadSnapshot(version);
      if (!next) return next.error();
      verdict_ = ChangedTask(served, **next);
      judged_ = pair;
    }
    if (!verdict_.empty()) return verdict_;
  }
  return std::string(rule_.step && !between_steps ? "a step of training is under way" : "");
}

Json Follower::Waiting() const {
  const std::lock_guard lock(mutex_);
  if (version_.empty()) return {};
  Json waiting;
  waiting.Set("version", version_);
  waiting.Set("why", why_);
  return waiting;
}

}  // namespace rlar
