#include "agents/reported_trials.h"

#include "base/json_at.h"

namespace rlar {

std::vector<ReportedTrial> TrialsOf(const Snapshot& snapshot, const Json& report, const std::string& task) {
  std::vector<ReportedTrial> trials;
  for (const Json& entry : ListAt(report, "tasks")) {
    if (TextAt(entry, "task") != task) continue;
    for (const Json& trial : ListAt(entry, "trials")) {
      const std::string id = TextAt(trial, "tool");
      const Tool* tool = snapshot.FindTool(id.substr(0, id.find('@')));
      if (tool == nullptr || tool->card().id.ToString() != id) continue;
      const Json* params = trial.Find("params");
      trials.push_back({tool, params == nullptr ? Json() : *params, FlagAt(trial, "admitted")});
    }
  }
  return trials;
}

}  // namespace rlar
