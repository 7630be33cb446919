// The ways in which a model of the Hub may be asked: what its card says of text and output, beside what its files say. Evidence chooses.
#pragma once

#include <string>
#include <vector>

#include "hub/hub_client.h"
#include "tools/reward_model/backend.h"

namespace rlar {

// What a language model read in a card; as it stands where nobody read it.
struct CardReading {
  std::string made_for;
  std::string format;    // text with {prompt} and {response}, or empty
  int good_output = -1;  // counted from 0; -1: not said
};

// The likeliest first: by the tokenizer's chat template (without one, as a pair); then by the card's format, where it names both places once.
// Where the card does not name an output, the last is taken.
std::vector<ModelAdapter> WaysToAsk(const HubModel& model, const std::string& folder, const CardReading& card);
// The same by the other output; only a model with two has one.
ModelAdapter ByOtherOutput(ModelAdapter adapter);
// The same with responses as plain words: a look that is not shown is not paid for.
ModelAdapter InPlainWords(ModelAdapter adapter);
// In a few words, for reports: "text 'Q: {prompt} A: {response}', output 0, plain words"; empty where it is asked as its files say.
std::string DescribeWay(const ModelAdapter& adapter, const HubModel& model);

}  // namespace rlar
