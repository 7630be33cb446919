// sql_result: the response's query gives the rows that the reference's query gives.
#include "base/text.h"
#include "rlar/verifier.h"
#include "sql/compare.h"
#include "sql/database.h"
#include "text/extract.h"

namespace rlar::native {
namespace {

bool StartsQuery(std::string_view text) {
  text = Trim(text);
  for (const std::string_view word : {"select", "with", "values", "("}) {
    if (!StartsWithIgnoreCase(text, word)) continue;
    return word == "(" || text.size() == word.size() || !IsAsciiAlpha(text[word.size()]);
  }
  return false;
}

// The last fenced block, an <answer>, the whole text, or what follows the last line that begins a query.
std::string_view FindQuery(std::string_view text) {
  text = Trim(text);
  if (const std::size_t close = text.rfind("</answer>"); close != text.npos) {
    if (const std::size_t open = text.rfind("<answer>", close); open != text.npos) return FindQuery(text.substr(open + 8, close - open - 8));
  }
  if (const std::size_t close = text.rfind("```"); close != text.npos && close > 0) {
    const std::size_t open = text.rfind("```", close - 1);
    if (open != text.npos) {
      std::string_view block = text.substr(open + 3, close - open - 3);
      const std::size_t line = block.find('\n');
      if (line != block.npos && !StartsQuery(block.substr(0, line))) block.remove_prefix(line + 1);  // the language
      return Trim(block);
    }
  }
  if (StartsQuery(text)) return text;
  std::string_view found;
  for (std::size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
    if (StartsQuery(text.substr(at + 1, 16))) found = text.substr(at + 1);
  }
  return Trim(found);
}

struct Wanted {
  sql::Database database;
  sql::Table table;
  bool strict = false, ordered = false;
};

Score Judge(const Wanted& wanted, const Response& response) {
  const std::string_view text = Trim(AfterReasoning(response.text));
  if (text.empty()) return Score::Ok(0, Class::kResponseEmpty);
  const std::string_view query = FindQuery(text);
  if (query.empty()) return Score::Ok(0, Class::kResponseUnparsable, "there is no query in it");
  const auto result = wanted.database.Query(query, wanted.strict);
  if (const auto* failure = std::get_if<sql::Failure>(&result)) {
    const bool limit = failure->kind == sql::Failure::Kind::kOverLimit;
    return Score::Ok(0, limit ? Class::kResponseOverBudget : Class::kResponseWrong, "its query fails: " + failure->message);
  }
  const auto& said = std::get<sql::Table>(result);
  const bool right = wanted.strict ? sql::SameRows(said, wanted.table, wanted.ordered) : sql::SameRowSet(said, wanted.table);
  const auto shape = [](const sql::Table& table) { return std::to_string(table.rows.size()) + " rows of " + std::to_string(table.columns); };
  Score score = Score::Verdict(right, right ? "" : "gives " + shape(said) + ", wanted " + shape(wanted.table));
  score.Add("rows", static_cast<double>(said.rows.size())).Add("wanted_rows", static_cast<double>(wanted.table.rows.size()));
  return score;
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson || query.reference.texts.size() != 1) {
    return Score::Invalid(Class::kBadReference, "sql_result needs one query as its reference");
  }
  sql::Limits limits;
  limits.instructions = params.Int("max_steps");
  if (limits.instructions < 1) return Score::Invalid(Class::kBadParams, "parameter 'max_steps' of sql_result must be positive");
  auto database = sql::Database::Open(params.String("database"), limits);
  if (!database) return Score::Invalid(Class::kBadParams, "parameter 'database' of sql_result: " + database.error().ToString());
  Wanted wanted{.database = std::move(*database), .table = {}, .strict = params.String("mode") == "strict"};
  const std::string_view gold = Trim(query.reference.texts.front());
  auto result = wanted.database.Query(gold, wanted.strict);
  if (const auto* failure = std::get_if<sql::Failure>(&result)) {
    const bool limit = failure->kind == sql::Failure::Kind::kOverLimit;
    return Score::Invalid(limit ? Class::kReferenceOverBudget : Class::kBadReference, "the reference's query fails: " + failure->message);
  }
  wanted.table = std::move(std::get<sql::Table>(result));
  wanted.ordered = sql::OrdersRows(gold);
  return MakeCheck([wanted = std::move(wanted)](const Response& response, StepBudget&) { return Judge(wanted, response); });
}

constexpr ParamSpec kParams[] = {
    {.name = "database",
     .type = ParamSpec::Type::kString,
     .summary = "path of a SQLite file, which is only read, or a script that makes the data base in memory"},
    {.name = "mode",
     .type = ParamSpec::Type::kString,
     .default_json = "\"bird\"",
     .summary = "bird: the same set of rows; strict: rows as often, in order where the reference orders them, columns in any one order",
     .choices = "bird|strict"},
    {.name = "max_steps", .type = ParamSpec::Type::kInt, .default_json = "20000000", .summary = "instructions of SQLite's machine that one query may take"},
};

}  // namespace

extern const VerifierSpec sql_result{
    .name = "sql_result",
    .version = 1,
    .summary = "The response's query gives the same rows as the reference's, on a read-only SQLite data base whose clock stands at 2024-01-01.",
    .params = kParams,
    .required = "database",
    .source = "execution accuracy of BIRD (Li et al., 2023); strict mode after test-suite accuracy (Zhong et al., 2020)",
    .prepare = &Prepare,
};

}  // namespace rlar::native
