#include "agents/discover_tasks/label_groups.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "agents/about.h"
#include "agents/discover_tasks/place_unsure.h"
#include "agents/prompts.h"
#include "base/text.h"
#include "base/thread_pool.h"

namespace rlar {
namespace {

// Between this and kAlikeWording the model is asked; joining too much costs more than joining too little.
constexpr double kMaybe = 0.36;
constexpr std::size_t kRowsShown = 3, kPromptBytes = 280, kReferenceBytes = 80;
constexpr std::size_t kRounds = 3;
constexpr std::size_t kThreads = 4;

using Progress = std::function<void(const std::string& step, double share)>;

std::string ReferenceShown(const Reference& reference) {
  if (reference.kind == Reference::Kind::kJson) return reference.json.Dump();
  return reference.texts.empty() ? "" : reference.texts.front();
}

// The half of the group's rows that is worded most like all of it, in the group's order: a stray row must not name a task.
std::vector<std::size_t> TypicalRows(const TaskGroup& group, const std::vector<SparseVector>& features) {
  std::vector<double> likeness;
  for (const std::size_t row : group.rows) likeness.push_back(Dot(features[row], group.model.centroid));
  std::vector<double> sorted = likeness;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  std::vector<std::size_t> typical;
  for (std::size_t i = 0; i < likeness.size(); ++i) {
    if (likeness[i] >= *middle) typical.push_back(group.rows[i]);
  }
  return typical;
}

// `count` rows spread over the group's typical ones, over all where those are fewer.
std::string ShowRows(const TaskGroup& group, const Grouping& grouping, const std::vector<Query>& rows, std::size_t count, bool numbered) {
  std::string shown;
  std::vector<std::size_t> from = TypicalRows(group, grouping.features);
  if (from.size() < count) from = group.rows;
  count = std::min(count, from.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Query& row = rows[from[(2 * i + 1) * from.size() / (2 * count)]];
    if (i > 0) shown += numbered ? "\n\n" : "\n";
    if (numbered) shown += "Row " + std::to_string(i + 1) + "\n";
    shown += "<request>\n" + Quoted(row.prompt, kPromptBytes) + "\n</request>";
    const std::string reference = ReferenceShown(row.reference);
    if (numbered && !reference.empty()) shown += "\n<right_answer>" + Quoted(reference, kReferenceBytes) + "</right_answer>";
  }
  return shown;
}

Sketch About(const TaskGroup& group, const std::vector<Query>& rows) {
  std::vector<const Query*> members;
  for (const std::size_t row : group.rows) members.push_back(&rows[row]);
  return AboutRows(members, nullptr);
}

bool MayJoin(const TaskGroup& a, const TaskGroup& b, const std::vector<Query>& rows) {
  if (a.rows.empty() || b.rows.empty() || UsersOwn(a, rows) || UsersOwn(b, rows)) return false;
  return a.model.param_names == b.model.param_names && (a.shape == "none") == (b.shape == "none");
}

struct Pair {
  std::size_t a = 0, b = 0;
  double similarity = 0;
};

// Pairs of groups at least `least` alike, the most alike first.
std::vector<Pair> AlikePairs(const Grouping& grouping, const std::vector<Query>& rows, double least) {
  std::vector<Pair> pairs;
  for (std::size_t a = 0; a < grouping.groups.size(); ++a) {
    for (std::size_t b = a + 1; b < grouping.groups.size(); ++b) {
      if (!MayJoin(grouping.groups[a], grouping.groups[b], rows)) continue;
      const double similarity = Dot(grouping.groups[a].model.centroid, grouping.groups[b].model.centroid);
      if (similarity >= least) pairs.push_back({a, b, similarity});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& x, const Pair& y) { return x.similarity > y.similarity; });
  return pairs;
}

std::size_t JoinByWording(Grouping& grouping, const std::vector<Query>& rows) {
  std::size_t joined = 0;
  for (;;) {
    const auto pairs = AlikePairs(grouping, rows, kAlikeWording);
    if (pairs.empty()) break;
    JoinGroups(grouping, pairs[0].a, {pairs[0].b});
    ++joined;
  }
  TidyGroups(grouping);
  return joined;
}

class Labeller {
 public:
  Labeller(Grouping& grouping, const std::vector<Query>& rows, LlmClient& client, const Progress& progress)
      : grouping_(grouping), rows_(rows), client_(client), progress_(progress) {}

