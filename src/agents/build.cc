#include "agents/build.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "agents/admit/gate.h"
#include "agents/candidates.h"
#include "agents/discover_tasks/group_rows.h"
#include "agents/discover_tasks/label_groups.h"
#include "agents/evidence_cache.h"
#include "agents/rollouts.h"
#include "agents/task_result.h"
#include "agents/write_missing.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/thread_pool.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxSample = 20'000;   // rows kept in memory; all rows are counted
constexpr std::size_t kRowsPerTrial = 24;    // rows of a task that its tools are tried on
constexpr double kTie = 0.005;               // less apart than this is no evidence: the more specific tool wins

struct Sampled {
  std::vector<Query> rows;
  std::size_t total = 0, invalid = 0;
  std::vector<std::string> guesses;
  Rollouts rollouts;
};

// Keeps the rows with the smallest hashes: a sample that does not depend on the order of the file.
Result<Sampled> ReadSample(const BuildJob& job) {
  auto reader = OpenRows(job.data, job.reading);
  if (!reader) return reader.error();
  Sampled sample;
  std::multimap<std::uint64_t, Query> kept;
  std::unordered_map<std::string, std::string> prompts;  // by id, for the file of rollouts
  for (;;) {
    auto row = (*reader)->Next();
    if (!row) return row.error();
    if (!row->has_value()) break;
    ++sample.total;
    auto* group = std::get_if<Group>(&(*row)->row);
    if (group == nullptr) {
      ++sample.invalid;
      continue;
    }
    if (!job.rollouts.empty() && !group->query.id.is_null()) prompts.emplace(group->query.id.Dump(), group->query.prompt);
    if (sample.total <= kMaxSample) sample.rollouts.Add(group->query.prompt, group->responses);
    kept.emplace(Hash64(group->query.prompt), std::move(group->query));
    if (kept.size() > kMaxSample) kept.erase(std::prev(kept.end()));
    if (job.progress && sample.total % 1000 == 0) job.progress("reading rows: " + std::to_string(sample.total), 0);
  }
  for (auto& [hash, query] : kept) sample.rows.push_back(std::move(query));
  sample.guesses = (*reader)->guesses();
  if (!job.rollouts.empty()) RLAR_TRY(sample.rollouts.Read(job.rollouts, prompts));
  return sample;
}

Result<Evidence> TryCached(const Candidate& candidate, const std::vector<const Query*>& rows, const std::string& shape,
                           const TaskNature& nature, EvidenceCache& cache) {
  const std::string key = EvidenceCache::Key(*candidate.tool, candidate.params, rows, shape, nature);
  if (auto known = cache.Find(key)) return *known;
  Evidence evidence = TryTool(*candidate.tool, candidate.params, rows, shape, nature);
  RLAR_TRY(cache.Put(key, evidence));
  return evidence;
}

std::size_t Choose(const std::vector<Trial>& trials) {
  double best = -1;
  for (const Trial& trial : trials) {
    if (trial.verdict.admitted) best = std::max(best, trial.evidence.quality());
  }
  auto chosen = static_cast<std::size_t>(-1);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (!trials[i].verdict.admitted || trials[i].evidence.quality() < best - kTie) continue;
    if (chosen >= trials.size() || trials[i].candidate.preference < trials[chosen].candidate.preference) chosen = i;
  }
  return chosen;
}

// The manifest without native tools and routes.
Json OwnToolsOnly(Json manifest) {
  Json kept = Json::Array{};
  if (const Json* cards = manifest.Find("tools"); cards != nullptr && cards->is_array()) {
    for (const Json& card : cards->array()) {
      const Json* kind = card.Find("kind");
      if (kind != nullptr && !(*kind == Json("native"))) kept.Push(card);
    }
  }
  manifest.Set("tools", std::move(kept));
  manifest.Set("routes", Json(Json::Array{}));
  return manifest;
}

// The verifier that an earlier build wrote for this task competes again: without a language model too.
void AddWritten(const TaskGroup& group, const Snapshot& tools, std::vector<Candidate>& candidates) {
  const Route* route = tools.FindRoute(group.model.task);
  if (route == nullptr) return;
  for (const RoutePart& part : route->parts) {
    const Tool* tool = tools.FindTool(part.tool.name, part.tool.version);
    if (tool != nullptr && tool->card().kind == ToolKind::kSynthesized) candidates.push_back({tool, part.params, -1});
  }
}

