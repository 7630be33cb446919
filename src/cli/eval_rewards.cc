// rlar eval best-of-n, rlar eval rewardbench2: how often a tool, a library's routes or a file of scores puts a right response first.
#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>
#include <random>

#include "base/thread_pool.h"
#include "cli/eval_input.h"
#include "eval/sheet.h"

namespace rlar::cli {
namespace {

constexpr std::size_t kToldRows = 5;

struct Scorer {
  std::string name;
  std::vector<RowScores> scores;
};

// Responses are shown in an order that only the row's number fixes: the data has the right ones first, and a tool that compares a
// group must not profit from that.
std::vector<std::size_t> ShownOrder(long line, std::size_t n) {
  std::mt19937_64 random(static_cast<std::uint64_t>(line));
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  return order;
}

RowScores ScoreRow(const EvalRow& row, const Engine& engine, const CallOptions& call) {
  if (row.group.responses.size() != row.right.size()) return {{}, "the row has no 'chosen' and 'rejected' texts"};
  const auto order = ShownOrder(row.line, row.right.size());
  Group shown{row.group.query, {}};
  for (const std::size_t i : order) shown.responses.push_back(row.group.responses[i]);
  const auto rewards = engine.ScoreGroup(shown, call);
  RowScores out{std::vector<double>(order.size()), {}};
  for (std::size_t i = 0; i < order.size(); ++i) {
    const rlar::Score& score = rewards[i].score;
    if (!score.ok()) {
      return {{}, std::string(Name(score.status())) + "(" + std::string(Name(score.error_class())) + "): " + score.reason()};
    }
    out.values[order[i]] = *score.value();
  }
  return out;
}

Result<Scorer> RunScorer(const EvalRewardsOptions& options, const std::vector<EvalRow>& rows) {
  auto snapshot = LoadSnapshot(options.library, options.library_version);
  if (!snapshot) return snapshot.error();
  auto params = ParseParams(options.params);
  if (!params) return params.error();
  Scorer out{"library " + (*snapshot)->version(), std::vector<RowScores>(rows.size())};
  if (!options.tool.empty()) {
    auto tool = FindTool(**snapshot, options.tool);
    if (!tool) return tool.error();
    RLAR_TRY((*tool)->CheckParams(*params));
    out.name = (*tool)->card().id.name + "@" + (*tool)->card().id.version;
  }
  const Engine engine(*snapshot);
  CallOptions call;
  call.tool = options.tool;
  call.params = std::move(*params);
  call.snapshot = *snapshot;
  ThreadPool pool(ThreadCount(options.threads));
  pool.ForEach(rows.size(), [&](std::size_t i) { out.scores[i] = ScoreRow(rows[i], engine, call); });
  return out;
}

Result<Scorer> ScorerOfFile(const std::string& path, const std::vector<EvalRow>& rows) {
  auto scores = ReadScores(path, rows);
  if (!scores) return scores.error();
  return Scorer{path, std::move(*scores)};
}

void AddTies(const EvalRow& row, const TiesRow& scored, std::map<std::string, std::size_t>& places, Subset& subset) {
  const auto [at, fresh] = places.emplace(row.ties_prompt, subset.prompts.size());
  if (fresh) subset.prompts.emplace_back();
  (row.tied ? subset.prompts[at->second].tied : subset.prompts[at->second].ref) = scored;
}

// Rows without scores, and those that `also` (if given) has none for, are skipped.
Sheet MakeSheet(const std::vector<EvalRow>& rows, const Scorer& scorer, const Scorer* also, Suite suite) {
  Sheet sheet;
  sheet.mean_of_subsets = suite == Suite::kRewardBench2;
  std::map<std::string, std::size_t> subset_at, prompt_at;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const EvalRow& row = rows[i];
    const auto [at, fresh] = subset_at.emplace(row.subset, sheet.subsets.size());
    if (fresh) sheet.subsets.push_back({.name = row.subset, .ties = suite == Suite::kRewardBench2 && row.subset == "Ties"});
    Subset& subset = sheet.subsets[at->second];
    const auto& values = scorer.scores[i].values;
    if (values.empty() || (also != nullptr && also->scores[i].values.empty())) {
      ++subset.skipped;
      continue;
    }
    ++subset.scored;
    const auto correct = static_cast<std::size_t>(std::count(row.right.begin(), row.right.end(), true));
    if (subset.ties) {
      AddTies(row, MakeTiesRow(values, correct), prompt_at, subset);
      continue;
    }
    subset.credits.push_back(TopCredit(values, row.right));
    subset.chance += static_cast<double>(correct) / static_cast<double>(row.right.size());
  }
  return sheet;
}

std::size_t Total(const Sheet& sheet, std::size_t Subset::* count) {
  std::size_t sum = 0;
  for (const Subset& subset : sheet.subsets) sum += subset.*count;
  return sum;
}

// Output

Json Pair(const std::pair<double, double>& ci) { return Json(Json::Array{ci.first, ci.second}); }

void SetEstimate(const std::optional<Estimate>& estimate, Json& out) {
  if (!estimate) {
    out.Set("value", Json());
    return;
  }
  out.Set("value", estimate->value);
  out.Set("ci", Pair(estimate->ci));
  out.Set("ci_method", estimate->method);
}

Json SubsetJson(const Subset& subset) {
  Json out;
  SetEstimate(EstimateSubset(subset), out);
  out.Set("n", static_cast<std::uint64_t>(subset.scored));
  out.Set("skipped", static_cast<std::uint64_t>(subset.skipped));
  if (!subset.ties && subset.scored > 0) out.Set("chance", subset.chance / static_cast<double>(subset.scored));
  if (!subset.ties) return out;
  std::vector<std::size_t> all(subset.prompts.size());
  std::iota(all.begin(), all.end(), 0u);
  if (const auto score = ScoreTies(subset.prompts, all)) {
    out.Set("pairs", static_cast<std::uint64_t>(score->pairs));
    out.Set("accuracy_ref", score->accuracy_ref);
    out.Set("accuracy_tied", score->accuracy_tied);
    out.Set("separated", score->separated);
    out.Set("separated_hard", score->separated_hard);
    out.Set("margin", score->margin);
  }
  return out;
}

Json DifferenceJson(const std::optional<Difference>& difference) {
  Json out;
  if (!difference) return out;
  out.Set("n", static_cast<std::uint64_t>(difference->rows));
  out.Set("value", difference->a);
  out.Set("other", difference->b);
  out.Set("difference", difference->difference());
  out.Set("ci", Pair(difference->ci));
  out.Set("p", difference->p);
  out.Set("test", difference->test);
  return out;
}

struct Comparison {
  std::string with;
  Sheet ours, theirs;  // on the rows that both scored
};

Json ComparisonJson(const Comparison& comparison) {
  Json out, subsets = Json(Json::Object{});
  out.Set("with", comparison.with);
  out.Set("overall", DifferenceJson(CompareOverall(comparison.ours, comparison.theirs)));
  for (std::size_t i = 0; i < comparison.ours.subsets.size(); ++i) {
    const Subset &ours = comparison.ours.subsets[i], &theirs = comparison.theirs.subsets[i];
    subsets.Set(ours.name, DifferenceJson(CompareSubsets(ours, theirs)));
  }
  out.Set("subsets", std::move(subsets));
  return out;
}

void PrintJson(const EvalRewardsOptions& options, const std::string& name, const Sheet& sheet, const std::vector<Comparison>& comparisons) {
  Json overall, subsets = Json(Json::Object{}), out;
  SetEstimate(EstimateOverall(sheet), overall);
  for (const Subset& subset : sheet.subsets) subsets.Set(subset.name, SubsetJson(subset));
  out.Set("schema_version", 1);
  out.Set("suite", options.suite);
  out.Set("scorer", name);
  out.Set("n", static_cast<std::uint64_t>(Total(sheet, &Subset::scored)));
  out.Set("skipped", static_cast<std::uint64_t>(Total(sheet, &Subset::skipped)));
  out.Set("overall", std::move(overall));
  out.Set("subsets", std::move(subsets));
  if (!comparisons.empty()) {
    Json list = Json(Json::Array{});
    for (const Comparison& comparison : comparisons) list.Push(ComparisonJson(comparison));
    out.Set("compare", std::move(list));
  }
  std::printf("%s\n", out.Dump().c_str());
}

void PrintEstimate(const std::string& name, std::size_t n, std::size_t skipped, const std::optional<Estimate>& estimate, const char* chance) {
  std::printf("%-24s %6zu %8zu ", name.empty() ? "-" : name.c_str(), n, skipped);
  if (!estimate) {
    std::printf("%7s  not defined\n", "-");
    return;
  }
  std::printf("%7.4f  [%.4f, %.4f]  %s\n", estimate->value, estimate->ci.first, estimate->ci.second, chance);
}

void PrintDifference(const std::string& name, const std::optional<Difference>& difference) {
  std::printf("%-24s ", name.empty() ? "-" : name.c_str());
  if (!difference) {
    std::printf("not defined\n");
    return;
  }
  const bool clear = difference->ci.first > 0 || difference->ci.second < 0;
  std::printf("%6zu %7.4f %7.4f %+8.4f  [%+.4f, %+.4f]  p %.2g (%s)%s\n", difference->rows, difference->a, difference->b, difference->difference(),
              difference->ci.first, difference->ci.second, difference->p, difference->test.c_str(),
              clear && difference->p < 0.05 ? "" : "  not distinguishable");
}

void PrintTable(const std::string& name, const Sheet& sheet, const std::vector<Comparison>& comparisons) {
  std::printf("%s\n%-24s %6s %8s %7s  %-16s  %s\n", name.c_str(), "subset", "rows", "skipped", "value", "95 % interval", "chance");
  for (const Subset& subset : sheet.subsets) {
    char chance[32] = "-";
    if (!subset.ties && subset.scored > 0) {
      std::snprintf(chance, sizeof chance, "%.4f", subset.chance / static_cast<double>(subset.scored));
    }
    PrintEstimate(subset.name, subset.scored, subset.skipped, EstimateSubset(subset), chance);
  }
  PrintEstimate(sheet.mean_of_subsets ? "mean of subsets" : "all rows", Total(sheet, &Subset::scored), Total(sheet, &Subset::skipped), EstimateOverall(sheet),
                "");
  for (const Comparison& comparison : comparisons) {
    std::printf("\nagainst %s, on the rows that both scored\n%-24s %6s %7s %7s %8s  %s\n", comparison.with.c_str(), "subset", "rows", "value", "other", "diff",
                "95 % interval");
    for (std::size_t i = 0; i < sheet.subsets.size(); ++i) {
      PrintDifference(sheet.subsets[i].name, CompareSubsets(comparison.ours.subsets[i], comparison.theirs.subsets[i]));
    }
    PrintDifference(sheet.mean_of_subsets ? "mean of subsets" : "all rows", CompareOverall(comparison.ours, comparison.theirs));
  }
}

void TellSkipped(const std::vector<EvalRow>& rows, const Scorer& scorer) {
  std::size_t skipped = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!scorer.scores[i].values.empty()) continue;
    if (++skipped <= kToldRows) {
      std::fprintf(stderr, "rlar: %s: line %ld has no scores and is left out: %s\n", scorer.name.c_str(), rows[i].line, scorer.scores[i].why.c_str());
    }
  }
  if (skipped > kToldRows) std::fprintf(stderr, "rlar: %s: %zu rows left out in all\n", scorer.name.c_str(), skipped);
}

}  // namespace

