// TaskHealth: what the groups of one task tell about the tool that scores them and the policy that answers. Counters and sequential tests
// over groups in the order they come; no locks, the Watch holds its own.
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "rlar/engine.h"
#include "watch/cusum.h"
#include "watch/missing.h"

namespace rlar {

struct WatchOptions {
  // False alarms: less than one in exp(12), 160,000 observations of a task, for each test.
  double threshold = 12;
  double usual_unusual = 0.08, raised_unusual = 0.25;         // share of unusually worded queries (one in twenty by construction)
  double usual_failed = 0.02, raised_failed = 0.2;            // share of groups with a failed score
  double usual_flat = 0.5, raised_flat = 0.9;                 // share of groups whose responses all score alike
  double usual_long = 0.65, raised_long = 0.95;               // share of mixed groups whose highest score is the longest response
  double usual_cut = 0.1, raised_cut = 0.5;                   // share of groups with half their responses cut off by length or more
  double usual_same = 0.2, raised_same = 0.6;                 // share of groups with half their responses equal to an earlier one or more
  double usual_missing = 0.25, raised_missing = 0.6;          // share of failed scores that fall on the longest tenth of the responses
  double usual_missing_end = 0.35, raised_missing_end = 0.7;  // share that falls on the fifth of the groups that is paid best; or least
  // Share of groups with half their responses or more in the outermost hundredths of the task's scale: of the values that the build saw one in fifty is there.
  double usual_beyond = 0.05, raised_beyond = 0.3;
  // A jump: two windows of so many groups after each other whose means differ by that much and by so many standard errors.
  std::size_t jump_window = 64;
  double jump_least = 0.15, jump_errors = 5;
  // A second tool's doubts, as a share of the responses that the route accepts: what it may be without an alarm is what it was on the build's own right
  // responses, or for the first so many where the build knew fewer, and a slack; a rise is that plus so much. Where it was more than most at first, the
  // second tool tells nothing.
  std::size_t doubt_base = 40, doubt_recent = 64;
  double doubt_slack = 0.05, doubt_rise = 0.35, doubt_most = 0.5;
  std::size_t max_gathered = 4096;  // queries kept between two Drains; later ones are counted only
};

// Something that is no longer as usual; `says` is one sentence with numbers, `cases` the first few prompts or reasons.
struct Finding {
  std::string kind;  // failing | flat | follows_length | truncated | duplicates | missing_when_long | missing_by_reward | beyond_evidence | jump | gamed
  std::string says;
  std::vector<std::string> cases;
};

// A prompt, response or reason as a case shows it.
inline std::string ShowCase(const std::string& text) { return Shorten(text, 160); }

class TaskHealth {
 public:
  explicit TaskHealth(const WatchOptions& options);
  // Each finding comes with every group for as long as it holds: the caller keeps the first.
  std::vector<Finding> Observe(const Group& group, const std::vector<Reward>& rewards);
  // What the route's second tool says of a group's responses (Route::second), in order. A finding as above, of the kind "gamed": where the route accepts,
  // the second tool refuses more often than when the route was proven (SecondTool's base; what that lacks to `doubt_base` are the first live responses).
  std::optional<Finding> Doubt(const SecondTool& second, const Group& group, const std::vector<Reward>& rewards, const std::vector<Score>& opinions);
  // Sets the counters' fields (docs/schemas/status.json, an entry of tasks).
  void AddTo(Json& entry) const;

 private:
  // Number pairs on the way: enough for a mean, a variance and a correlation.
  struct Sums {
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    void Add(double a, double b);
    double mean() const { return x / n; }
    double variance() const;     // of x
    double correlation() const;  // 0 where either does not vary
  };
  struct GroupFacts;
  GroupFacts Look(const Group& group, const std::vector<Reward>& rewards);
  void Failures(const GroupFacts& facts, const Group& group, std::vector<Finding>& found);
  void Spread(const GroupFacts& facts, const Group& group, std::vector<Finding>& found);
  void Policy(const GroupFacts& facts, const Group& group, std::vector<Finding>& found);
  void Range(const GroupFacts& facts, const Group& group, std::vector<Finding>& found);
  void Jump(double mean, const Group& group, std::vector<Finding>& found);
  void MissingByReward(const GroupFacts& facts, std::vector<Finding>& found);

  const WatchOptions options_;
  std::size_t seen_ = 0, failed_groups_ = 0, groups_ = 0, flat_ = 0, all_high_ = 0, all_low_ = 0, mixed_ = 0, longest_ = 0;
  std::size_t cut_ = 0, same_ = 0, failed_long_ = 0, on_scale_ = 0, beyond_ = 0;
  Sums length_score_;     // log length, score
  Sums beside_failed_;    // scores in groups that hold a failed one
  Missing by_length_;     // by quarter powers of two of the bytes
  Missing by_reward_;     // by the mean of what the group's other responses are paid, in hundredths; of groups where one is
  Sums window_, before_;  // group means
  struct Doubts {
    std::string tool;
    std::size_t accepted = 0, doubted = 0;  // of the build's base, and of the first live responses up to doubt_base
    std::size_t built = 0;                  // accepted ones that the build's base holds
    std::deque<bool> recent;                // of those after them, since it may have changed; the last doubt_recent
    std::optional<Cusum> test;
    double base() const { return static_cast<double>(doubted) / static_cast<double>(accepted); }
    std::size_t doubted_lately() const { return static_cast<std::size_t>(std::count(recent.begin(), recent.end(), true)); }
  } doubts_;
  Cusum failing_, flatness_, length_, cut_test_, same_test_, missing_, missing_best_, missing_least_, beyond_test_;
};

}  // namespace rlar
