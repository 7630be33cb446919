#include "watch/health.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "base/text.h"

namespace rlar {
namespace {

constexpr std::size_t kLeastSeen = 100;  // responses, before anything is called long, or well paid
constexpr std::size_t kLengthParts = 10, kRewardParts = 5;
constexpr double kEndOfScale = 0.01;

std::size_t BinOf(std::size_t bytes) { return static_cast<std::size_t>(4 * std::log2(static_cast<double>(bytes) + 1)); }

Json PartsJson(const Missing& tally, std::size_t parts) {
  Json::Array responses, failed;
  if (tally.all().responses > 0) {
    for (const Missing::Part& part : tally.Parts(parts)) {
      responses.emplace_back(static_cast<std::int64_t>(part.responses));
      failed.emplace_back(static_cast<std::int64_t>(part.failed));
    }
  }
  Json both;
  both.Set("responses", std::move(responses));
  both.Set("failed", std::move(failed));
  return both;
}

std::string Two(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

}  // namespace

struct TaskHealth::GroupFacts {
  std::size_t scored = 0, failed = 0, failed_long = 0, cut = 0, same = 0, on_scale = 0, beyond = 0;
  double low = 2, high = -1, sum = 0;
  bool longest_is_highest = false;
  std::string reason;  // of the first failure
};

void TaskHealth::Sums::Add(double a, double b) { ++n, x += a, y += b, xx += a * a, yy += b * b, xy += a * b; }

double TaskHealth::Sums::variance() const { return n < 2 ? 0 : std::max(0.0, (xx - x * x / n) / (n - 1)); }

double TaskHealth::Sums::correlation() const {
  const double vx = n * xx - x * x, vy = n * yy - y * y;
  return vx <= 1e-9 || vy <= 1e-9 ? 0 : std::clamp((n * xy - x * y) / std::sqrt(vx * vy), -1.0, 1.0);
}

TaskHealth::TaskHealth(const WatchOptions& o)
    : options_(o),
      failing_(o.usual_failed, o.raised_failed, o.threshold),
      flatness_(o.usual_flat, o.raised_flat, o.threshold),
      length_(o.usual_long, o.raised_long, o.threshold),
      cut_test_(o.usual_cut, o.raised_cut, o.threshold),
      same_test_(o.usual_same, o.raised_same, o.threshold),
      missing_(o.usual_missing, o.raised_missing, o.threshold),
      missing_best_(o.usual_missing_end, o.raised_missing_end, o.threshold),
      missing_least_(o.usual_missing_end, o.raised_missing_end, o.threshold),
      beyond_test_(o.usual_beyond, o.raised_beyond, o.threshold) {}

std::vector<Finding> TaskHealth::Observe(const Group& group, const std::vector<Reward>& rewards) {
  ++seen_;
  const GroupFacts facts = Look(group, rewards);
  std::vector<Finding> found;
  Failures(facts, group, found);
  Policy(facts, group, found);
  Range(facts, group, found);
  if (facts.scored > 0) Jump(facts.sum / static_cast<double>(facts.scored), group, found);
  if (facts.scored > 1) Spread(facts, group, found);
  return found;
}

TaskHealth::GroupFacts TaskHealth::Look(const Group& group, const std::vector<Reward>& rewards) {
  GroupFacts facts;
  std::size_t longest = 0;
  double longest_score = -1;
  std::set<std::string_view> texts;
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    const Response& response = group.responses[i];
    const std::size_t bytes = response.text.size();
    if (response.finish_reason == "length") ++facts.cut;
    if (!texts.insert(response.text).second) ++facts.same;
    // A cap that the user set is no sickness of the tool.
    const bool failed = rewards[i].score.status() == Status::kFailed && rewards[i].score.error_class() != Class::kCost;
    by_length_.Add(BinOf(bytes), failed);
    if (failed) {
      if (facts.failed++ == 0) facts.reason = rewards[i].score.reason();
      if (by_length_.InLargest(BinOf(bytes), kLengthParts)) ++facts.failed_long;
    }
    const auto value = rewards[i].score.value();
    if (!value) continue;
    ++facts.scored;
    const auto& parts = rewards[i].score.components();
    if (std::any_of(parts.begin(), parts.end(), [](const auto& part) { return part.first == "raw"; })) {
      ++facts.on_scale;
      if (*value < kEndOfScale || *value > 1 - kEndOfScale) ++facts.beyond;
    }
    facts.sum += *value;
    facts.low = std::min(facts.low, *value);
    facts.high = std::max(facts.high, *value);
    length_score_.Add(*value, std::log(static_cast<double>(bytes) + 1));
    if (bytes >= longest) {
      longest = bytes;
      longest_score = *value;
    }
  }
  facts.longest_is_highest = longest_score >= facts.high - 1e-12;
  return facts;
}

void TaskHealth::Failures(const GroupFacts& facts, const Group& group, std::vector<Finding>& found) {
  if (facts.failed > 0) ++failed_groups_;
  if (failing_.Add(facts.failed > 0)) {
    found.push_back({"failing", CountOf(failed_groups_, seen_) + " queries got a score that failed", {ShowCase(facts.reason)}});
  }
  if (facts.failed > 0 && facts.scored > 0) beside_failed_.Add(facts.sum / static_cast<double>(facts.scored), 0);
  failed_long_ += facts.failed_long;
  MissingByReward(facts, found);
  if (by_length_.all().responses < kLeastSeen) return;
  for (std::size_t i = 0; i < facts.failed; ++i) {
    if (!missing_.Add(i < facts.failed_long)) continue;
    found.push_back(
        {"missing_when_long",
         CountOf(failed_long_, by_length_.all().failed) + " failed scores fall on the longest tenth of the responses: what is missing is not missing at random",
         {ShowCase(facts.reason), ShowCase(group.query.prompt)}});
    return;
  }
}

// A failed response has no reward of its own; its group's others say what its query pays.
void TaskHealth::MissingByReward(const GroupFacts& facts, std::vector<Finding>& found) {
  if (facts.scored == 0) return;
  const auto bin = static_cast<std::size_t>(100 * facts.sum / static_cast<double>(facts.scored) + 0.5);
  for (std::size_t i = 0; i < facts.scored + facts.failed; ++i) by_reward_.Add(bin, i < facts.failed);
  if (by_reward_.all().responses < kLeastSeen) return;
  bool best = false, least = false;
  for (std::size_t i = 0; i < facts.failed; ++i) {
    best = missing_best_.Add(by_reward_.InLargest(bin, kRewardParts)) || best;
    least = missing_least_.Add(by_reward_.InSmallest(bin, kRewardParts)) || least;
  }
  if (!best && !least) return;
  found.push_back({"missing_by_reward",
                   std::string("most failed scores fall on the fifth of the groups that is paid ") + (best ? "best" : "least") +
                       ": what is missing is not missing at random",
                   {ShowCase(facts.reason)}});
}

// What the policy does.
void TaskHealth::Policy(const GroupFacts& facts, const Group& group, std::vector<Finding>& found) {
  cut_ += facts.cut;
  same_ += facts.same;
  const std::size_t count = group.responses.size();
  if (cut_test_.Add(2 * facts.cut >= count && facts.cut > 0)) {
    found.push_back({"truncated", CountOf(cut_, by_length_.all().responses) + " responses were cut off by length", {ShowCase(group.query.prompt)}});
  }
  if (count > 1 && same_test_.Add(2 * facts.same >= count)) {
    found.push_back({"duplicates", CountOf(same_, by_length_.all().responses) + " responses repeat another of their group", {ShowCase(group.query.prompt)}});
  }
}

// A value on a task's scale is the share of the build's values below it: a policy whose responses lie at the ends has left what the tool was proven on.
void TaskHealth::Range(const GroupFacts& facts, const Group& group, std::vector<Finding>& found) {
  if (facts.on_scale == 0) return;
  ++on_scale_;
  const bool beyond = 2 * facts.beyond >= facts.on_scale;
  if (beyond) ++beyond_;
  if (!beyond_test_.Add(beyond)) return;
  found.push_back({"beyond_evidence",
                   "in " + CountOf(beyond_, on_scale_) + " groups half the responses or more score beyond nearly all values that the build saw",
                   {ShowCase(group.query.prompt)}});
}

// How the scores of one group stand to each other.
void TaskHealth::Spread(const GroupFacts& facts, const Group& group, std::vector<Finding>& found) {
  ++groups_;
  const bool flat = facts.high - facts.low < 1e-9;
  if (flat) {
    ++flat_;
    if (facts.high >= 1 - 1e-9) ++all_high_;
    if (facts.low <= 1e-9) ++all_low_;
  }
  if (flatness_.Add(flat)) {
    found.push_back({"flat",
                     CountOf(flat_, groups_) + " groups have responses that all score alike (" + std::to_string(all_high_) + " all 1, " +
                         std::to_string(all_low_) + " all 0): they teach nothing",
                     {ShowCase(group.query.prompt)}});
  }
  if (flat) return;
  ++mixed_;
  if (facts.longest_is_highest) ++longest_;
  if (length_.Add(facts.longest_is_highest)) {
    found.push_back(
        {"follows_length", "in " + CountOf(longest_, mixed_) + " groups the longest response has the highest score", {ShowCase(group.query.prompt)}});
  }
}

void TaskHealth::Jump(double mean, const Group& group, std::vector<Finding>& found) {
  window_.Add(mean, 0);
  if (window_.n < static_cast<double>(options_.jump_window)) return;
  if (before_.n > 0) {
    const double rise = window_.mean() - before_.mean();
    const double error = std::sqrt(window_.variance() / window_.n + before_.variance() / before_.n);
    if (std::abs(rise) > std::max(options_.jump_least, options_.jump_errors * error)) {
      found.push_back({"jump",
                       "the mean reward went from " + Two(before_.mean()) + " to " + Two(window_.mean()) + " within " +
                           std::to_string(2 * options_.jump_window) + " groups",
                       {ShowCase(group.query.prompt)}});
    }
  }
  before_ = window_;
  window_ = {};
}

std::optional<Finding> TaskHealth::Doubt(const SecondTool& second, const Group& group, const std::vector<Reward>& rewards, const std::vector<Score>& opinions) {
  if (doubts_.tool.empty()) {
    doubts_.tool = second.part.tool.ToString();
    doubts_.accepted = doubts_.built = second.accepted;
    doubts_.doubted = second.doubted;
  }
  bool alarmed = false;
  std::vector<std::string> cases;
  for (std::size_t i = 0; i < opinions.size(); ++i) {
    const auto value = rewards[i].score.value(), opinion = opinions[i].value();
    if (!value || !opinion || *value < 0.5) continue;
    const bool doubted = *opinion < 0.5;
    if (doubts_.accepted < options_.doubt_base) {
      ++doubts_.accepted;
      doubts_.doubted += doubted ? 1 : 0;
      continue;
    }
    if (doubts_.base() > options_.doubt_most) return std::nullopt;
    if (!doubts_.test) {
      const double usual = doubts_.base() + options_.doubt_slack;
      doubts_.test.emplace(usual, usual + options_.doubt_rise, options_.threshold);
    }
    if (doubts_.test->Add(doubted)) alarmed = true;
    // Where the sum is 0 nothing has changed so far: what is counted are the responses since the likeliest moment of a change.
    if (doubts_.test->sum() <= 0) {
      doubts_.recent.clear();
      continue;
    }
    doubts_.recent.push_back(doubted);
    if (doubts_.recent.size() > options_.doubt_recent) doubts_.recent.pop_front();
    if (doubted && cases.size() < 2) cases.push_back(ShowCase(group.query.prompt) + " → " + ShowCase(group.responses[i].text));
  }
  if (!alarmed) return std::nullopt;
  return Finding{"gamed",
                 "of the last " + std::to_string(doubts_.recent.size()) + " sampled responses that it accepts, " + doubts_.tool + " refuses " +
                     std::to_string(doubts_.doubted_lately()) + "; of " + (doubts_.built > 0 ? "" : "the first ") + std::to_string(doubts_.accepted) +
                     (doubts_.built > 0 ? " right ones of the build" : "") + " it refused " + std::to_string(doubts_.doubted),
                 std::move(cases)};
}

void TaskHealth::AddTo(Json& entry) const {
  const auto set = [&](const char* name, std::size_t count) { entry.Set(name, static_cast<std::int64_t>(count)); };
  set("failed", failed_groups_);
  set("groups", groups_);
  set("flat_groups", flat_);
  set("all_high_groups", all_high_);
  set("all_low_groups", all_low_);
  set("longest_wins", longest_);
  set("responses", by_length_.all().responses);
  set("truncated", cut_);
  set("duplicates", same_);
  set("beyond_groups", beyond_);
  set("failed_responses", by_length_.all().failed);
  set("failed_long", failed_long_);
  entry.Set("by_length", PartsJson(by_length_, kLengthParts));
  entry.Set("by_reward", PartsJson(by_reward_, kRewardParts));
  if (!doubts_.tool.empty()) {
    Json second;
    second.Set("tool", doubts_.tool);
    second.Set("first_accepted", static_cast<std::int64_t>(doubts_.accepted));
    second.Set("first_doubted", static_cast<std::int64_t>(doubts_.doubted));
    second.Set("built_accepted", static_cast<std::int64_t>(doubts_.built));
    second.Set("recent_accepted", static_cast<std::int64_t>(doubts_.recent.size()));
    second.Set("recent_doubted", static_cast<std::int64_t>(doubts_.doubted_lately()));
    entry.Set("second", std::move(second));
  }
  const bool scored = length_score_.n > 0;
  entry.Set("mean", scored ? Json(length_score_.mean()) : Json());
  entry.Set("length_correlation", scored ? Json(length_score_.correlation()) : Json());
  entry.Set("mean_beside_failed", beside_failed_.n > 0 ? Json(beside_failed_.mean()) : Json());
}

}  // namespace rlar
