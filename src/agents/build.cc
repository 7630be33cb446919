#include "agents/build.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "agents/admit/gate.h"
#include "agents/admit/nature.h"
#include "agents/ask_policy.h"
#include "agents/by_labels.h"
#include "agents/candidates.h"
#include "agents/choose_model.h"
#include "agents/choose_tool.h"
#include "agents/compare_scales.h"
#include "agents/discover_tasks/group_rows.h"
#include "agents/discover_tasks/label_groups.h"
#include "agents/evidence_cache.h"
#include "agents/extend.h"
#include "agents/find_models.h"
#include "agents/guard_models.h"
#include "agents/make_manifest.h"
#include "agents/make_report.h"
#include "agents/rollouts.h"
#include "agents/second_tool.h"
#include "agents/shadow.h"
#include "agents/task_result.h"
#include "agents/write_missing.h"
#include "base/fs.h"
#include "base/hash.h"
#include "base/json_at.h"
#include "base/thread_pool.h"
#include "library/quarantine.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxSample = 20'000;  // rows kept in memory; all rows are counted
constexpr std::size_t kRowsPerTrial = 24;   // rows of a task that its tools are tried on

struct Sampled {
  std::vector<Query> rows;
  ReadRows read;
  std::size_t invalid = 0;
  std::vector<LabelledRow> labelled;  // rows that bring labelled responses of their own, at most kMaxSample
  Rollouts rollouts;
  Rollouts live;  // what the rows' policy answers now, for candidates in shadow
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
    ++sample.read.total;
    auto* group = std::get_if<Group>(&(*row)->row);
    if (group == nullptr) {
      ++sample.invalid;
      continue;
    }
    if (auto labelled = LabelsOf(*group); labelled && sample.labelled.size() < kMaxSample) sample.labelled.push_back(std::move(*labelled));
    if (!job.rollouts.empty() && !group->query.id.is_null()) prompts.emplace(group->query.id.Dump(), group->query.prompt);
    // A policy that has learnt to game a tool must not say what right answers look like.
    if (sample.read.total <= kMaxSample) (job.shadow ? sample.live : sample.rollouts).Add(group->query.prompt, group->responses);
    kept.emplace(Hash64(group->query.prompt), std::move(group->query));
    if (kept.size() > kMaxSample) kept.erase(std::prev(kept.end()));
    if (job.progress && sample.read.total % 1000 == 0) job.progress("reading rows: " + std::to_string(sample.read.total), 0);
  }
  for (auto& [hash, query] : kept) sample.rows.push_back(std::move(query));
  sample.read.guesses = (*reader)->guesses();
  if (!job.rollouts.empty()) RLAR_TRY(sample.rollouts.Read(job.rollouts, prompts));
  return sample;
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

Result<TaskResult> ProveTask(TaskGroup group, const std::vector<Query>& rows, const Rollouts& rollouts, const Snapshot& tools, const GateSettings& settings,
                             const Labels& labels, EvidenceCache& cache) {
  TaskResult result;
  const auto trial_rows = TrialRows(group, rows);
  const TaskNature nature = NatureOf(trial_rows, group.shape, rollouts.empty() ? nullptr : &rollouts, labels);
  auto candidates = CandidatesFor(group, rows, tools);
  AddWritten(group, tools, candidates);
  std::erase_if(candidates, [&](const Candidate& candidate) {
    const ToolId& id = candidate.tool->card().id;
    return IsQuarantined(tools.manifest(), id.name, id.version, group.model.task);
  });
  for (Candidate& candidate : candidates) {
    auto evidence = cache.Try(*candidate.tool, candidate.params, trial_rows, group.shape, nature);
    if (!evidence) return evidence.error();
    Verdict verdict = Judge(*evidence, settings);
    result.trials.push_back({.candidate = std::move(candidate), .evidence = std::move(*evidence), .verdict = std::move(verdict)});
    CountLabels(group, rows, labels, settings, result.trials.back());
  }
  result.chosen_index = ChooseByEvidence(result.trials);
  if (result.chosen() == nullptr) result.missing = WhatIsMissing(group, rows, !result.trials.empty());
  result.group = std::move(group);
  return result;
}

bool Cancelled(const BuildJob& job) { return job.cancelled != nullptr && job.cancelled->load(); }

Error Stopped() { return MakeError(ErrorCode::kUnavailable, "stopped; what was found is kept: the same command goes on from there"); }

