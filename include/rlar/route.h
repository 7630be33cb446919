// Route: which tools score a task, and how their scores become one. Routes are data; they are checked when a library loads.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rlar/json.h"
#include "rlar/tool.h"

namespace rlar {

enum class Combine {
  kSingle,    // the one tool's value
  kWeighted,  // sum of weight × value over the sum of weights
  kGate,      // first tool's value × the weighted mean of the others
  kMin,       // the smallest value
  kFirst,     // the first tool that applies to the row (whose score is not `invalid`)
  kChoose,    // one of the tools for each query: what a chooser learned from labelled queries like it
};
std::string_view Name(Combine combine);  // "single", "weighted", "gate", "min", "first", "choose"

class Chooser;
class Calibration;

struct RoutePart {
  ToolId tool;
  Json params;                                     // object or null
  double weight = 1.0;                             // > 0
  std::shared_ptr<const Calibration> calibration;  // of this tool on this task, or null: values stand as they are
};

// Another tool that was proven on the task, run beside on a sample of what is scored: it gives no reward, but where it no longer agrees the
// route may be gamed (docs/evolution.md).
struct SecondTool {
  RoutePart part;
  // Right responses that the route accepted when it was proven, and those of them that this tool refused; 0 and 0: not measured.
  std::size_t accepted = 0, doubted = 0;
};

// docs/schemas/route.json is the JSON form.
struct Route {
  std::string task;
  std::string version;  // content hash of everything but this field
  Combine combine = Combine::kSingle;
  std::vector<RoutePart> parts;            // not empty; exactly one for kSingle, at least two for kGate and kChoose
  bool pinned = false;                     // set by hand; builds leave it alone
  std::string why;                         // one sentence: the evidence or the person's reason
  std::shared_ptr<const Chooser> chooser;  // for kChoose only
  std::optional<SecondTool> second;
  // Which of the task's scales its rewards are on, from 1 (src/library/scales.h); 0: not known. Not part of the JSON form.
  int scale = 0;

  std::string ToString() const { return task + "@" + version; }
  Json ToJson() const;
};
// Parses and checks the shape; fills `version`.
Result<Route> RouteFromJson(const Json& json);
// Recomputes `version` after a change.
void StampVersion(Route& route);

}  // namespace rlar
