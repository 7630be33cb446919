// Labelled rows with a better and a worse response, for tests.
#pragma once

#include <string>

#include "agents/find_reward_model/model_probes.h"

namespace rlar {

// The responses of row i are "BETTER i." and "WORSE i.".
inline ProbeSet Pairs(const std::string& better, const std::string& worse, int count) {
  ProbeSet probes;
  probes.labelled = true;
  for (int i = 0; i < count; ++i) {
    LabelledRow row;
    row.query.prompt = "question " + std::to_string(i);
    row.responses.resize(2);
    row.responses[0].text = better + " " + std::to_string(i) + ".";
    row.responses[1].text = worse + " " + std::to_string(i) + ".";
    row.labels = {1.0, 0.0};
    probes.rows.push_back(std::move(row));
  }
  return probes;
}

}  // namespace rlar
