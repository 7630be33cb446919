#include "tools/reward_model/judge_group.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/hash.h"
#include "tools/reward_model/judge_verdict.h"

namespace rlar {
namespace {

constexpr std::size_t kFruitless = 2;

using Members = std::vector<std::size_t>;  // of one call: indices of texts, in the order shown

// What two calls that show the same responses in both orders say, by place in the first order.
struct BothOrders {
  std::vector<std::vector<double>> grades;  // a criterion each, means of the two
  std::vector<double> first, second;        // values
  std::vector<bool> expected;               // both from log probabilities
  double gap(std::size_t i) const { return std::abs(first[i] - second[i]); }
};

std::optional<double> Component(const ModelScore& score, std::string_view name) {
  for (const auto& [key, value] : score.components) {
    if (key == name) return value;
  }
  return std::nullopt;
}

// One group's way through the calls.
class GroupRun {
 public:
  GroupRun(ModelClient& calls, const ModelAdapter& adapter, const ModelItem& shape, std::vector<std::string> texts, const Deadline& deadline)
      : calls_(calls),
        adapter_(adapter),
        shape_(shape),
        rubric_(shape.rubric.empty() ? adapter.rubric : shape.rubric),
        texts_(std::move(texts)),
        deadline_(deadline),
        found_(texts_.size()) {}

  std::vector<Result<ModelScore>> Run() {
    if (texts_.size() == 1) {
      Alone();
    } else if (adapter_.mode == "pairwise") {
      Sort();
    } else {
      List();
    }
    std::vector<Result<ModelScore>> scores;
    for (auto& one : found_) {
      if (one && one->has_value()) (**one).usd += usd_ / static_cast<double>(texts_.size());
      scores.push_back(one ? std::move(*one) : Result<ModelScore>(MakeError(ErrorCode::kInternal, "a response was left out of its group")));
    }
    return scores;
  }

 private:
  void Alone() {
    ModelItem item = shape_;
    item.response = texts_[0];
    found_[0] = std::move(calls_.Score(std::span(&item, 1), deadline_).front());
  }

  // Shows each list in both orders, all calls at once.
  std::vector<Result<BothOrders>> Ask(const std::vector<Members>& lists) {
    std::vector<ModelItem> items;
    for (const Members& list : lists) {
      ModelItem item = shape_;
      item.response.clear();
      for (const std::size_t i : list) item.together.push_back(texts_[i]);
      items.push_back(item);
      std::reverse(item.together.begin(), item.together.end());
      items.push_back(std::move(item));
    }
    const auto replies = calls_.Score(items, deadline_);
    for (const auto& reply : replies) usd_ += reply ? reply->usd : 0;
    std::vector<Result<BothOrders>> read;
    for (std::size_t i = 0; i < lists.size(); ++i) read.push_back(Merge(replies[2 * i], replies[2 * i + 1], lists[i].size()));
    return read;
  }

  Result<BothOrders> Merge(const Result<ModelScore>& forth, const Result<ModelScore>& back, std::size_t count) const {
    if (!forth) return forth.error();
    if (!back) return back.error();
    if (forth->each.size() != count || back->each.size() != count) return MakeError(ErrorCode::kCorrupt, "a verdict on another number of responses");
    BothOrders both;
    for (std::size_t i = 0; i < count; ++i) {
      const ModelScore& one = forth->each[i];
      const ModelScore& two = back->each[count - 1 - i];
      std::vector<double> grades;
      for (std::size_t k = 0; k < rubric_.size(); ++k) grades.push_back((one.components[k].second + two.components[k].second) / 2);
      both.grades.push_back(std::move(grades));
      both.first.push_back(one.logit);
      both.second.push_back(two.logit);
      both.expected.push_back(Component(one, "grade/expected").value_or(0) > 0 && Component(two, "grade/expected").value_or(0) > 0);
    }
    return both;
  }

  ModelScore Made(const std::vector<double>& grades, double gap, bool expected) const {
    ModelScore score = ScoreFromGrades(rubric_, grades);
    if (adapter_.grade == "expected") score.components.emplace_back("grade/expected", expected ? 1 : 0);
    score.components.emplace_back("position_gap", gap);
    return score;
  }

