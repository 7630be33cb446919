// The agent that finds a reward model for a task: searches the Hub, and the web for names on it; leaves out what cannot or may not be run here, reads cards,
// tries the likely ones on pairs of the user's own rows, and takes the best that the evidence admits. A card's claims only order the trials.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "agents/find_reward_model/model_probes.h"
#include "hub/hub_client.h"
#include "hub/web_search.h"
#include "llm/client.h"

namespace rlar {

struct FindOptions {
  std::size_t trials = 6;         // models fetched and tried a task
  std::size_t search_limit = 20;  // hits a query
  double max_bytes = 0;           // of weights; 0: a third of this machine's memory that is free
  bool allow_unlicensed = true;   // models whose card states no licence
  WebSearch* web = nullptr;       // pages that name models; null: the Hub's own search alone
  ModelGate gate;
  std::chrono::minutes limit{20};  // of one task
};

// One model that was looked at, in the order of the trials.
struct ModelTrial {
  std::string model, revision;
  std::string license;
  double downloads = 0;
  std::string made_for;  // by its card, as a language model read it; else empty
  std::string asked;     // where it is not asked as its files say: how (ask_ways.h)
  std::string step;      // "filter": left out unfetched; "fetch", "probe": how far it came
  Verdict verdict;
  ModelEvidence evidence;
  std::shared_ptr<const Tool> tool;  // where it could be loaded
  Json ToJson() const;
};

struct FindResult {
  std::vector<ModelTrial> trials;
  std::size_t best = static_cast<std::size_t>(-1);  // of the admitted ones; none where none is good enough
  std::string note;                                 // what was searched and proven on, or why nothing was
};

// Models that were loaded for one task and may be tried for the next, and what was seen of them; the tools are dropped as a whole once they hold more than
// `max_bytes` together.
struct LoadedModels {
  std::map<std::string, std::string> folders;                // by "model@commit"
  std::map<std::string, std::shared_ptr<const Tool>> tools;  // by id
  double bytes = 0;
  // Of all tasks so far, by model: worse responses that were dressed, and those that then got as much as the better ones (style_bias.h).
  std::map<std::string, std::pair<std::size_t, std::size_t>> looks;
};

// Never fails: what goes wrong with a model refuses that model, and with the Hub it is said in `note`. `client` may be null: then cards
// are read by rule. Blocks for fetching and probing.
FindResult FindRewardModel(const TaskGroup& group, const std::vector<Query>& rows, const ProbeSet& probes, HubClient& hub, LlmClient* client,
                           const FindOptions& options, LoadedModels& loaded, const std::function<void(const std::string& step, double share)>& progress);

}  // namespace rlar
