#include "agents/write_rubric/write_rubric.h"

#include <algorithm>

#include "agents/prompts.h"
#include "agents/write_rubric/criteria.h"
#include "agents/write_rubric/with_checks.h"
#include "base/text.h"
#include "tools/reward_model/reward_model_tool.h"

namespace rlar {
namespace {

constexpr std::string_view kChecks = "instruction_constraints";

std::string JudgeName(const std::string& task) {
  const std::string name = Identifier(task);
  return (name.empty() || !IsAsciiAlpha(name[0]) ? "task_" + name : name).substr(0, 40) + "_judge";
}

// A few rows, with a better and a worse response where people or tests have told them apart.
std::string ShowRows(const ProbeSet& probes) {
  constexpr std::size_t kShown = 3, kPromptBytes = 500, kResponseBytes = 400;
  std::string shown;
  const std::size_t count = std::min(kShown, probes.rows.size());
  for (std::size_t i = 0; i < count; ++i) {
    const LabelledRow& row = probes.rows[i * probes.rows.size() / count];
    shown += (i > 0 ? "\n\n" : "") + std::string("<request>\n") + Quoted(row.query.prompt, kPromptBytes) + "\n</request>";
    if (!probes.labelled) continue;
    const auto less = [](const std::optional<double>& a, const std::optional<double>& b) { return a.value_or(0.5) < b.value_or(0.5); };
    const auto [worse, better] = std::minmax_element(row.labels.begin(), row.labels.end(), less);
    const auto said = [&](const char* tag, std::ptrdiff_t at) {
      shown += "\n<" + std::string(tag) + ">\n" + Quoted(row.responses[static_cast<std::size_t>(at)].text, kResponseBytes) + "\n</" + tag + ">";
    };
    said("better_response", better - row.labels.begin());
    said("worse_response", worse - row.labels.begin());
  }
  return shown;
}

class Writer {
 public:
  Writer(TaskResult& task, const ProbeSet& probes, const Rollouts& rollouts, const JudgeServer& server, const FindModelsJob& job)
      : task_(task),
        probes_(probes),
        server_(server),
        job_(job),
        checker_(job.tools.FindTool(std::string(kChecks))),
        rows_(ComparableRows(task.group, job.rows, rollouts, probes)) {}

  void Run() {
    const auto own = [](const LabelledRow& row) { return !row.query.rubric.empty(); };
    if (std::all_of(probes_.rows.begin(), probes_.rows.end(), own)) return Prove();
    if (job_.llm == nullptr) return Miss("no rubric is written without a language model (--llm)");
    auto reply = job_.llm->Ask(FindPrompt("write_rubric").Ask({{"task", Quoted(task_.group.label, 300)}, {"rows", ShowRows(probes_)}}));
    ++task_.llm_calls;
    if (!reply) return Miss("no rubric was written: " + reply.error().message);
    for (Criterion& criterion : CriteriaFromJson(reply->json)) {
      const bool counted = checker_ != nullptr && !criterion.instruction.empty();
      (counted ? checks_ : judged_).push_back(std::move(criterion));
    }
    SeparateChecks();
    if (!SeparateJudged()) return;
    if (judged_.empty()) return Miss("a rubric was written, but none of its criteria tells responses apart" + Dropped());
    Prove();
  }

 private:
  // What serves already goes on serving.
  void Miss(const std::string& why) {
    if (task_.chosen() == nullptr) return task_.Miss(why);
    task_.note += (task_.note.empty() ? "" : "; ") + ("no judge takes its place: " + why);
  }
  std::string Dropped() const { return dropped_.empty() ? "" : " (dropped: " + dropped_ + ")"; }
  void Drop(const Criterion& criterion) { dropped_ += (dropped_.empty() ? "" : " | ") + criterion.item.text; }

  std::vector<RubricItem> Rubric() const {
    std::vector<RubricItem> rubric;
    for (const Criterion& one : judged_) rubric.push_back(one.item);
    return rubric;
  }

  Result<std::shared_ptr<const Tool>> MakeJudge() const {
    ModelAdapter adapter;
    adapter.backend = "judge";
    adapter.url = server_.url;
    adapter.model = server_.model;
    adapter.price = server_.price;
    adapter.rubric = Rubric();
    return OpenJudgeOf(RewardModelCard(JudgeName(task_.group.model.task), "a judge with a rubric written for " + task_.group.model.task, adapter), job_);
  }

  // A check that no response breaks, or none keeps, says nothing. One with veto makes the route a matter of all or
  // nothing: the others go to the judge.
  void SeparateChecks() {
    std::vector<Criterion> kept;
    for (Criterion& check : checks_) {
      std::vector<std::vector<double>> by_row;
      for (const Comparable& row : rows_) {
        by_row.emplace_back();
        for (const Score& score : checker_->Run(row.query, row.responses, ConstraintParams({check}), CallContext{})) {
          if (score.value()) by_row.back().push_back(*score.value());
        }
      }
      if (Separates(by_row)) {
        kept.push_back(std::move(check));
      } else {
        Drop(check);
      }
    }
    const auto has_veto = [](const Criterion& one) { return one.item.veto; };
    veto_ = std::any_of(kept.begin(), kept.end(), has_veto);
    checks_.clear();
    for (Criterion& check : kept) (veto_ && !check.item.veto ? judged_ : checks_).push_back(std::move(check));
  }