  void List() {
    const std::size_t size = std::min(adapter_.group_size, texts_.size());
    Members first(size);
    for (std::size_t i = 0; i < size; ++i) first[i] = i;
    const auto head = std::move(Ask({first}).front());
    for (std::size_t i = 0; i < size; ++i) {
      found_[i] = head ? Result<ModelScore>(Made(head->grades[i], head->gap(i), head->expected[i])) : Result<ModelScore>(head.error());
    }
    if (size == texts_.size()) return;
    if (!head) {
      for (std::size_t i = size; i < texts_.size(); ++i) found_[i] = Result<ModelScore>(head.error());
      return;
    }
    std::size_t best = 0, worst = size - 1;
    for (std::size_t i = 0; i < size; ++i) {
      if ((*found_[i])->logit > (*found_[best])->logit) best = i;
      if ((*found_[i])->logit < (*found_[worst])->logit) worst = i;
    }
    if (worst == best) worst = best == 0 ? size - 1 : 0;
    Anchored(*head, best, worst);
  }

  // The rest of a list, in calls that show the anchors in the middle.
  void Anchored(const BothOrders& head, std::size_t best, std::size_t worst) {
    const std::size_t size = adapter_.group_size, rest = texts_.size() - size, room = size - 2;
    const std::size_t count = (rest + room - 1) / room;
    std::vector<Members> lists(count);
    for (std::size_t i = 0; i < rest; ++i) lists[i * count / rest].push_back(size + i);
    std::vector<std::size_t> middles;
    for (Members& list : lists) {
      middles.push_back(list.size() / 2);
      list.insert(list.begin() + static_cast<std::ptrdiff_t>(middles.back()), {best, worst});
    }
    const auto replies = Ask(lists);
    for (std::size_t n = 0; n < count; ++n) {
      for (std::size_t i = 0; i < lists[n].size(); ++i) {
        if (i == middles[n] || i == middles[n] + 1) continue;
        auto& found = found_[lists[n][i]];
        if (!replies[n]) {
          found = Result<ModelScore>(replies[n].error());
          continue;
        }
        const BothOrders& said = *replies[n];
        std::vector<double> grades;
        for (std::size_t k = 0; k < rubric_.size(); ++k) {
          const double shift = (head.grades[best][k] - said.grades[middles[n]][k] + head.grades[worst][k] - said.grades[middles[n] + 1][k]) / 2;
          grades.push_back(std::clamp(said.grades[i][k] + shift, 0.0, 1.0));
        }
        found = Result<ModelScore>(Made(grades, said.gap(i), said.expected[i]));
      }
    }
  }

  // What a response's comparisons said of it.
  struct Tally {
    std::vector<double> grades;
    double gap = 0;
    std::size_t pairs = 0;
    bool expected = true;
    void Add(const BothOrders& both, std::size_t side) {
      grades.resize(both.grades[side].size());
      for (std::size_t k = 0; k < grades.size(); ++k) grades[k] += both.grades[side][k];
      gap += both.gap(side);
      expected = expected && both.expected[side];
      ++pairs;
    }
  };

  // Texts between which nothing is known yet, or (`tied`) between which all is.
  struct Range {
    Members members;
    bool tied = false;
    bool open() const { return !tied && members.size() > 1; }
  };

  void Sort() {
    std::vector<Range> order(1);  // the worst first
    for (std::size_t i = 0; i < texts_.size(); ++i) order[0].members.push_back(i);
    std::vector<Tally> tallies(texts_.size());
    std::size_t fruitless = 0;  // rounds one after the other
    while (std::any_of(order.begin(), order.end(), [](const Range& range) { return range.open(); })) {
      if (!Round(order, tallies, fruitless)) return;
    }
    Ranks(order, tallies);
  }

  // Compares every open range with its first member. False where nothing more can be asked: all are failed then.
  bool Round(std::vector<Range>& order, std::vector<Tally>& tallies, std::size_t& fruitless) {
    std::vector<Members> pairs;
    for (const Range& range : order) {
      if (!range.open()) continue;
      for (std::size_t i = 1; i < range.members.size(); ++i) pairs.push_back({range.members[0], range.members[i]});
    }
    const auto replies = Ask(pairs);
    const bool fruit = std::any_of(replies.begin(), replies.end(), [](const auto& reply) { return reply.has_value(); });
    fruitless = fruit ? 0 : fruitless + 1;
    for (const auto& reply : replies) {
      // One text may spoil what shows it; a server that is not there, or takes nothing at all, spoils everything.
      const bool texts_fault = reply || reply.error().code == ErrorCode::kCorrupt || reply.error().code == ErrorCode::kInvalidArgument;
      if (texts_fault && fruitless < kFruitless) continue;
      for (auto& found : found_) found = Result<ModelScore>(reply.error());
      return false;
    }
    std::vector<Range> next;
    std::size_t at = 0;
    for (Range& range : order) {
      if (range.open()) {
        const std::size_t count = range.members.size() - 1;
        Split(range.members, std::span(replies).subspan(at, count), tallies, next);
        at += count;
      } else {
        next.push_back(std::move(range));
      }
    }
    order = std::move(next);
    return true;
  }

