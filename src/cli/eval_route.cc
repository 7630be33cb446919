// rlar eval route: whether choosing a tool per query beats the best single tool, from recorded scores.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "classify/neighbours.h"
#include "cli/eval_input.h"
#include "eval/routing.h"
#include "eval/sheet.h"
#include "rows/reader.h"

namespace rlar::cli {
namespace {

constexpr std::size_t kFewest = 20;  // queries below which no fold says anything
constexpr std::size_t kKept = 400;   // neighbours kept a query; those outside the training folds drop out later
constexpr std::size_t kMostRows = 50'000;

struct MatrixRow {
  std::string subset;
  Query query;
  std::vector<bool> right;
  std::vector<std::vector<double>> scores;  // [tool][response]
};

struct Matrix {
  std::vector<std::string> tools;
  std::vector<MatrixRow> rows;
  std::size_t skipped = 0;
};

// Empty where a tool has no number for a response: the row is left out for all tools.
Result<std::vector<std::vector<double>>> ReadToolScores(const Json& scores, const std::vector<std::string>& tools, long line) {
  std::vector<std::vector<double>> out;
  bool missing = false;
  std::size_t responses = 0;
  if (scores.object().size() != tools.size()) return Wrong(line, "scores", "must name the same tools in every row");
  for (const std::string& tool : tools) {
    const std::string field = "scores." + tool;
    const Json* list = scores.Find(tool);
    if (list == nullptr) {
      return Wrong(line, field, "is missing; every row names the same tools, with null for what could not be scored");
    }
    if (!list->is_array() || list->array().size() < 2) {
      return Wrong(line, field, "must be a list with a number for each of two or more responses");
    }
    if (responses == 0) responses = list->array().size();
    if (list->array().size() != responses) return Wrong(line, field, "has another length than the first tool's list");
    out.emplace_back();
    for (const Json& item : list->array()) {
      const auto value = Number(item);
      if (!value && !item.is_null()) return Wrong(line, field, "must hold numbers or null, holds " + item.Dump());
      missing = missing || !value;
      out.back().push_back(value.value_or(0));
    }
  }
  if (missing) out.clear();
  return out;
}

Result<void> AddRow(NumberedRow&& numbered, Matrix& matrix) {
  if (const auto* error = std::get_if<RowError>(&numbered.row)) {
    return MakeError(ErrorCode::kInvalidArgument, "line " + std::to_string(numbered.line) + ": " + error->reason);
  }
  const long line = numbered.line;
  MatrixRow row;
  row.query = std::move(std::get<Group>(numbered.row).query);
  const Json* scores = row.query.extra.Find("scores");
  if (scores == nullptr || !scores->is_object() || scores->object().empty()) {
    return Wrong(line, "scores", "must be an object {TOOL: [number, …], …}");
  }
  if (matrix.tools.empty()) {
    for (const auto& [tool, list] : scores->object()) matrix.tools.push_back(tool);
  }
  auto read = ReadToolScores(*scores, matrix.tools, line);
  if (!read) return read.error();
  auto right = ReadRight(row.query.extra, line, scores->object().front().second.array().size(), "grades");
  if (!right) return right.error();
  if (read->empty()) {
    ++matrix.skipped;
    return {};
  }
  const Json* subset = row.query.extra.Find("subset");
  if (subset != nullptr && !subset->is_string()) return Wrong(line, "subset", "must be a text");
  row.subset = subset != nullptr ? subset->string() : row.query.task;
  row.query.extra = Json();
  row.right = std::move(*right);
  row.scores = std::move(*read);
  matrix.rows.push_back(std::move(row));
  return {};
}

Result<Matrix> ReadMatrix(const InputOptions& input) {
  auto reader = OpenInput(input, false);
  if (!reader) return reader.error();
  Matrix matrix;
  for (;;) {
    auto next = (*reader)->Next();
    if (!next) return next.error();
    if (!next->has_value()) break;
    RLAR_TRY(AddRow(std::move(**next), matrix));
    if (matrix.rows.size() > kMostRows) return MakeError(ErrorCode::kOverloaded, "more than " + std::to_string(kMostRows) + " rows");
  }
  if (matrix.rows.size() < kFewest) {
    return MakeError(ErrorCode::kInvalidArgument, "'" + input.path + "' has " + std::to_string(matrix.rows.size()) +
                                                      " rows that every tool scored; out-of-sample routing needs " + std::to_string(kFewest));
  }
  return matrix;
}

CreditTable Credits(const Matrix& matrix) {
  CreditTable table;
  for (const MatrixRow& row : matrix.rows) {
    table.emplace_back();
    for (const auto& scores : row.scores) table.back().push_back(TopCredit(scores, row.right));
  }
  return table;
}

// All tools together: each one's scores less its row's mean, in units of its own spread, added up.
std::vector<double> EnsembleCredits(const Matrix& matrix) {
  std::vector<double> squares(matrix.tools.size());
  const auto mean = [](const std::vector<double>& scores) {
    double sum = 0;
    for (const double score : scores) sum += score;
    return sum / static_cast<double>(scores.size());
  };
  for (const MatrixRow& row : matrix.rows) {
    for (std::size_t t = 0; t < squares.size(); ++t) {
      for (const double score : row.scores[t]) squares[t] += std::pow(score - mean(row.scores[t]), 2);
    }
  }
  std::vector<double> out;
  for (const MatrixRow& row : matrix.rows) {
    std::vector<double> sum(row.right.size());
    for (std::size_t t = 0; t < squares.size(); ++t) {
      const double unit = squares[t] > 0 ? 1 / std::sqrt(squares[t]) : 0, middle = mean(row.scores[t]);
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += (row.scores[t][i] - middle) * unit;
    }
    out.push_back(TopCredit(sum, row.right));
  }
  return out;
}

// By the prompts' words, rarer ones counting more. Labels are not looked at.
Neighbours WordNeighbours(const Matrix& matrix) {
  std::vector<const Query*> queries;
  for (const MatrixRow& row : matrix.rows) queries.push_back(&row.query);
  return NearestQueries(MakeWordVectors(queries).vectors, kKept);
}

// Members of the same subset, those that come next in the file first.
Neighbours SubsetNeighbours(const std::vector<std::size_t>& groups) {
  std::map<std::size_t, std::vector<std::size_t>> members;
  for (std::size_t q = 0; q < groups.size(); ++q) members[groups[q]].push_back(q);
  Neighbours out(groups.size());
  for (const auto& [group, list] : members) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      for (std::size_t step = 1; step < std::min(list.size(), kKept); ++step) {
        out[list[i]].emplace_back(list[(i + step) % list.size()], 1.0);
      }
    }
  }
  return out;
}

