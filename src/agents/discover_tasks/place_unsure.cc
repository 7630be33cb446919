#include "agents/discover_tasks/place_unsure.h"

#include <algorithm>
#include <optional>

#include "agents/prompts.h"
#include "base/json_at.h"
#include "base/text.h"
#include "base/thread_pool.h"

namespace rlar {
namespace {

constexpr double kUnsure = 0.05;  // cosine to the own centroid less that to the nearest other
constexpr double kMostShare = 0.05;
constexpr std::size_t kMost = 60, kChoices = 4, kThreads = 4, kPromptBytes = 400, kLabelBytes = 160;

struct Doubt {
  std::size_t row = 0, group = 0;
  double margin = 0;
  std::vector<std::size_t> choices;  // groups, by their numbers in the question
};

// The choices are the own group and those that the row is nearly as near to: what is out of the question, a poor label must not bring back.
Doubt DoubtOf(const Grouping& grouping, const std::vector<Query>& rows, std::size_t group, std::size_t row) {
  std::vector<std::pair<double, std::size_t>> near;
  for (std::size_t g = 0; g < grouping.groups.size(); ++g) {
    const TaskGroup& other = grouping.groups[g];
    if (g == group || !other.described || !MayTrade(grouping.groups[group], other) || UsersOwn(other, rows)) continue;
    near.emplace_back(-Dot(grouping.features[row], other.model.centroid), g);
  }
  std::sort(near.begin(), near.end());
  Doubt doubt{row, group, 1, {group}};
  const double own = Dot(grouping.features[row], grouping.groups[group].model.centroid);
  for (std::size_t i = 0; i < std::min(kChoices, near.size()) && own + near[i].first < kUnsure; ++i) doubt.choices.push_back(near[i].second);
  if (!near.empty()) doubt.margin = own + near.front().first;
  std::sort(doubt.choices.begin(), doubt.choices.end());  // the own one's place says nothing
  return doubt;
}

std::vector<Doubt> LeastSure(const Grouping& grouping, const std::vector<Query>& rows) {
  std::vector<Doubt> doubts;
  for (std::size_t g = 0; g < grouping.groups.size(); ++g) {
    if (!grouping.groups[g].described || UsersOwn(grouping.groups[g], rows)) continue;
    for (const std::size_t row : grouping.groups[g].rows) {
      Doubt doubt = DoubtOf(grouping, rows, g, row);
      if (doubt.margin < kUnsure) doubts.push_back(std::move(doubt));
    }
  }
  std::stable_sort(doubts.begin(), doubts.end(), [](const Doubt& a, const Doubt& b) { return a.margin < b.margin; });
  const auto share = static_cast<std::size_t>(kMostShare * static_cast<double>(rows.size()));
  doubts.resize(std::min({doubts.size(), kMost, std::max<std::size_t>(1, share)}));
  return doubts;
}

}  // namespace

Placed PlaceUnsure(Grouping& grouping, const std::vector<Query>& rows, LlmClient& client,
                   const std::function<void(const std::string& step, double share)>& progress) {
  const auto doubts = LeastSure(grouping, rows);
  if (doubts.empty()) return {};
  std::vector<std::size_t> into(doubts.size());
  std::vector<char> answered(doubts.size(), 0);
  ThreadPool pool(std::min(kThreads, doubts.size()));
  pool.ForEach(doubts.size(), [&](std::size_t i) {
    const Doubt& doubt = doubts[i];
    into[i] = doubt.group;
    std::string tasks;
    for (std::size_t n = 0; n < doubt.choices.size(); ++n)
      tasks += (n > 0 ? "\n" : "") + std::to_string(n + 1) + ". " + Quoted(grouping.groups[doubt.choices[n]].label, kLabelBytes);
    const auto reply = client.Ask(FindPrompt("place_query").Ask({{"request", Quoted(rows[doubt.row].prompt, kPromptBytes)}, {"tasks", tasks}}));
    answered[i] = reply.has_value();
    const auto number = reply ? static_cast<std::size_t>(NumberAt(reply->json, "task")) : 0;
    if (number >= 1 && number <= doubt.choices.size()) into[i] = doubt.choices[number - 1];
  });
  if (progress) progress("placing unsure rows: " + std::to_string(doubts.size()), 1);
  Placed placed{static_cast<std::size_t>(std::count(answered.begin(), answered.end(), 1)), 0};
  for (std::size_t i = 0; i < doubts.size(); ++i) {
    if (into[i] == doubts[i].group) continue;
    MoveRow(grouping, rows, doubts[i].row, doubts[i].group, into[i]);
    ++placed.moved;
  }
  return placed;
}

}  // namespace rlar
