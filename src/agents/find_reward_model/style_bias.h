// Whether a model's score follows the look of a response: headings, lists and bold type around the same words.
#pragma once

#include <string>

#include "agents/find_reward_model/model_probes.h"

namespace rlar {

// The text with a heading, its sentences as a list and their first words in bold. Empty where it has such marks already or no words.
std::string Dressed(const std::string& text);

// On at most 30 rows whose best and worst response are in order and plain: does the worst one, dressed, get as much as the best? Sets
// `dressed` and `turned` of `evidence`, which TryModel filled on the same probes.
void MeasureStyle(const Tool& model, const Json& params, const ProbeSet& probes, ModelEvidence& evidence);

}  // namespace rlar