  // Asks about the pairs that wording leaves open; each group is asked about once a round.
  std::size_t JoinByModel() {
    std::size_t joined = 0;
    for (std::size_t round = 0; round < kRounds; ++round) {
      std::vector<Pair> open;
      std::set<std::size_t> taken;
      for (const Pair& pair : AlikePairs(grouping_, rows_, kMaybe)) {
        if (taken.count(pair.a) != 0 || taken.count(pair.b) != 0 || asked_.count(Names(pair)) != 0) continue;
        taken.insert({pair.a, pair.b});
        open.push_back(pair);
      }
      if (open.empty()) break;
      const std::vector<char> same = AskSame(open);
      for (std::size_t i = 0; i < open.size(); ++i) {
        asked_.insert(Names(open[i]));
        if (!same[i]) continue;
        JoinGroups(grouping_, open[i].a, {open[i].b});
        ++joined;
      }
      TidyGroups(grouping_);
    }
    return joined;
  }

  void Describe(LabelResult& result) {
    const std::size_t count = grouping_.groups.size();
    std::vector<std::optional<Json>> answers(count);
    ForEach(count, "describing tasks", [&](std::size_t i) {
      ChatRequest request = FindPrompt("name_task").Ask({{"rows", ShowRows(grouping_.groups[i], grouping_, rows_, kRowsShown, true)}});
      request.about = {About(grouping_.groups[i], rows_)};
      if (auto reply = client_.Ask(request)) answers[i] = std::move(reply->json);
    });
    std::map<std::string, std::size_t> used;
    for (std::size_t i = 0; i < count; ++i) {
      TaskGroup& group = grouping_.groups[i];
      if (!answers[i]) {
        ++result.unnamed;
        continue;
      }
      ++result.described;
      group.described = true;
      group.label = Clean(answers[i]->Find("task")->string());
      group.answer = Clean(answers[i]->Find("answer")->string());
      const std::string name = TaskSlug(answers[i]->Find("name")->string());
      if (!UsersOwn(group, rows_) && !name.empty()) group.model.task = name;
    }
    MakeNamesUnique();
  }

 private:
  static std::string Clean(std::string text) {
    for (char& c : text) {
      if (static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    return std::string(Trim(text));
  }

  std::pair<std::string, std::string> Names(const Pair& pair) const { return {grouping_.groups[pair.a].model.task, grouping_.groups[pair.b].model.task}; }

  std::vector<char> AskSame(const std::vector<Pair>& pairs) {
    std::vector<char> same(pairs.size(), 0);
    ForEach(pairs.size(), "comparing tasks", [&](std::size_t i) {
      const auto show = [&](std::size_t group) { return ShowRows(grouping_.groups[group], grouping_, rows_, 2, false); };
      ChatRequest request = FindPrompt("same_task").Ask({{"first", show(pairs[i].a)}, {"second", show(pairs[i].b)}});
      request.about = {About(grouping_.groups[pairs[i].a], rows_), About(grouping_.groups[pairs[i].b], rows_)};
      if (auto reply = client_.Ask(request)) same[i] = reply->json.Find("same")->boolean();
    });
    return same;
  }

  void MakeNamesUnique() {
    std::set<std::string> names;
    for (TaskGroup& group : grouping_.groups) {
      const std::string base = group.model.task;
      for (int n = 2; !names.insert(group.model.task).second; ++n) group.model.task = base + "-" + std::to_string(n);
    }
  }

  void ForEach(std::size_t count, const std::string& step, const std::function<void(std::size_t)>& body) {
    std::atomic<std::size_t> done{0};
    std::mutex mutex;
    ThreadPool pool(std::min(kThreads, std::max<std::size_t>(1, count)));
    pool.ForEach(count, [&](std::size_t i) {
      body(i);
      const std::lock_guard lock(mutex);
      if (progress_) progress_(step, static_cast<double>(++done) / static_cast<double>(count));
    });
  }

  Grouping& grouping_;
  const std::vector<Query>& rows_;
  LlmClient& client_;
  const Progress& progress_;
  std::set<std::pair<std::string, std::string>> asked_;
};

}  // namespace

LabelResult LabelGroups(Grouping& grouping, const std::vector<Query>& rows, LlmClient& client, const Progress& progress) {
  LabelResult result;
  result.groups_before = grouping.groups.size();
  result.joined_by_wording = JoinByWording(grouping, rows);
  Labeller labeller(grouping, rows, client, progress);
  result.joined_by_model = labeller.JoinByModel();
  labeller.Describe(result);
  const Placed placed = PlaceUnsure(grouping, rows, client, progress);
  result.unsure = placed.asked;
  result.moved = placed.moved;
  TidyGroups(grouping);
  return result;
}

}  // namespace rlar