Result<std::vector<TaskResult>> ProveAll(Grouping& grouping, const std::vector<Query>& rows, const Rollouts& rollouts, const Snapshot& tools,
                                         const GateSettings& settings, const Labels& labels, EvidenceCache& cache, const BuildJob& job) {
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
    results[i].emplace(ProveTask(std::move(grouping.groups[i]), rows, rollouts, tools, settings, labels, cache));
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

Result<Labels> LoadLabels(const LibraryStore& store, const BuildJob& job) {
  Labels labels;
  for (const std::string& path : {(store.directory() / "labels.jsonl").string(), job.labels}) {
    if (path.empty()) continue;
    auto rows = LoadLabelled(path, path != job.labels);
    if (!rows) return rows.error();
    for (LabelledRow& row : *rows) labels.emplace(Hash64(row.query.prompt), std::move(row));
  }
  return labels;
}

// What the library holds before the build.
struct Start {
  Json manifest, report;
  std::shared_ptr<const Snapshot> tools = Snapshot::Builtin();
  bool whole = false;  // a version is in force, and this program can use all of it
};

Result<Start> LoadStart(LibraryStore& store) {
  Start start;
  auto current = store.CurrentVersion();
  if (!current) return current.error();
  if (current->empty()) return start;
  auto manifest = store.LoadManifest();
  if (!manifest) return manifest.error();
  start.manifest = std::move(*manifest);
  if (auto report = store.LoadReport()) start.report = std::move(*report);
  auto snapshot = Snapshot::FromManifest(start.manifest);
  start.whole = static_cast<bool>(snapshot);
  // Made by a program with other versions of its native tools: the tools of its own are what is built on.
  if (!snapshot && snapshot.error().code == ErrorCode::kVersion) snapshot = Snapshot::FromManifest(OwnToolsOnly(start.manifest));
  if (!snapshot) return snapshot.error();
  start.tools = std::move(*snapshot);
  return start;
}

// The rows that are worked on, in groups, and the tasks that stay as they are.
struct Plan {
  std::vector<Query> rows;
  Grouping grouping;
  std::optional<LabelResult> labelled;
  std::vector<TaskResult> kept;
  std::set<std::uint64_t> settled;  // BuildResult::settled
};

Result<Plan> PlanAll(std::vector<Query> rows, const BuildJob& job) {
  Plan plan;
  plan.rows = std::move(rows);
  if (job.progress) job.progress("grouping " + std::to_string(plan.rows.size()) + " rows", 0);
  plan.grouping = GroupRows(plan.rows);
  if (job.llm != nullptr) plan.labelled = LabelGroups(plan.grouping, plan.rows, *job.llm, job.progress);
  return plan;
}

// Why a task of the older version must be built anew; empty where it is well. Rows near a threshold fall on either side of it from
// one sample to the next, so that what was admitted once is only sick well below it.
Result<std::string> Sickness(const KnownTask& task, const std::vector<Query>& rows, const Snapshot& tools, GateSettings settings, EvidenceCache& cache,
                             const BuildJob& job) {
  constexpr double kSlack = 0.1;
  const Route* route = tools.FindRoute(task.name);
  if (route == nullptr) {
    if (task.group.rows.size() >= std::max(2 * task.tried_rows, settings.min_rows)) return std::string("unserved, and it has twice the rows now");
    const bool other_model = job.llm != nullptr && job.llm->model() != task.tried_model && !task.group.rows.empty();
    return std::string(other_model ? "unserved, and another language model can be asked" : "");
  }
  if (route->pinned || route->parts.size() != 1 || task.group.rows.size() < settings.min_rows) return std::string();
  const Tool* tool = tools.FindTool(route->parts[0].tool.name, route->parts[0].tool.version);
  // What pairs of responses proved is not looked at again: new rows hold no pairs.
  if (tool->card().kind == ToolKind::kRewardModel || tool->card().kind == ToolKind::kJudge) return std::string();
  const auto trial_rows = TrialRows(task.group, rows);
  const TaskNature nature = NatureOf(trial_rows, task.group.shape, nullptr);
  auto evidence = cache.Try(*tool, route->parts[0].params, trial_rows, task.group.shape, nature);
  if (!evidence) return evidence.error();
  settings.min_accept -= kSlack;
  settings.min_refuse -= kSlack;
  settings.min_pairs -= kSlack;
  const Verdict verdict = Judge(*evidence, settings);
  return verdict.admitted ? std::string() : route->parts[0].tool.ToString() + " no longer passes: " + verdict.why;
}

Result<Plan> PlanExtension(const Start& start, const std::vector<Query>& rows, const GateSettings& settings, EvidenceCache& cache, const BuildJob& job) {
  if (job.progress) job.progress("sorting " + std::to_string(rows.size()) + " rows by the older version", 0);
  auto known = SortRows(*start.tools, start.report, rows);
  if (!known) return known.error();
  Plan plan;
  for (const std::size_t i : known->fresh) plan.rows.push_back(rows[i]);
  plan.grouping = GroupRows(plan.rows, KnownIdf(start.manifest));
  KeepNewGroups(plan.grouping, known->fresh, *known);
  // Too few for a task: they are listed as unserved until more of their kind come.
  std::erase_if(plan.grouping.groups, [&](const TaskGroup& group) { return group.rows.size() < settings.min_rows; });
  if (job.llm != nullptr && !plan.grouping.groups.empty()) plan.labelled = LabelGroups(plan.grouping, plan.rows, *job.llm, job.progress);
  NameApart(plan.grouping, *known);
  for (KnownTask& task : known->tasks) {
    auto sick = Sickness(task, rows, *start.tools, settings, cache, job);
    if (!sick) return sick.error();
    if (sick->empty()) {
      const bool settled = start.tools->FindRoute(task.name) != nullptr && task.group.rows.size() >= settings.min_rows;
      for (const std::size_t i : task.group.rows) {
        if (settled) plan.settled.insert(Hash64(rows[i].prompt));
      }
      TaskResult kept;
      kept.group = std::move(task.group);
      kept.missing = std::move(task.missing);
      kept.tried_model = std::move(task.tried_model);
      kept.kept = true;
      plan.kept.push_back(std::move(kept));
      continue;
    }
    if (job.progress) job.progress("task '" + task.name + "': " + *sick, 0);
    for (std::size_t& i : task.group.rows) {
      plan.rows.push_back(rows[i]);
      i = plan.rows.size() - 1;
    }
    plan.grouping.groups.push_back(std::move(task.group));
  }
  return plan;
}

// Second pass: which task each row of the whole data falls to with the published snapshot.
Result<void> CountRows(const BuildJob& job, const Snapshot& snapshot, std::vector<TaskResult>& tasks, const std::filesystem::path& unserved_file,
                       BuildResult& result) {
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
    const auto task = std::find_if(tasks.begin(), tasks.end(), [&](const TaskResult& candidate) { return candidate.group.model.task == guess.task; });
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

}  // namespace

// Spread over the group, which stands in hash order.
std::vector<const Query*> TrialRows(const TaskGroup& group, const std::vector<Query>& rows) {
  std::vector<const Query*> chosen;
  const std::size_t count = std::min(kRowsPerTrial, group.rows.size());
  for (std::size_t i = 0; i < count; ++i) chosen.push_back(&rows[group.rows[i * group.rows.size() / count]]);
  return chosen;
}

void AdmitAfterAll(TaskResult& task, Trial& trial, const std::string& why) {
  trial.verdict = {true, why};
  if (!task.models.is_array()) return;
  const std::string model = TextAt(trial.candidate.tool->card().program, "model");
  Json models = Json::Array{};
  for (Json one : task.models.array()) {
    if (TextAt(one, "model") == model && TextAt(one, "step") == "probe") {
      one.Set("admitted", true);
      one.Set("why", why);
    }
    models.Push(std::move(one));
  }
  task.models = std::move(models);
}

void CountLabels(const TaskGroup& group, const std::vector<Query>& rows, const Labels& labels, const GateSettings& settings, Trial& trial) {
  if (labels.empty()) return;
  std::set<std::uint64_t> prompts;  // a prompt that stands in several rows has its labels counted once
  for (const std::size_t i : group.rows) prompts.insert(Hash64(rows[i].prompt));
  double rows_in_order = 0, order = 0, labelled = 0, agreed = 0;
  for (const std::uint64_t prompt : prompts) {
    const auto [from, to] = labels.equal_range(prompt);
    for (auto at = from; at != to; ++at) {
      const LabelAgreement agreement = AgreeWith(*trial.candidate.tool, trial.candidate.params, at->second);
      labelled += static_cast<double>(agreement.labelled);
      agreed += static_cast<double>(agreement.agreed);
      rows_in_order += agreement.credit ? 1 : 0;
      order += agreement.credit.value_or(0);
    }
  }
  trial.evidence.ordered += order;
  trial.evidence.order_rows += rows_in_order;
  // A graded tool has no threshold between right and wrong: where labels have an order, it answers for that alone.
  if (trial.evidence.binary || rows_in_order == 0) {
    trial.evidence.labelled += labelled;
    trial.evidence.agreed += agreed;
  }
  if (labelled > 0) trial.verdict = Judge(trial.evidence, settings);
}

Result<BuildResult> BuildLibrary(LibraryStore& store, const BuildJob& job) {
  if (job.data == "-") return MakeError(ErrorCode::kInvalidArgument, "build reads its rows twice: give a file, not '-'");
  auto settings = LoadGateSettings((store.directory() / "settings.toml").string());
  if (!settings) return settings.error();
  RLAR_TRY(MakeDirectories(store.directory() / "build"));
  auto cache = EvidenceCache::Open(store.directory() / "build" / "evidence.jsonl");
  if (!cache) return cache.error();
  auto start = LoadStart(store);
  if (!start) return start.error();
  auto labels = LoadLabels(store, job);
  if (!labels) return labels.error();
  auto sample = ReadSample(job);
  if (!sample) return sample.error();
  if (sample->rows.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "'" + job.data + "' holds no usable row (" + std::to_string(sample->invalid) + " of " +
                                                      std::to_string(sample->read.total) + " are invalid)");
  }
  for (LabelledRow& row : sample->labelled) labels->emplace(Hash64(row.query.prompt), std::move(row));
  auto plan = job.extend && start->whole ? PlanExtension(*start, sample->rows, *settings, **cache, job) : PlanAll(std::move(sample->rows), job);
  if (!plan) return plan.error();
  if (Cancelled(job)) return Stopped();
  if (job.policy != nullptr) AskPolicy(plan->grouping.groups, plan->rows, *job.policy, job.policy_responses, sample->rollouts, job.progress);
  if (Cancelled(job)) return Stopped();
  auto tasks = ProveAll(plan->grouping, plan->rows, sample->rollouts, *start->tools, *settings, *labels, **cache, job);
  if (!tasks) return tasks.error();
  RLAR_TRY(WriteMissing(*tasks, plan->rows, sample->rollouts, *start->tools, *settings, *labels, **cache, job.llm, job.progress));
  const FindModelsJob finding{plan->rows, *start->tools, *labels, job.hub, job.llm, job.models, job.progress, job.judges};
  FindModels(*tasks, finding);
  WriteRubrics(*tasks, sample->rollouts, job.judge, finding);
  ChooseModels(*tasks);
  if (!Cancelled(job)) ServeByLabels(*tasks, finding, *settings);
  if (!Cancelled(job)) GuardModels(*tasks);
  for (TaskResult& task : *tasks) {
    if (job.llm != nullptr && !Cancelled(job)) ChooseByModel(task, plan->rows, *job.llm);
  }
  if (Cancelled(job)) return Stopped();
  for (TaskResult& task : *tasks) task.second = SecondOf(task, TrialRows(task.group, plan->rows), sample->rollouts);
  if (job.shadow) ShadowTasks(*tasks, plan->rows, sample->live, *start->tools);
  std::vector<std::string> kept;
  for (const TaskResult& task : plan->kept) kept.push_back(task.group.model.task);
  // What was not asked because the hour's budget was used up is asked another time.
  const bool asked = job.llm != nullptr && !job.llm->out_of_hour();
  for (TaskResult& task : *tasks) task.tried_model = asked ? job.llm->model() : "";
  const Json manifest = MakeManifest(*tasks, plan->grouping.idf, start->manifest, kept);
  const auto compared = CompareChanged(store, manifest, *tasks, plan->rows, sample->rollouts);
  std::move(plan->kept.begin(), plan->kept.end(), std::back_inserter(*tasks));
  std::sort(tasks->begin(), tasks->end(), [](const TaskResult& a, const TaskResult& b) { return a.group.model.task < b.group.model.task; });
  BuildResult result;
  result.settled = std::move(plan->settled);
  result.labelled = plan->labelled;
  auto version = store.Publish(manifest, job.why.empty() ? "build from " + std::filesystem::path(job.data).filename().string() : job.why, compared);
  if (!version) return version.error();
  result.version = *version;
  auto snapshot = store.LoadSnapshot(result.version);
  if (!snapshot) return snapshot.error();
  RLAR_TRY(CountRows(job, **snapshot, *tasks, store.directory() / "unserved.jsonl", result));
  result.report = MakeReport(job, sample->read, *tasks, result, **snapshot, store.JournalEntry(result.version));
  RLAR_TRY(store.WriteReport(result.version, result.report));
  return result;
}

}  // namespace rlar
