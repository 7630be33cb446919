#include "agents/second_tool.h"

#include "agents/admit/nature.h"
#include "agents/admit/probes.h"
#include "classify/features.h"

namespace rlar {
namespace {

// What a second tool needs.
constexpr double kLeastProbes = 20, kLeastRate = 0.75;

std::vector<Response> RightResponses(const std::vector<const Query*>& rows, std::size_t i, const Rollouts& rollouts) {
  std::vector<std::string> texts = RightRollouts(*rows[i], &rollouts);
  for (const Probe& probe : MakeProbes(*rows[i], ReferenceShape(rows[i]->reference), OtherReferences(rows, i))) {
    if (probe.want == Probe::Want::kAccept) texts.push_back(probe.response);
  }
  return AsResponses(texts);
}

}  // namespace

void MeasureBase(const Tool& first, const Json& params, const Tool& second_tool, const std::vector<const Query*>& rows, const Rollouts& rollouts,
                 SecondTool& second) {
  second.accepted = second.doubted = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i]->reference.empty()) continue;
    const auto responses = RightResponses(rows, i, rollouts);
    const auto values = first.Run(*rows[i], responses, params, CallContext{});
    const auto opinions = second_tool.Run(*rows[i], responses, second.part.params, CallContext{});
    for (std::size_t k = 0; k < responses.size(); ++k) {
      if (!values[k].value() || !opinions[k].value() || *values[k].value() < 0.5) continue;
      ++second.accepted;
      if (*opinions[k].value() < 0.5) ++second.doubted;
    }
  }
}

std::optional<SecondTool> SecondOf(const TaskResult& task, const std::vector<const Query*>& rows, const Rollouts& rollouts) {
  if (task.chosen() == nullptr) return std::nullopt;
  const Tool& chosen = *task.chosen()->candidate.tool;
  const Trial* best = nullptr;
  for (const Trial& trial : task.trials) {
    const ToolCard& card = trial.candidate.tool->card();
    if (card.kind != ToolKind::kNative || card.isolation != "in_process" || card.id.name == chosen.card().id.name) continue;
    const Evidence& e = trial.evidence;
    if (e.accept_probes < kLeastProbes || e.refuse_probes < kLeastProbes || e.accept_rate() < kLeastRate || e.refuse_rate() < kLeastRate) continue;
    if (best == nullptr || e.quality() > best->evidence.quality()) best = &trial;
  }
  if (best == nullptr) return std::nullopt;
  SecondTool second{RoutePart{best->candidate.tool->card().id, best->candidate.params, 1.0, nullptr}};
  const ToolKind kind = chosen.card().kind;
  const bool free = (kind == ToolKind::kNative || kind == ToolKind::kSynthesized) && task.chosen()->beside.empty();
  if (free) MeasureBase(chosen, task.chosen()->candidate.params, *best->candidate.tool, rows, rollouts, second);
  return second;
}

}  // namespace rlar