Result<TaskResult> ProveTask(TaskGroup group, const std::vector<Query>& rows, const Rollouts& rollouts, const Snapshot& tools,
                             const GateSettings& settings, EvidenceCache& cache) {
  TaskResult result;
  const auto trial_rows = TrialRows(group, rows);
  const TaskNature nature = NatureOf(trial_rows, group.shape, rollouts.empty() ? nullptr : &rollouts);
  auto candidates = CandidatesFor(group, rows, tools);
  AddWritten(group, tools, candidates);
  for (Candidate& candidate : candidates) {
    auto evidence = TryCached(candidate, trial_rows, group.shape, nature, cache);
    if (!evidence) return evidence.error();
    Verdict verdict = Judge(*evidence, settings);
    result.trials.push_back({std::move(candidate), std::move(*evidence), std::move(verdict), "", nullptr});
  }
  result.chosen_index = Choose(result.trials);
  if (result.chosen() == nullptr) result.missing = WhatIsMissing(group, rows, !result.trials.empty());
  result.group = std::move(group);
  return result;
}

bool Cancelled(const BuildJob& job) { return job.cancelled != nullptr && job.cancelled->load(); }

Error Stopped() {
  return MakeError(ErrorCode::kUnavailable, "stopped; what was found is kept: the same command goes on from there");
}

Result<std::vector<TaskResult>> ProveAll(Grouping& grouping, const Sampled& sample, const Snapshot& tools,
                                         const GateSettings& settings, EvidenceCache& cache, const BuildJob& job) {
  const std::size_t count = grouping.groups.size();
  std::vector<std::optional<Result<TaskResult>>> results(count);
  std::atomic<std::size_t> done{0};
  std::mutex progress_mutex;
  ThreadPool pool(job.threads);
  pool.ForEach(count, [&](std::size_t i) {
    if (Cancelled(job)) {
      results[i].emplace(Stopped());
      return;
    }
    const std::string task = grouping.groups[i].model.task;
    results[i].emplace(ProveTask(std::move(grouping.groups[i]), sample.rows, sample.rollouts, tools, settings, cache));
    const double share = static_cast<double>(++done) / static_cast<double>(count);
    const std::lock_guard lock(progress_mutex);
    if (job.progress) job.progress("proving tools: " + task, share);
  });
  std::vector<TaskResult> tasks;
  for (auto& result : results) {
    if (!*result) return result->error();
    tasks.push_back(std::move(**result));
  }
  return tasks;
}

Route MakeRoute(const TaskResult& task) {
  Route route;
  route.task = task.group.model.task;
  route.parts.push_back({task.chosen()->candidate.tool->card().id, task.chosen()->candidate.params, 1.0});
  route.why = task.chosen()->verdict.why + (task.note.empty() ? "" : "; " + task.note);
  StampVersion(route);
  return route;
}

Json TrialJson(const Trial& trial) {
  Json json;
  json.Set("tool", trial.candidate.tool->card().id.ToString());
  json.Set("params", trial.candidate.params);
  json.Set("admitted", trial.verdict.admitted);
  json.Set("why", trial.verdict.why);
  if (!trial.origin.empty()) json.Set("origin", trial.origin);
  json.Set("evidence", trial.evidence.ToJson());
  return json;
}

// Cards of the tools in use, each with the evidence and the pooled faults of the tasks it serves.
Json CardsInUse(const std::vector<TaskResult>& tasks, const Json& old_manifest) {
  std::map<std::string, std::pair<ToolCard, Evidence>> cards;
  for (const TaskResult& task : tasks) {
    if (task.chosen() == nullptr) continue;
    const ToolCard& card = task.chosen()->candidate.tool->card();
    auto [at, added] = cards.try_emplace(card.id.name, card, Evidence{});
    Evidence& pooled = at->second.second;
    const Evidence& one = task.chosen()->evidence;
    pooled.Pool(one);
    at->second.first.evidence.Set(task.group.model.task, one.ToJson());
  }
  Json list = Json::Array{};
  for (auto& [name, entry] : cards) {
    entry.first.faults = entry.second.Faults();
    list.Push(entry.first.ToJson());
  }
  if (const Json* old = old_manifest.Find("tools"); old != nullptr && old->is_array()) {
    for (const Json& card : old->array()) {
      const Json* kind = card.Find("kind");
      const bool users = kind != nullptr && *kind == Json("external");
      if (users && cards.count(card.Find("name")->string()) == 0) list.Push(card);
    }
  }
  return list;
}

