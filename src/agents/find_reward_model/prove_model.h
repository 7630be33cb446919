// Proves one reward model or judge on the tasks of a file of rows, judges under attack: what `rlar models add` and
// `rlar admit` share.
#pragma once

#include <string>
#include <vector>

#include "agents/admit/prove.h"
#include "agents/find_reward_model/model_probes.h"

namespace rlar {

struct ModelData {
  std::vector<Query> queries;
  Labels labels;
};
// The rows of a file with what they bring of better and worse responses (the first 20,000); an error where there is
// none.
Result<ModelData> ReadModelData(const std::string& path);
// Tries the model on each task found in the rows; `heard` as TryModel has it, task by task.
std::vector<TaskFinding> ProveModel(const Tool& tool, const ModelData& data, const HeardRows& heard = {});
// A card from {"name", and the fields of an adapter (backend.h)} or from a card as `rlar models add --json` prints it;
// errors name the field.
Result<ToolCard> ModelCardFromJson(const Json& json);

}  // namespace rlar