int EvalRewards(const EvalRewardsOptions& options) {
  const std::string command = "eval " + options.suite;
  if (options.scores.empty() && options.tool.empty() && options.library.empty()) {
    return UsageError(command + " needs --tool NAME, --library DIR or --scores FILE");
  }
  if (!options.scores.empty() && !options.tool.empty()) return UsageError(command + ": --scores and --tool exclude each other");
  if (options.tool.empty() && !options.params.empty()) return UsageError("--params goes with --tool");
  const Suite suite = options.suite == "best-of-n" ? Suite::kBestOfN : Suite::kRewardBench2;
  auto rows = ReadEvalRows(options.input, suite);
  if (!rows) return UsageError(rows.error().ToString());
  auto scorer = options.scores.empty() ? RunScorer(options, *rows) : ScorerOfFile(options.scores, *rows);
  if (!scorer) return UsageError(scorer.error().ToString());
  TellSkipped(*rows, *scorer);
  const Sheet sheet = MakeSheet(*rows, *scorer, nullptr, suite);
  if (Total(sheet, &Subset::scored) == 0) return UsageError(command + ": no row has scores");
  std::vector<Comparison> comparisons;
  for (const std::string& path : options.compare) {
    auto other = ScorerOfFile(path, *rows);
    if (!other) return UsageError("--compare: " + other.error().ToString());
    TellSkipped(*rows, *other);
    comparisons.push_back({path, MakeSheet(*rows, *scorer, &*other, suite), MakeSheet(*rows, *other, &*scorer, suite)});
  }
  if (options.json) {
    PrintJson(options, scorer->name, sheet, comparisons);
  } else {
    PrintTable(scorer->name, sheet, comparisons);
  }
  return Total(sheet, &Subset::skipped) == 0 ? 0 : 1;
}

}  // namespace rlar::cli