Json RefusedCards(const std::vector<TaskResult>& tasks) {
  std::map<std::string, Json> refused;
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

Json MakeManifest(std::vector<TaskResult>& tasks, const Grouping& grouping, const Json& old_manifest) {
  Json manifest, list = Json::Array{}, routes = Json::Array{};
  manifest.Set("schema_version", 1);
  std::vector<std::string> pinned;
  if (const Json* old = old_manifest.Find("routes"); old != nullptr && old->is_array()) {
    for (const Json& route : old->array()) {
      const Json* flag = route.Find("pinned");
      if (flag == nullptr || !flag->is_bool() || !flag->boolean()) continue;
      pinned.push_back(route.Find("task")->string());
      routes.Push(route);
    }
  }
  for (TaskResult& task : tasks) {
    const std::string& name = task.group.model.task;
    const bool by_hand = std::find(pinned.begin(), pinned.end(), name) != pinned.end();
    if (by_hand) {
      task.group.model.route_key = "pinned " + name;
    } else if (task.chosen() != nullptr) {
      const Route route = MakeRoute(task);
      task.group.model.route_key = route.parts[0].tool.ToString() + " " + route.parts[0].params.DumpCanonical();
      routes.Push(route.ToJson());
    } else {
      task.group.model.route_key = "none: " + task.missing;
    }
    Json entry;
    entry.Set("name", name);
    entry.Set("label", task.group.label);
    if (task.group.described) entry.Set("answer", task.group.answer);
    entry.Set("shape", task.group.shape);
    entry.Set("sample_rows", static_cast<std::int64_t>(task.group.rows.size()));
    entry.Set("missing", task.chosen() == nullptr && !by_hand ? Json(task.missing) : Json());
    entry.Set("signature", task.group.model.ToJson());
    list.Push(std::move(entry));
  }
  manifest.Set("tasks", std::move(list));
  manifest.Set("routes", std::move(routes));
  manifest.Set("tools", CardsInUse(tasks, old_manifest));
  manifest.Set("refused", RefusedCards(tasks));
  // Only the features that some centroid holds can matter to a similarity, but for a prompt's length.
  SparseVector idf;
  for (const TaskResult& task : tasks) {
    for (const auto& [feature, weight] : task.group.model.centroid) idf.emplace_back(feature, grouping.idf.at(feature));
  }
  std::sort(idf.begin(), idf.end());
  idf.erase(std::unique(idf.begin(), idf.end()), idf.end());
  Json pairs = Json::Array{};
  for (const auto& [feature, weight] : idf) {
    pairs.Push(static_cast<std::int64_t>(feature));
    pairs.Push(static_cast<double>(weight));
  }
  manifest.Set("idf", std::move(pairs));
  float rarest = 1;
  for (const auto& [feature, weight] : grouping.idf) rarest = std::max(rarest, weight);
  manifest.Set("idf_default", static_cast<double>(rarest));
  return manifest;
}

// Second pass: which task each row of the whole data falls to with the published snapshot.
Result<void> CountRows(const BuildJob& job, const Snapshot& snapshot, std::vector<TaskResult>& tasks,
                       const std::filesystem::path& unserved_file, BuildResult& result) {
  auto reader = OpenRows(job.data, job.reading);
  if (!reader) return reader.error();
  std::string unserved;
  for (;;) {
    auto row = (*reader)->Next();
    if (!row) return row.error();
    if (!row->has_value()) break;
    const auto* group = std::get_if<Group>(&(*row)->row);
    if (group == nullptr) {
      ++result.invalid;
      continue;
    }
    const TaskGuess guess = snapshot.Classify(group->query);
    const auto task = std::find_if(tasks.begin(), tasks.end(),
                                   [&](const TaskResult& candidate) { return candidate.group.model.task == guess.task; });
    if (task != tasks.end()) ++task->rows;
    if (!guess.task.empty() && snapshot.FindRoute(guess.task) != nullptr) {
      ++result.served;
      continue;
    }
    ++result.unserved;
    Json line;
    line.Set("line", static_cast<std::int64_t>((*row)->line));
    line.Set("id", group->query.id);
    line.Set("task", guess.task.empty() ? Json() : Json(guess.task));
    line.Set("needs", task != tasks.end() ? Json(task->missing) : Json(guess.why));
    unserved += line.Dump() + "\n";
  }
  return WriteFileAtomic(unserved_file, unserved);
}

// What the language model was asked, what that cost, and what was lost where it failed.
Json CostJson(const BuildJob& job) {
  const LlmUsage usage = job.llm == nullptr ? LlmUsage{} : job.llm->usage();
  Json cost, lost = Json::Array{};
  cost.Set("llm_calls", usage.calls);
  cost.Set("replayed", usage.replayed);
  cost.Set("failed", usage.failed);
  cost.Set("tokens", static_cast<std::int64_t>(usage.tokens));
  cost.Set("usd", usage.usd);
  cost.Set("minutes", usage.minutes);
  if (job.llm == nullptr) return cost;
  cost.Set("model", job.llm->model());
  for (const std::string& failure : usage.lost) lost.Push(failure);
  cost.Set("lost", std::move(lost));
  const std::string stopped = job.llm->stopped();
  cost.Set("stopped", stopped.empty() ? Json() : Json(stopped));
  return cost;
}

Json MakeReport(const BuildJob& job, const Sampled& sample, const std::vector<TaskResult>& tasks, const BuildResult& result,
                const Snapshot& snapshot) {
  Json report;
  report.Set("schema_version", 1);
  report.Set("library_version", snapshot.version());
  report.Set("data", std::filesystem::path(job.data).filename().string());
  Json rows;
  rows.Set("total", static_cast<std::int64_t>(sample.total));
  rows.Set("served", static_cast<std::int64_t>(result.served));
  rows.Set("unserved", static_cast<std::int64_t>(result.unserved));
  rows.Set("invalid", static_cast<std::int64_t>(result.invalid));
  report.Set("rows", std::move(rows));
  Json guesses = Json::Array{};
  for (const std::string& guess : sample.guesses) guesses.Push(guess);
  report.Set("guessed_fields", std::move(guesses));
  Json list = Json::Array{};
  for (const TaskResult& task : tasks) {
    Json entry;
    entry.Set("task", task.group.model.task);
    entry.Set("label", task.group.label);
    if (task.group.described) entry.Set("answer", task.group.answer);
    entry.Set("described_by", task.group.described ? "language_model" : "rule");
    entry.Set("rows", static_cast<std::int64_t>(task.rows));
    const Route* route = snapshot.FindRoute(task.group.model.task);
    entry.Set("route", route == nullptr ? Json() : route->ToJson());
    entry.Set("missing", route == nullptr ? Json(task.missing) : Json());
    Json trials = Json::Array{};
    for (const Trial& trial : task.trials) trials.Push(TrialJson(trial));
    entry.Set("trials", std::move(trials));
    entry.Set("llm_calls", static_cast<std::int64_t>(task.llm_calls));
    list.Push(std::move(entry));
  }
  report.Set("tasks", std::move(list));
  report.Set("cost", CostJson(job));
  return report;
}

}  // namespace

