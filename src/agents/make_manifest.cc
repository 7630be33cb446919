#include "agents/make_manifest.h"

#include <algorithm>
#include <map>
#include <set>

#include "agents/extend.h"
#include "agents/weigh_tools.h"
#include "base/json_at.h"
#include "reward/calibrate.h"
#include "rlar/route.h"

namespace rlar {
namespace {

bool IsPinned(const Json& route) {
  const Json* flag = route.Find("pinned");
  return flag != nullptr && flag->is_bool() && flag->boolean();
}

// Of a model alone: a verifier's numbers say by themselves what is right.
std::shared_ptr<const Calibration> ScaleOf(const Trial& trial) {
  const ToolKind kind = trial.candidate.tool->card().kind;
  return kind == ToolKind::kRewardModel || kind == ToolKind::kJudge ? FitScale(trial.by_row) : nullptr;
}

Route MakeRoute(const TaskResult& task) {
  Route route;
  route.task = task.group.model.task;
  route.parts.push_back({task.chosen()->candidate.tool->card().id, task.chosen()->candidate.params, task.chosen()->weight});
  route.parts.insert(route.parts.end(), task.chosen()->beside.begin(), task.chosen()->beside.end());
  route.combine = task.chosen()->combine;
  // What stands beside others was proven on the scale that it has there.
  route.parts[0].calibration = task.chosen()->beside.empty() ? ScaleOf(*task.chosen()) : task.chosen()->scale;
  route.second = task.second;
  route.why = task.chosen()->verdict.why + (task.note.empty() ? "" : "; " + task.note);
  StampVersion(route);
  return route;
}

// What is carried over from the older version: tasks, routes, cards, features.
struct Carried {
  Json::Array tasks, routes;
  std::vector<Json> cards;
  std::set<std::string> dropped;  // tasks of the older version that are not kept
  SparseVector idf;
  double idf_default = 0;
};

Carried CarryOver(const Json& old_manifest, const std::set<std::string>& kept) {
  Carried carried;
  std::set<std::string> used;
  for (const Json& route : ListAt(old_manifest, "routes")) {
    if (!IsPinned(route) && kept.count(TextAt(route, "task")) == 0) continue;
    for (const Json& part : ListAt(route, "parts")) {
      const std::string tool = TextAt(part, "tool");
      used.insert(tool.substr(0, tool.find('@')));
    }
    carried.routes.push_back(route);
  }
  for (const Json& task : ListAt(old_manifest, "tasks")) {
    if (kept.count(TextAt(task, "name")) != 0) {
      carried.tasks.push_back(task);
    } else {
      carried.dropped.insert(TextAt(task, "name"));
    }
  }
  for (const Json& card : ListAt(old_manifest, "tools")) {
    const std::string kind = TextAt(card, "kind");
    // What a person added, and models that were proven once, stay although nothing is routed to them now.
    const bool stays = kind == "external" || kind == "reward_model" || kind == "judge";
    if (stays || used.count(TextAt(card, "name")) != 0) carried.cards.push_back(card);
  }
  if (kept.empty()) return carried;
  const auto idf = KnownIdf(old_manifest);
  carried.idf.assign(idf.begin(), idf.end());
  if (const Json* rarest = old_manifest.Find("idf_default"); rarest != nullptr && rarest->is_number()) {
    carried.idf_default = rarest->number();
  }
  return carried;
}

// The counts of evidence that an earlier build wrote on a card.
Evidence CountsOf(const Json& evidence) {
  Evidence counts;
  const auto read = [&](std::string_view key, double& good, double& total) {
    const Json* rate = evidence.Find(key);
    const Json* n = rate == nullptr ? nullptr : rate->Find("n");
    const Json* share = rate == nullptr ? nullptr : rate->Find("rate");
    if (n == nullptr || !n->is_number() || share == nullptr || !share->is_number()) return;
    total = n->number();
    good = share->number() * total;
  };
  read("accept", counts.accepts, counts.accept_probes);
  read("refuse", counts.refuses, counts.refuse_probes);
  read("natural_accept", counts.natural_accepts, counts.natural_accept_probes);
  read("natural_refuse", counts.natural_refuses, counts.natural_refuse_probes);
  read("pairs", counts.pairs, counts.pair_count);
  read("longer", counts.longer, counts.longer_rows);
  const Json* declared = evidence.Find("declared");
  counts.declared = declared != nullptr && declared->is_bool() && declared->boolean();
  return counts;
}

// What the task's route runs, each with the evidence of its own: the chosen trial, and those of what stands beside it.
std::vector<const Trial*> TrialsInUse(const TaskResult& task) {
  std::vector<const Trial*> used;
  if (task.chosen() == nullptr) return used;
  const auto own = [&](const ToolId& tool, const Json& params) -> const Trial* {
    const auto at = std::find_if(task.trials.begin(), task.trials.end(), [&](const Trial& trial) {
      return trial.beside.empty() && trial.candidate.tool->card().id == tool && trial.candidate.params == params;
    });
    return at == task.trials.end() ? nullptr : &*at;
  };
  const Candidate& first = task.chosen()->candidate;
  const Trial* alone = own(first.tool->card().id, first.params);
  used.push_back(alone == nullptr ? task.chosen() : alone);
  for (const RoutePart& part : task.chosen()->beside) {
    if (const Trial* trial = own(part.tool, part.params)) used.push_back(trial);  // a check has no trial, and needs no card
  }
  return used;
}

// Cards of the tools in use, each with the evidence and the pooled faults of the tasks it serves.
Json CardsInUse(const std::vector<TaskResult>& tasks, const Carried& carried) {
  std::map<std::string, std::pair<ToolCard, Evidence>> cards;
  std::map<std::string, Json> as_they_were;
  for (const Json& card : carried.cards) as_they_were.emplace(TextAt(card, "name"), card);
  for (const TaskResult& task : tasks) {
    for (const Trial* trial : TrialsInUse(task)) {
      const ToolCard& card = trial->candidate.tool->card();
      auto [at, added] = cards.try_emplace(card.id.name, card, Evidence{});
      if (added) {
        at->second.first.evidence = Json(Json::Object{});
        const auto older = as_they_were.find(card.id.name);
        const Json* evidence = older == as_they_were.end() ? nullptr : older->second.Find("evidence");
        if (evidence != nullptr && evidence->is_object()) {
          for (const auto& [name, one] : evidence->object()) {
            if (carried.dropped.count(name) != 0) continue;
            at->second.first.evidence.Set(name, one);
            at->second.second.Pool(CountsOf(one));
          }
        }
      }
      at->second.second.Pool(trial->evidence);
      at->second.first.evidence.Set(task.group.model.task, trial->evidence.ToJson());
    }
  }
  for (auto& [name, entry] : cards) {
    entry.first.faults = entry.second.Faults();
    as_they_were.insert_or_assign(name, entry.first.ToJson());
  }
  Json list = Json::Array{};
  for (auto& [name, card] : as_they_were) list.Push(std::move(card));
  return list;
}

Json RefusedCards(const std::vector<TaskResult>& tasks, const Json& old_manifest, const std::set<std::string>& kept) {
  std::map<std::string, Json> refused;
  for (const Json& card : ListAt(old_manifest, "refused")) {
    Json evidence = Json::Object{};
    const Json* older = card.Find("evidence");
    if (older != nullptr && older->is_object()) {
      for (const auto& [task, one] : older->object()) {
        if (kept.count(task) != 0) evidence.Set(task, one);
      }
    }
    if (evidence.object().empty()) continue;
    refused.emplace(TextAt(card, "name"), card).first->second.Set("evidence", std::move(evidence));
  }
  for (const TaskResult& task : tasks) {
    for (const Trial& trial : task.trials) {
      if (trial.verdict.admitted) continue;
      auto [at, added] = refused.try_emplace(trial.candidate.tool->card().id.name);
      if (added) {
        ToolCard card = trial.candidate.tool->card();
        card.status = ToolStatus::kRefused;
        at->second = card.ToJson();
        at->second.Set("evidence", Json(Json::Object{}));
      }
      Json evidence = *at->second.Find("evidence");
      Json entry;
      entry.Set("why", trial.verdict.why);
      entry.Set("params", trial.candidate.params);
      evidence.Set(task.group.model.task, std::move(entry));
      at->second.Set("evidence", std::move(evidence));
    }
  }
  Json list = Json::Array{};
  for (auto& [name, card] : refused) list.Push(std::move(card));
  return list;
}

Json TaskEntry(const TaskResult& task, bool routed) {
  Json entry;
  entry.Set("name", task.group.model.task);
  entry.Set("label", task.group.label);
  if (task.group.described) entry.Set("answer", task.group.answer);
  entry.Set("shape", task.group.shape);
  entry.Set("sample_rows", static_cast<std::int64_t>(task.group.rows.size()));
  entry.Set("missing", routed ? Json() : Json(task.missing));
  entry.Set("signature", task.group.model.ToJson());
  return entry;
}

// Only the features that some centroid holds can matter to a similarity, but for a prompt's length.
void SetIdf(Json& manifest, const std::vector<TaskResult>& tasks, const std::unordered_map<std::uint32_t, float>& idf, const Carried& carried) {
  std::map<std::uint32_t, float> weights(carried.idf.begin(), carried.idf.end());
  for (const TaskResult& task : tasks) {
    for (const auto& [feature, weight] : task.group.model.centroid) {
      const auto at = idf.find(feature);
      if (at != idf.end()) weights.emplace(feature, at->second);
    }
  }
  Json pairs = Json::Array{};
  for (const auto& [feature, weight] : weights) {
    pairs.Push(static_cast<std::int64_t>(feature));
    pairs.Push(static_cast<double>(weight));
  }
  manifest.Set("idf", std::move(pairs));
  float rarest = 1;
  for (const auto& [feature, weight] : idf) rarest = std::max(rarest, weight);
  manifest.Set("idf_default", carried.idf_default > 0 ? carried.idf_default : static_cast<double>(rarest));
}

}  // namespace

Json MakeManifest(std::vector<TaskResult>& tasks, const std::unordered_map<std::uint32_t, float>& idf, const Json& old_manifest,
                  const std::vector<std::string>& kept_tasks) {
  const std::set<std::string> kept(kept_tasks.begin(), kept_tasks.end());
  Carried carried = CarryOver(old_manifest, kept);
  std::set<std::string> routed;
  for (const Json& route : carried.routes) routed.insert(TextAt(route, "task"));
  Json manifest, list = Json(std::move(carried.tasks)), routes = Json(std::move(carried.routes));
  manifest.Set("schema_version", 1);
  for (TaskResult& task : tasks) {
    const std::string& name = task.group.model.task;
    const bool by_hand = routed.count(name) != 0;
    if (by_hand) {
      task.group.model.route_key = "pinned " + name;
    } else if (task.chosen() != nullptr) {
      const Route route = MakeRoute(task);
      for (const RoutePart& part : route.parts) {
        task.group.model.route_key += (task.group.model.route_key.empty() ? "" : " + ") + part.tool.ToString() + " " + part.params.DumpCanonical();
      }
      routes.Push(route.ToJson());
    } else {
      task.group.model.route_key = "none: " + task.missing;
    }
    list.Push(TaskEntry(task, by_hand || task.chosen() != nullptr));
  }
  manifest.Set("tasks", std::move(list));
  manifest.Set("routes", std::move(routes));
  manifest.Set("tools", CardsInUse(tasks, carried));
  manifest.Set("refused", RefusedCards(tasks, old_manifest, kept));
  if (const Json* held = old_manifest.Find("quarantine"); held != nullptr) manifest.Set("quarantine", *held);
  SetIdf(manifest, tasks, idf, carried);
  return manifest;
}

}  // namespace rlar