std::vector<std::size_t> Groups(const Matrix& matrix) {
  std::map<std::string, std::size_t> places;
  std::vector<std::size_t> out;
  for (const MatrixRow& row : matrix.rows) out.push_back(places.emplace(row.subset, places.size()).first->second);
  return out;
}

// Output

struct Policy {
  std::string name;
  bool out_of_sample = false;
  Subset subset;
  std::vector<double> shares;  // of the tools, where it chooses
};

Policy MakePolicy(std::string name, bool out_of_sample, std::vector<double> credits, std::vector<double> shares = {}) {
  Policy out{std::move(name), out_of_sample, {}, std::move(shares)};
  out.subset.scored = credits.size();
  out.subset.credits = std::move(credits);
  return out;
}

// The baseline comes first and the routers follow it; the tools and the oracles are not compared.
struct Study {
  std::vector<Policy> tools, honest, oracles;
};

Study Run(const Matrix& matrix) {
  const CreditTable table = Credits(matrix);
  const auto groups = Groups(matrix);
  Study out;
  for (std::size_t t = 0; t < matrix.tools.size(); ++t) {
    std::vector<double> credits;
    for (const auto& row : table) credits.push_back(row[t]);
    out.tools.push_back(MakePolicy(matrix.tools[t], false, std::move(credits)));
  }
  const auto add = [&](const char* name, Routed routed) { out.honest.push_back(MakePolicy(name, true, std::move(routed.credits), std::move(routed.shares))); };
  add("best_single", BestOnTrain(table));
  add("neighbours", RouteByNeighbours(table, WordNeighbours(matrix)));
  const bool grouped = *std::max_element(groups.begin(), groups.end()) > 0;
  if (grouped) add("subset", RouteByNeighbours(table, SubsetNeighbours(groups)));
  out.honest.push_back(MakePolicy("z_mean", true, EnsembleCredits(matrix)));
  if (grouped) out.oracles.push_back(MakePolicy("oracle_per_subset", false, OraclePerGroup(table, groups)));
  out.oracles.push_back(MakePolicy("oracle_per_query", false, OraclePerQuery(table)));
  return out;
}