  // False where the judge gave no grade at all.
  bool SeparateJudged() {
    if (judged_.empty()) return true;
    auto judge = MakeJudge();
    if (!judge) return Miss(judge.error().ToString()), false;
    std::vector<std::vector<std::vector<double>>> grades(judged_.size());  // criterion, row
    std::string failure;
    std::size_t graded = 0;
    for (const Comparable& row : rows_) {
      if (job_.llm->cancelled()) return false;
      const auto scores = (*judge)->Run(row.query, row.responses, Json(), CallContext{});
      for (auto& of : grades) of.emplace_back();
      for (const Score& score : scores) {
        if (!score.ok()) failure = score.reason();
        if (!score.ok() || score.components().size() < judged_.size()) continue;
        ++graded;
        for (std::size_t c = 0; c < judged_.size(); ++c) grades[c].back().push_back(score.components()[c].second);
      }
    }
    if (graded == 0) return Miss("a rubric was written, but the judge gave no grade: " + (failure.empty() ? "no responses to compare" : failure)), false;
    std::vector<Criterion> kept;
    for (std::size_t c = 0; c < judged_.size(); ++c) {
      if (Separates(grades[c])) {
        kept.push_back(std::move(judged_[c]));
      } else {
        Drop(judged_[c]);
      }
    }
    judged_ = std::move(kept);
    return true;
  }

  Route Together(const Tool& judge) const {
    Route route;
    route.task = task_.group.model.task;
    double weight = 0;
    for (const Criterion& one : judged_) weight += one.item.weight;
    route.parts.push_back({judge.card().id, Json(), weight, nullptr});
    if (checks_.empty()) return route;
    route.combine = veto_ ? Combine::kMin : Combine::kWeighted;
    if (veto_) {
      route.parts.push_back({checker_->card().id, ConstraintParams(checks_), 1.0, nullptr});
      return route;
    }
    for (const Criterion& one : checks_) route.parts.push_back({checker_->card().id, ConstraintParams({one}), one.item.weight, nullptr});
    return route;
  }

  void Prove() {
    auto made = MakeJudge();
    if (!made) return Miss(made.error().ToString());
    const std::shared_ptr<const Tool> judge = *made;
    const ModelEvidence alone = TryModel(*judge, Json(), probes_);
    Trial trial = MakeTrial(judge.get(), judge, alone, JudgeModel(alone, job_.options.gate), judged_.empty() ? "" : "a rubric written for this task");
    if (trial.verdict.admitted && !checks_.empty()) AddChecks(*judge, alone, trial);
    const bool admitted = trial.verdict.admitted;
    const std::string why = trial.verdict.why;
    const double order = trial.evidence.pair_rate();
    if (const Trial* held = task_.chosen(); admitted && held != nullptr && order <= held->evidence.ordered / held->evidence.order_rows) {
      task_.trials.push_back(std::move(trial));
      return Miss("it orders no more of the labelled pairs: " + Percent(order));
    }
    task_.trials.push_back(std::move(trial));
    if (!admitted) return Miss(std::string(judged_.empty() ? "the judge" : "the judge with a rubric written for it") + " is refused: " + why);
    task_.chosen_index = task_.trials.size() - 1;
    task_.missing.clear();
    Note();
  }

  void AddChecks(const Tool& judge, const ModelEvidence& alone, Trial& trial) {
    const Route route = Together(judge);
    std::vector<const Tool*> tools(route.parts.size(), checker_);
    tools.front() = &judge;
    const ModelEvidence both = TryModel(WithChecks(route, std::move(tools)), Json(), probes_);
    const Verdict verdict = JudgeModel(both, job_.options.gate);
    if (!verdict.admitted || both.accuracy < alone.accuracy) {
      for (const Criterion& check : checks_) Drop(check);
      checks_.clear();
      return;
    }
    RunBeside(route, trial);
    trial.evidence = both.ToEvidence();
    trial.verdict = verdict;
  }

  void Note() {
    if (judged_.empty()) {
      task_.note = "graded by the rows' own rubrics";
      return;
    }
    std::string criteria, counted;
    for (const Criterion& one : judged_) criteria += (criteria.empty() ? "" : " | ") + one.item.text;
    for (const Criterion& one : checks_) counted += (counted.empty() ? "" : " | ") + one.item.text;
    task_.note = "graded by: " + criteria + (counted.empty() ? "" : "; checked by code: " + counted) + Dropped();
  }

  TaskResult& task_;
  const ProbeSet& probes_;
  const JudgeServer& server_;
  const FindModelsJob& job_;
  const Tool* const checker_;
  const std::vector<Comparable> rows_;
  std::vector<Criterion> judged_, checks_;
  bool veto_ = false;  // the checks are all with veto
  std::string dropped_;
};

}  // namespace

void WriteRubrics(std::vector<TaskResult>& tasks, const Rollouts& rollouts, const JudgeServer& server, const FindModelsJob& job) {
  if (server.url.empty()) return;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    TaskResult& task = tasks[i];
    if (task.is_code() || (task.chosen() != nullptr && !ChoiceIsWeak(task, job.options.gate))) continue;
    if (job.llm != nullptr && job.llm->cancelled()) return;
    const ProbeSet probes = MakeModelProbes(task.group, job.rows, job.labels, job.options.gate.min_rows, kMostProbeRows);
    if (probes.rows.size() < job.options.gate.min_rows) {
      if (task.chosen() != nullptr) continue;
      task.Miss("no judge is tried: fewer than " + std::to_string(job.options.gate.min_rows) + " rows with a better and a worse response to prove it on");
      continue;
    }
    if (job.progress) job.progress("writing a rubric: " + task.group.model.task, static_cast<double>(i) / static_cast<double>(tasks.size()));
    Writer(task, probes, rollouts, server, job).Run();
  }
}

}  // namespace rlar
