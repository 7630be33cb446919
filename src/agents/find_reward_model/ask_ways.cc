#include "agents/find_reward_model/ask_ways.h"

#include <algorithm>

namespace rlar {
namespace {

bool HoldsOnce(const std::string& text, std::string_view part) {
  const std::size_t at = text.find(part);
  return at != text.npos && text.find(part, at + 1) == text.npos;
}

int LastOutput(const HubModel& model) { return std::max(0, model.num_labels - 1); }

}  // namespace

std::vector<ModelAdapter> WaysToAsk(const HubModel& model, const std::string& folder, const CardReading& card) {
  ModelAdapter adapter;
  adapter.backend = "transformers";
  adapter.model = model.id;
  adapter.revision = model.sha;
  adapter.model_dir = folder;
  adapter.head = card.good_output >= 0 && card.good_output < model.num_labels ? card.good_output : LastOutput(model);
  std::vector<ModelAdapter> ways{adapter};
  if (HoldsOnce(card.format, "{prompt}") && HoldsOnce(card.format, "{response}")) {
    adapter.chat_template = "format";
    adapter.format = card.format;
    ways.push_back(adapter);
  }
  return ways;
}

ModelAdapter ByOtherOutput(ModelAdapter adapter) {
  adapter.head = 1 - adapter.head;
  return adapter;
}

ModelAdapter InPlainWords(ModelAdapter adapter) {
  adapter.plain = true;
  return adapter;
}

std::string DescribeWay(const ModelAdapter& adapter, const HubModel& model) {
  std::string text;
  if (adapter.chat_template == "format") text = "text '" + adapter.format + "'";
  if (adapter.head != LastOutput(model)) text += (text.empty() ? "" : ", ") + ("output " + std::to_string(adapter.head));
  if (adapter.plain) text += std::string(text.empty() ? "" : ", ") + "plain words";
  return text;
}

}  // namespace rlar
