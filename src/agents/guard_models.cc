#include "agents/guard_models.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <unordered_map>

#include "agents/weigh_tools.h"
#include "base/text.h"
#include "rlar/verifier.h"
#include "text/outline.h"
#include "tools/factory.h"

namespace rlar {
namespace {

constexpr std::size_t kAsked = 40, kLeastRows = 10, kFolds = 5, kMostWeights = 200;
constexpr double kMinded = 0.1;                    // share of damaged responses that a model may like as much
constexpr double kAccepts = 0.98, kRefuses = 0.9;  // out of sample
constexpr double kOrderLost = 0.01;                // of labelled pairs
constexpr int kEpochs = 4000;
constexpr double kRate = 0.5, kDecay = 1e-4;  // below what fifteen features a text leave stable

using Texts = std::vector<std::string>;

// Logistic regression by gradient descent; whole and damaged responses weigh alike in all. Without a bias: what is unlike all that was seen is not refused.
class Outlines {
 public:
  void Add(const std::string& text, bool whole) {
    Example example{{}, whole};
    for (const std::string& feature : OutlineFeatures(text)) {
      const auto [at, added] = index_.try_emplace(feature, names_.size());
      if (added) names_.push_back(feature);
      example.features.push_back(at->second);
    }
    (whole ? whole_ : damaged_) += 1;
    examples_.push_back(std::move(example));
  }

  Json Learn() const {
    std::vector<double> weights(names_.size(), 0), slopes(names_.size());
    for (int epoch = 0; epoch < kEpochs; ++epoch) {
      std::fill(slopes.begin(), slopes.end(), 0);
      for (const Example& example : examples_) {
        double sum = 0;
        for (const std::size_t f : example.features) sum += weights[f];
        const double share = 0.5 / (example.whole ? whole_ : damaged_);
        const double error = share * ((example.whole ? 1 : 0) - 1 / (1 + std::exp(-sum)));
        for (const std::size_t f : example.features) slopes[f] += error;
      }
      for (std::size_t f = 0; f < weights.size(); ++f) weights[f] += kRate * (slopes[f] - kDecay * weights[f]);
    }
    return Params(weights);
  }

 private:
  struct Example {
    std::vector<std::size_t> features;
    bool whole;
  };
  // The heaviest, to four decimals.
  Json Params(const std::vector<double>& weights) const {
    std::vector<std::size_t> order(weights.size());
    for (std::size_t f = 0; f < order.size(); ++f) order[f] = f;
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return std::abs(weights[a]) > std::abs(weights[b]); });
    order.resize(std::min(order.size(), kMostWeights));
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return names_[a] < names_[b]; });
    Json kept = Json::Object{}, params;
    for (const std::size_t f : order) kept.Set(names_[f], std::round(weights[f] * 1e4) / 1e4);
    params.Set("weights", std::move(kept));
    return params;
  }
  std::unordered_map<std::string, std::size_t> index_;
  std::vector<std::string> names_;
  std::vector<Example> examples_;
  double whole_ = 0, damaged_ = 0;
};

const Tool& LikeKnown() {
  static const auto tool = MakeNativeTool(*FindNativeVerifier("like_known"));
  return *tool;
}

bool Accepts(const Json& params, const std::string& text) {
  const Response response{.text = text};
  return LikeKnown().Run(Query{}, std::span(&response, 1), params, CallContext{}).front().value().value_or(0) >= 0.5;
}

// The best labelled response of each row.
Texts BestOf(const ProbeSet& probes) {
  Texts best;
  for (const LabelledRow& row : probes.rows) {
    std::size_t at = row.labels.size();
    for (std::size_t i = 0; i < row.labels.size(); ++i) {
      if (row.labels[i] && (at == row.labels.size() || *row.labels[i] > *row.labels[at])) at = i;
    }
    best.push_back(at == row.labels.size() ? "" : row.responses[at].text);
  }
  return best;
}

// Kinds of damage that the model likes as much as the whole response, in more than kMinded of at least kLeastRows rows, with how often.
std::map<std::string, std::pair<std::size_t, std::size_t>> NotMinded(const Tool& model, const Json& params, const ProbeSet& probes, const Texts& best) {
  std::map<std::string, std::pair<std::size_t, std::size_t>> liked;  // of how many
  std::size_t asked = 0;
  for (std::size_t r = 0; r < probes.rows.size() && asked < kAsked; ++r) {
    const auto damaged = Damaged(best[r]);
    if (damaged.empty()) continue;
    ++asked;
    std::vector<Response> responses{{.text = best[r]}};
    for (const auto& [kind, text] : damaged) responses.push_back({.text = text});
    const auto scores = model.Run(probes.rows[r].query, responses, params, CallContext{});
    for (std::size_t i = 0; i < damaged.size(); ++i) {
      if (!scores[0].value() || !scores[i + 1].value()) continue;
      auto& [times, of] = liked[damaged[i].first];
      times += *scores[i + 1].value() >= *scores[0].value();
      ++of;
    }
  }
  std::erase_if(liked, [](const auto& kind) {
    return kind.second.second < kLeastRows || static_cast<double>(kind.second.first) <= kMinded * static_cast<double>(kind.second.second);
  });
  return liked;
}