Json Interval(const std::pair<double, double>& ci) { return Json(Json::Array{ci.first, ci.second}); }

Json PolicyJson(const Policy& policy, const std::vector<std::string>& tools) {
  const Estimate estimate = *EstimateSubset(policy.subset);
  Json out, shares;
  out.Set("value", estimate.value);
  out.Set("ci", Interval(estimate.ci));
  out.Set("ci_method", estimate.method);
  out.Set("n", static_cast<std::uint64_t>(policy.subset.scored));
  out.Set("out_of_sample", policy.out_of_sample);
  for (std::size_t t = 0; t < policy.shares.size(); ++t) shares.Set(tools[t], policy.shares[t]);
  if (!shares.is_null()) out.Set("shares", std::move(shares));
  return out;
}

bool Distinguishable(const Difference& difference) { return difference.p < 0.05 && (difference.ci.first > 0 || difference.ci.second < 0); }

Json AgainstBest(const Study& study, const Policy& policy) {
  const Difference found = *CompareSubsets(policy.subset, study.honest[0].subset);
  Json item, overall;
  overall.Set("n", static_cast<std::uint64_t>(found.rows));
  overall.Set("value", found.a);
  overall.Set("other", found.b);
  overall.Set("difference", found.difference());
  overall.Set("ci", Interval(found.ci));
  overall.Set("p", found.p);
  overall.Set("test", found.test);
  item.Set("router", policy.name);
  item.Set("with", study.honest[0].name);
  item.Set("overall", std::move(overall));
  item.Set("distinguishable", Distinguishable(found));
  return item;
}

void PrintJson(const Matrix& matrix, const Study& study) {
  Json out, tools, routers, compare;
  for (const Policy& policy : study.tools) tools.Set(policy.name, PolicyJson(policy, matrix.tools));
  for (const auto* list : {&study.honest, &study.oracles}) {
    for (const Policy& policy : *list) routers.Set(policy.name, PolicyJson(policy, matrix.tools));
  }
  for (std::size_t i = 1; i < study.honest.size(); ++i) {
    compare.Push(AgainstBest(study, study.honest[i]));
  }
  out.Set("schema_version", 1);
  out.Set("suite", "route");
  out.Set("n", static_cast<std::uint64_t>(matrix.rows.size()));
  out.Set("skipped", static_cast<std::uint64_t>(matrix.skipped));
  out.Set("overall", PolicyJson(study.honest[1], matrix.tools));
  out.Set("tools", std::move(tools));
  out.Set("routers", std::move(routers));
  out.Set("compare", std::move(compare));
  std::printf("%s\n", out.Dump().c_str());
}

void PrintPolicy(const Policy& policy) {
  const Estimate estimate = *EstimateSubset(policy.subset);
  std::printf("%-40s %7.4f  [%.4f, %.4f]\n", policy.name.c_str(), estimate.value, estimate.ci.first, estimate.ci.second);
}

void PrintTable(const Matrix& matrix, const Study& study) {
  std::printf("%zu queries, %zu left out for a missing score\n", matrix.rows.size(), matrix.skipped);
  std::printf("%-40s %7s  95 %% interval\n", "tool", "value");
  for (const Policy& policy : study.tools) PrintPolicy(policy);
  std::printf("\nout of sample (%d folds, %d repeats)\n", kFolds, kRepeats);
  for (const Policy& policy : study.honest) PrintPolicy(policy);
  std::printf("\nin sample: bounds, partly chance, that no router can be expected to reach\n");
  for (const Policy& policy : study.oracles) PrintPolicy(policy);
  std::printf("\nagainst best_single, paired\n");
  for (std::size_t i = 1; i < study.honest.size(); ++i) {
    const Difference found = *CompareSubsets(study.honest[i].subset, study.honest[0].subset);
    std::printf("%-40s %+7.4f  [%+.4f, %+.4f]  p %.2g (%s)%s\n", study.honest[i].name.c_str(), found.difference(), found.ci.first, found.ci.second, found.p,
                found.test.c_str(), Distinguishable(found) ? "" : "  not distinguishable");
  }
}

}  // namespace

int EvalRoute(const EvalRouteOptions& options) {
  auto matrix = ReadMatrix(options.input);
  if (!matrix) return UsageError(matrix.error().ToString());
  const Study study = Run(*matrix);
  options.json ? PrintJson(*matrix, study) : PrintTable(*matrix, study);
  return matrix->skipped == 0 ? 0 : 1;
}

}  // namespace rlar::cli
