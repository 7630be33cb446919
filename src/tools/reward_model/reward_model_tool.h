// A reward model or a judge as a tool. A judge's value is its grade (docs/judges.md). A reward model: the card's `program` is its adapter (backend.h). A
// response's value is its logit x squeezed into (0, 1) as (1 + x / (1 + |x|)) / 2, which keeps every order; the logit itself, rounded to four decimals, stands
// in the component "logit".
#pragma once

#include "tools/reward_model/backend.h"

namespace rlar {

Result<std::unique_ptr<Tool>> MakeRewardModelTool(const ToolCard& card);
// A judge whose requests go through `call`, which counts what they cost.
Result<std::unique_ptr<Tool>> MakeJudgeTool(const ToolCard& card, JudgeCall call);
// Scores of a judge with a price carry what they cost as the component "usd"; past the cap (spend.h) they are failed(cost).
// A card for an adapter, with a version that names its content.
ToolCard RewardModelCard(std::string name, std::string summary, const ModelAdapter& adapter);

}  // namespace rlar