// Spread over the group, which stands in hash order.
std::vector<const Query*> TrialRows(const TaskGroup& group, const std::vector<Query>& rows) {
  std::vector<const Query*> chosen;
  const std::size_t count = std::min(kRowsPerTrial, group.rows.size());
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(&rows[group.rows[i * group.rows.size() / count]]);
  return chosen;
}

Result<BuildResult> BuildLibrary(LibraryStore& store, const BuildJob& job) {
  if (job.data == "-") return MakeError(ErrorCode::kInvalidArgument, "build reads its rows twice: give a file, not '-'");
  auto settings = LoadGateSettings((store.directory() / "settings.toml").string());
  if (!settings) return settings.error();
  RLAR_TRY(MakeDirectories(store.directory() / "build"));
  auto cache = EvidenceCache::Open(store.directory() / "build" / "evidence.jsonl");
  if (!cache) return cache.error();
  Json old_manifest;
  std::shared_ptr<const Snapshot> tools = Snapshot::Builtin();
  auto current = store.CurrentVersion();
  if (!current) return current.error();
  if (!current->empty()) {
    auto manifest = store.LoadManifest();
    if (!manifest) return manifest.error();
    old_manifest = std::move(*manifest);
    auto snapshot = Snapshot::FromManifest(old_manifest);
    // Made by a program with other versions of its native tools: the tools of its own are what is built on.
    if (!snapshot && snapshot.error().code == ErrorCode::kVersion) snapshot = Snapshot::FromManifest(OwnToolsOnly(old_manifest));
    if (!snapshot) return snapshot.error();
    tools = std::move(*snapshot);
  }
  auto sample = ReadSample(job);
  if (!sample) return sample.error();
  if (sample->rows.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "'" + job.data + "' holds no usable row (" + std::to_string(sample->invalid) +
                                                      " of " + std::to_string(sample->total) + " are invalid)");
  }
  if (job.progress) job.progress("grouping " + std::to_string(sample->rows.size()) + " rows", 0);
  Grouping grouping = GroupRows(sample->rows);
  if (job.llm != nullptr) LabelGroups(grouping, sample->rows, *job.llm, job.progress);
  if (Cancelled(job)) return Stopped();
  auto tasks = ProveAll(grouping, *sample, *tools, *settings, **cache, job);
  if (!tasks) return tasks.error();
  WriteMissing(*tasks, sample->rows, sample->rollouts, *tools, *settings, job.llm, job.progress);
  if (Cancelled(job)) return Stopped();
  const Json manifest = MakeManifest(*tasks, grouping, old_manifest);
  BuildResult result;
  auto version = store.Publish(manifest, "build from " + std::filesystem::path(job.data).filename().string());
  if (!version) return version.error();
  result.version = *version;
  auto snapshot = store.LoadSnapshot(result.version);
  if (!snapshot) return snapshot.error();
  RLAR_TRY(CountRows(job, **snapshot, *tasks, store.directory() / "unserved.jsonl", result));
  result.report = MakeReport(job, *sample, *tasks, result, **snapshot);
  RLAR_TRY(store.WriteReport(result.version, result.report));
  return result;
}

}  // namespace rlar