  void Split(const Members& members, std::span<const Result<BothOrders>> replies, std::vector<Tally>& tallies, std::vector<Range>& out) {
    const bool spoilt = std::none_of(replies.begin(), replies.end(), [](const auto& reply) { return reply.has_value(); });
    if (spoilt) {
      found_[members[0]] = Result<ModelScore>(replies.front().error());
      if (members.size() == 2) {
        found_[members[1]] = Result<ModelScore>(replies.front().error());
      } else {
        out.push_back({Members(members.begin() + 1, members.end())});
      }
      return;
    }
    Range below, same{{members[0]}, true}, above;
    for (std::size_t i = 0; i < replies.size(); ++i) {
      const std::size_t other = members[i + 1];
      if (!replies[i]) {
        found_[other] = Result<ModelScore>(replies[i].error());
        continue;
      }
      const BothOrders& both = *replies[i];
      tallies[members[0]].Add(both, 0);
      tallies[other].Add(both, 1);
      const auto better = [](double a, double b) { return a > b ? 1 : a < b ? -1 : 0; };
      const int forth = better(both.first[1], both.first[0]), back = better(both.second[1], both.second[0]);
      (forth != back || forth == 0 ? same : forth > 0 ? above : below).members.push_back(other);
    }
    for (Range* range : {&below, &same, &above}) {
      if (!range->members.empty()) out.push_back(std::move(*range));
    }
  }

  void Ranks(const std::vector<Range>& order, const std::vector<Tally>& tallies) {
    std::size_t total = 0, below = 0;
    const auto placed = [&](std::size_t i) { return !found_[i] && tallies[i].pairs > 0; };
    for (const Range& range : order) total += static_cast<std::size_t>(std::count_if(range.members.begin(), range.members.end(), placed));
    for (const Range& range : order) {
      const auto size = static_cast<std::size_t>(std::count_if(range.members.begin(), range.members.end(), placed));
      for (const std::size_t i : range.members) {
        if (found_[i]) continue;
        const Tally& tally = tallies[i];
        if (tally.pairs == 0 || total < 2) {
          found_[i].emplace(MakeError(ErrorCode::kCorrupt, "too few responses of its group could be compared"));
          continue;
        }
        std::vector<double> grades;
        for (const double sum : tally.grades) grades.push_back(sum / static_cast<double>(tally.pairs));
        ModelScore score = Made(grades, tally.gap / static_cast<double>(tally.pairs), tally.expected);
        score.logit = IsVetoed(rubric_, grades) ? 0 : (static_cast<double>(below) + static_cast<double>(size - 1) / 2) / static_cast<double>(total - 1);
        found_[i] = Result<ModelScore>(std::move(score));
      }
      below += size;
    }
  }

  ModelClient& calls_;
  const ModelAdapter& adapter_;
  const ModelItem& shape_;
  const std::vector<RubricItem>& rubric_;
  const std::vector<std::string> texts_;
  const Deadline& deadline_;
  std::vector<std::optional<Result<ModelScore>>> found_;  // one a text
  double usd_ = 0;                                        // of all calls for several of them
};

class GroupJudge final : public ModelClient {
 public:
  GroupJudge(std::shared_ptr<ModelClient> calls, const ModelAdapter& adapter) : calls_(std::move(calls)), adapter_(adapter) {}

  std::vector<Result<ModelScore>> Score(std::span<const ModelItem> items, const Deadline& deadline) override {
    if (items.empty()) return {};
    ModelItem shape = items.front();
    shape.response.clear();
    const std::string key = shape.Key();
    std::map<std::pair<std::uint64_t, std::string>, std::size_t> places;  // by what the content says: its order is the order shown
    for (const ModelItem& item : items) places.try_emplace({Hash64(item.response, Hash64(key)), item.response}, 0);
    std::vector<std::string> texts;
    for (auto& [text, place] : places) {
      place = texts.size();
      texts.push_back(text.second);
    }
    const auto scores = GroupRun(*calls_, adapter_, shape, std::move(texts), deadline).Run();
    std::vector<Result<ModelScore>> all;
    for (const ModelItem& item : items) all.push_back(scores[places.at({Hash64(item.response, Hash64(key)), item.response})]);
    return all;
  }

 private:
  const std::shared_ptr<ModelClient> calls_;
  const ModelAdapter adapter_;
};

}  // namespace

std::shared_ptr<ModelClient> MakeGroupJudge(std::shared_ptr<ModelClient> calls, const ModelAdapter& adapter) {
  return std::make_shared<GroupJudge>(std::move(calls), adapter);
}

}  // namespace rlar