double Order(const ProbeSet& probes, const RowValues& values) {
  double sum = 0, rows = 0;
  for (const auto& credit : CreditsOf(probes, values)) {
    if (credit) sum += *credit, ++rows;
  }
  return rows > 0 ? sum / rows : 0;
}

RowValues Guarded(const ProbeSet& probes, RowValues values, const Json& params) {
  for (std::size_t r = 0; r < values.size(); ++r) {
    for (std::size_t i = 0; i < values[r].size(); ++i) {
      if (!Accepts(params, probes.rows[r].responses[i].text)) values[r][i] = 0;
    }
  }
  return values;
}

void GuardModel(TaskResult& task) {
  const Trial& held = *task.chosen();
  const Texts best = BestOf(*task.probes);
  const auto blind = NotMinded(*held.candidate.tool, held.candidate.params, *task.probes, best);
  if (blind.empty()) return;
  std::string says = "it likes good responses as much with a part ";
  for (const auto& [kind, count] : blind) {
    says += (kind == blind.begin()->first ? "" : ", ") + kind + " (" + CountOf(count.first, count.second) + ")";
  }
  Texts whole;
  for (const std::string& text : best) {
    if (!Damaged(text).empty()) whole.push_back(text);
  }
  std::set<std::string> kinds;
  for (const auto& [kind, count] : blind) kinds.insert(kind);
  const auto share = [](std::size_t part, std::size_t of) { return of == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(of); };
  const Guard guard = whole.size() < kLeastRows ? Guard{} : LearnGuard(whole, kinds);
  const bool tells = share(guard.accepted, guard.whole) >= kAccepts && share(guard.refused, guard.damaged) >= kRefuses;
  if (!tells || Order(*task.probes, Guarded(*task.probes, held.by_row, guard.params)) < Order(*task.probes, held.by_row) - kOrderLost) {
    task.note += (task.note.empty() ? "" : "; ") + says + ", and nothing here tells such ones (" + CountOf(guard.accepted, guard.whole) +
                 " whole ones accepted, " + CountOf(guard.refused, guard.damaged) + " of those refused): a policy can win by that";
    return;
  }
  Trial trial = held;
  trial.beside = {RoutePart{LikeKnown().card().id, guard.params, 1.0, nullptr}};
  trial.combine = Combine::kMin;
  trial.scale = FitScale(held.by_row);
  trial.origin = "guarded";
  trial.verdict.why += "; " + says + ": like_known beside it accepts " + Percent(share(guard.accepted, guard.whole)) + " of whole ones and refuses " +
                       Percent(share(guard.refused, guard.damaged)) + " of those, out of sample";
  task.trials.push_back(std::move(trial));
  task.chosen_index = task.trials.size() - 1;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> Damaged(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto sentences = OutlineSentences(text);
  const auto without = [&](std::size_t left_out) {
    std::string rest;
    for (std::size_t i = 0; i < sentences.size(); ++i) {
      if (i != left_out) rest += sentences[i];
    }
    return std::string(Trim(rest));
  };
  if (sentences.size() >= 2) {
    out.emplace_back("last_left_out", without(sentences.size() - 1));
    out.emplace_back("first_left_out", without(0));
    out.emplace_back("last_twice", std::string(Trim(text)) + " " + std::string(Trim(sentences.back())));
  }
  if (sentences.size() >= 3) out.emplace_back("middle_left_out", without(sentences.size() / 2));
  if (const auto words = SplitWords(text); words.size() >= 5) {
    const std::string_view last = words[words.size() * 3 / 5 - 1];
    out.emplace_back("cut", text.substr(0, static_cast<std::size_t>(last.data() + last.size() - text.data())));
  }
  return out;
}

Guard LearnGuard(const Texts& whole, const std::set<std::string>& kinds) {
  const auto learn = [&](std::size_t without) {
    Outlines outlines;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      if (i % kFolds == without) continue;
      outlines.Add(whole[i], true);
      for (const auto& [kind, text] : Damaged(whole[i])) outlines.Add(text, false);
    }
    return outlines.Learn();
  };
  Guard guard;
  for (std::size_t fold = 0; fold < kFolds; ++fold) {
    const Json params = learn(fold);
    for (std::size_t i = fold; i < whole.size(); i += kFolds) {
      ++guard.whole;
      guard.accepted += Accepts(params, whole[i]);
      for (const auto& [kind, text] : Damaged(whole[i])) {
        if (!kinds.contains(kind)) continue;
        ++guard.damaged;
        guard.refused += !Accepts(params, text);
      }
    }
  }
  guard.params = learn(kFolds);
  return guard;
}

void GuardModels(std::vector<TaskResult>& tasks) {
  for (TaskResult& task : tasks) {
    if (task.kept || task.chosen() == nullptr || task.probes == nullptr) continue;
    const Trial& held = *task.chosen();
    if (held.candidate.tool->card().kind == ToolKind::kRewardModel && held.beside.empty()) GuardModel(task);
  }
}

}  // namespace rlar
