// Tool: anything that yields a Score; ToolCard: what is known about it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rlar/json.h"
#include "rlar/sample.h"
#include "rlar/score.h"

namespace rlar {

// A point in time that a wait may not pass, and the caller's word that nobody waits any more. Cheap value.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;
  static Deadline Never() { return Deadline(Clock::time_point::max()); }
  static Deadline After(std::chrono::milliseconds span) { return Deadline(Clock::now() + span); }
  // The same point, passed at once where `flag` becomes true. The flag must outlive every copy; null: none.
  Deadline CancelledBy(const std::atomic<bool>* flag) const;
  // This one, or that point, or `span` from now, whichever comes first.
  Deadline Before(Clock::time_point at) const;
  Deadline Within(std::chrono::milliseconds span) const { return Before(Clock::now() + span); }
  bool cancelled() const { return flag_ != nullptr && flag_->load(std::memory_order_relaxed); }
  bool passed() const { return cancelled() || (at_ != Clock::time_point::max() && Clock::now() >= at_); }
  // What is left, at least 0 and at most `cap`.
  std::chrono::milliseconds Left(std::chrono::milliseconds cap) const;
  // How long to wait at most before asking again whether it has passed: Left, but short where it may be cancelled.
  std::chrono::milliseconds Slice() const;

 private:
  explicit Deadline(Clock::time_point at, const std::atomic<bool>* flag = nullptr) : at_(at), flag_(flag) {}
  Clock::time_point at_;
  const std::atomic<bool>* flag_;
};

struct ToolId {
  std::string name;
  std::string version;  // empty: the one that is there
  std::string ToString() const { return version.empty() ? name : name + "@" + version; }
  friend bool operator==(const ToolId&, const ToolId&) = default;
};

enum class ToolKind { kNative, kExternal, kSynthesized, kRewardModel, kJudge };
std::string_view Name(ToolKind kind);  // "native", "external", "synthesized", "reward_model", "judge"
std::optional<ToolKind> ToolKindFromName(std::string_view name);

enum class ToolStatus { kAdmitted, kRefused, kQuarantined };
std::string_view Name(ToolStatus status);  // "admitted", "refused", "quarantined"

// docs/schemas/tool_card.json is the JSON form.
struct ToolCard {
  ToolId id;
  ToolKind kind = ToolKind::kNative;
  ToolStatus status = ToolStatus::kAdmitted;
  std::string summary;
  std::string source;                 // paper, specification, file or address it comes from
  std::vector<std::string> needs;     // "reference", "prompt", "params.NAME"
  std::string reads = "last_turn";    // last_turn | messages | state
  Json params = Json(Json::Array{});  // [{name, type, default, summary, choices?}]
  bool binary = true;                 // only 0 or 1 comes out
  bool deterministic = true;
  std::string isolation = "in_process";  // in_process | child_process | remote | sandbox level
  Json faults = Json(Json::Array{});     // [{kind, rate, ci}]
  Json evidence;                         // what admission measured, or null
  Json program;                          // external: how it is called; null for native

  Json ToJson() const;
};
Result<ToolCard> ToolCardFromJson(const Json& json);

struct CallContext {
  Deadline deadline = Deadline::Never();
  // What a stored verifier's random numbers begin with; fixed when scoring, varied by the gate.
  std::uint64_t seed = 0;
};

// Thread-safe: any number of threads may call Run at once.
class Tool {
 public:
  virtual ~Tool() = default;
  virtual const ToolCard& card() const = 0;
  // How it runs here and now: the card's word, or the level that the sandbox found on this host.
  virtual std::string isolation() const { return card().isolation; }
  // One score per response, in order. Responses belong to one query. `params` (object or null) are the route's or the
  // caller's; the row's own params win over them.
  virtual std::vector<Score> Run(const Query& query, std::span<const Response> responses, const Json& params, const CallContext& context) const = 0;
  // Checks parameters that a person or a route gave, without a row; the error names the parameter.
  virtual Result<void> CheckParams(const Json& params) const = 0;
};

}  // namespace rlar
