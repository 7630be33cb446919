#include "cli/eval_input.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "base/fs.h"
#include "base/text.h"
#include "rows/reader.h"

namespace rlar::cli {
namespace {

constexpr std::array<std::string_view, 6> kSubsets{"Factuality", "Precise IF", "Math", "Safety", "Focus", "Ties"};
// Fields that say which response is right, or were only needed to make the data: no tool sees them.
constexpr std::array<std::string_view, 13> kHidden{
    "best",   "scores", "chosen", "rejected", "num_correct", "num_incorrect", "total_completions", "models", "subset", "results", "additional_metadata",
    "labels", "correct"};

Result<std::size_t> WholeNumber(const Json& value, long line, const std::string& field, double limit) {
  if (!value.is_number() || value.number() != std::floor(value.number()) || value.number() < 0 || value.number() >= limit) {
    return Wrong(line, field, "must be a whole number from 0 to " + std::to_string(static_cast<long>(limit) - 1) + ", is " + value.Dump());
  }
  return static_cast<std::size_t>(value.number());
}

// best-of-n

Result<void> MarkBest(const Json& best, long line, std::vector<bool>& right) {
  const Json::Array one{best};
  const Json::Array& list = best.is_array() ? best.array() : one;
  if (list.empty()) return Wrong(line, "best", "is empty; it names the best response, or several");
  for (const Json& item : list) {
    auto index = WholeNumber(item, line, "best", static_cast<double>(right.size()));
    if (!index) return index.error();
    right[*index] = true;
  }
  return {};
}

Result<void> MarkHighest(const Json& scores, const std::string& field, long line, std::vector<bool>& right) {
  if (!scores.is_array() || scores.array().size() != right.size()) {
    return Wrong(line, field, "must be a list of " + std::to_string(right.size()) + " numbers, one a response");
  }
  std::vector<double> values;
  for (const Json& item : scores.array()) {
    const auto value = Number(item);
    if (!value) return Wrong(line, field, "must hold numbers, holds " + item.Dump());
    values.push_back(*value);
  }
  const double top = *std::max_element(values.begin(), values.end());
  for (std::size_t i = 0; i < values.size(); ++i) right[i] = values[i] == top;
  return {};
}

Result<void> ReadBestOfN(EvalRow& row) {
  if (row.group.responses.size() < 2) return Wrong(row.line, "responses", "must hold two or more responses");
  auto right = ReadRight(row.group.query.extra, row.line, row.group.responses.size(), "scores");
  if (!right) return right.error();
  row.right = std::move(*right);
  return {};
}

// RewardBench 2

Result<void> AddResponses(const Json& extra, const std::string& field, EvalRow& row) {
  const Json* list = extra.Find(field);
  if (list == nullptr) return {};
  if (!list->is_array()) return Wrong(row.line, field, "must be a list of texts");
  for (const Json& text : list->array()) {
    if (!text.is_string()) return Wrong(row.line, field, "must hold texts, holds " + text.Dump().substr(0, 60));
    Response response;
    response.text = text.string();
    row.group.responses.push_back(std::move(response));
  }
  return {};
}

// How many responses, and how many of them right: from the texts, from the counts, or from both where they agree.
Result<void> ReadCounts(const Json& extra, EvalRow& row) {
  RLAR_TRY(AddResponses(extra, "chosen", row));
  const std::size_t chosen = row.group.responses.size();
  RLAR_TRY(AddResponses(extra, "rejected", row));
  const std::size_t texts = row.group.responses.size();
  const auto count = [&](const std::string& field, std::size_t known) -> Result<std::size_t> {
    const Json* value = extra.Find(field);
    if (value == nullptr) {
      if (texts > 0) return known;
      return Wrong(row.line, field, "is missing, and so are 'chosen' and 'rejected'");
    }
    auto number = WholeNumber(*value, row.line, field, 1e6);
    if (number && texts > 0 && *number != known) {
      return Wrong(row.line, field, "is " + std::to_string(*number) + ", but the row holds " + std::to_string(known) + " such responses");
    }
    return number;
  };
  auto correct = count("num_correct", chosen);
  if (!correct) return correct.error();
  auto total = count("total_completions", texts);
  if (!total) return total.error();
  if (*correct < 1 || *correct >= *total) return Wrong(row.line, "num_correct", "there must be a right response and a wrong one");
  row.right.assign(*total, false);
  std::fill_n(row.right.begin(), *correct, true);
  return {};
}

Result<void> ReadTiesId(EvalRow& row) {
  const std::string id = row.id.is_string() ? row.id.string() : "";
  const std::size_t colon = id.find(':');
  const std::string kind = id.substr(0, colon);
  if (colon == std::string::npos || (kind != "ref" && kind != "tied") || colon + 1 == id.size()) {
    return Wrong(row.line, "id", "a Ties row's id is \"ref:PROMPT\" or \"tied:PROMPT\", is " + row.id.Dump());
  }
  row.tied = kind == "tied";
  row.ties_prompt = id.substr(colon + 1);
  return {};
}

Result<void> ReadRewardBench2(EvalRow& row) {
  if (std::find(kSubsets.begin(), kSubsets.end(), row.subset) == kSubsets.end()) {
    return Wrong(row.line, "subset", "must be Factuality, Precise IF, Math, Safety, Focus or Ties, is '" + row.subset + "'");
  }
  row.group.responses.clear();
  RLAR_TRY(ReadCounts(row.group.query.extra, row));
  if (row.subset == "Ties") return ReadTiesId(row);
  if (std::count(row.right.begin(), row.right.end(), true) != 1) {
    return Wrong(row.line, "num_correct", "must be 1 outside of Ties");
  }
  return {};
}

void Hide(Group& group) {
  if (!group.query.extra.is_object()) return;
  std::erase_if(group.query.extra.object(),
                [](const Json::Member& member) { return std::find(kHidden.begin(), kHidden.end(), member.first) != kHidden.end(); });
}

Result<EvalRow> ReadEvalRow(NumberedRow&& numbered, Suite suite) {
  if (const auto* error = std::get_if<RowError>(&numbered.row)) {
    return MakeError(ErrorCode::kInvalidArgument, "line " + std::to_string(numbered.line) + ": " + error->reason);
  }
  EvalRow row;
  row.line = numbered.line;
  row.group = std::move(std::get<Group>(numbered.row));
  row.id = row.group.query.id;
  if (const Json* subset = row.group.query.extra.Find("subset")) {
    if (!subset->is_string()) return Wrong(row.line, "subset", "must be a text");
    row.subset = subset->string();
  } else if (suite == Suite::kBestOfN) {
    row.subset = row.group.query.task;
  }
  RLAR_TRY(suite == Suite::kBestOfN ? ReadBestOfN(row) : ReadRewardBench2(row));
  Hide(row.group);
  return row;
}

// Files of scores

class ScoreFile {
 public:
  explicit ScoreFile(const std::vector<EvalRow>& rows) : rows_(rows), out_(rows.size()) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      by_line_[rows[i].line] = i;
      if (!rows[i].id.is_null()) by_id_[rows[i].id.DumpCanonical()].push_back(i);
      out_[i].why = "the file has no line for it";
    }
  }
  Result<void> Add(const Json& line, long number) {
    if (line.Find("response_index") != nullptr) return AddScoreLine(line, number);
    const Json* scores = line.Find("scores");
    if (scores == nullptr) {
      return Wrong(number, "scores", "is missing; a line is {\"id\", \"scores\": [number, …]} or one of `rlar score`");
    }
    auto at = Place(line.Find("id"), number);
    if (!at) return at.error();
    const std::size_t wanted = rows_[*at].right.size();
    if (!scores->is_array() || scores->array().size() != wanted) {
      return Wrong(number, "scores", "must be a list of " + std::to_string(wanted) + ", one for each response of that row");
    }
    if (!seen_.insert(*at).second) return Wrong(number, "id", "the row has scores already");
    return Take(scores->array(), number, out_[*at]);
  }
  Result<std::vector<RowScores>> Finish() {
    if (order_ > 0 && order_ != rows_.size()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "it has " + std::to_string(order_) + " lines without an id for " + std::to_string(rows_.size()) + " rows; give each line its row's id");
    }
    for (const auto& [at, values] : parts_) Join(at, values);
    return std::move(out_);
  }

 private:
  Result<std::size_t> Place(const Json* id, long number) {
    if (id == nullptr || id->is_null()) {
      if (order_ >= rows_.size()) return Wrong(number, "id", "is missing, and there are more lines than rows");
      return order_++;
    }
    const auto found = by_id_.find(id->DumpCanonical());
    if (found == by_id_.end()) return Wrong(number, "id", "no row has the id " + id->Dump());
    if (found->second.size() > 1) return Wrong(number, "id", "several rows have the id " + id->Dump());
    return found->second.front();
  }
  static Result<void> Take(const Json::Array& scores, long number, RowScores& out) {
    out.why.clear();
    for (const Json& item : scores) {
      if (item.is_null()) {
        out = {{}, "a response has no score"};
        return {};
      }
      const auto value = Number(item);
      if (!value) return Wrong(number, "scores", "must hold numbers or null, holds " + item.Dump());
      out.values.push_back(*value);
    }
    return {};
  }
  Result<void> AddScoreLine(const Json& line, long number) {
    const Json *of = line.Find("line"), *index = line.Find("response_index"), *value = line.Find("value");
    const auto found = of != nullptr && of->is_number() ? by_line_.find(static_cast<long>(of->number())) : by_line_.end();
    if (found == by_line_.end()) return Wrong(number, "line", "no such row in the input");
    auto at = WholeNumber(*index, number, "response_index", static_cast<double>(rows_[found->second].right.size()));
    if (!at) return at.error();
    const bool has = value != nullptr && value->is_number();
    if (!parts_[found->second].emplace(*at, has ? std::optional(value->number()) : std::nullopt).second) {
      return Wrong(number, "response_index", "that response has a score already");
    }
    return {};
  }
  void Join(std::size_t at, const std::map<std::size_t, std::optional<double>>& values) {
    RowScores& row = out_[at];
    row = {{}, "a response has no score"};
    if (values.size() != rows_[at].right.size()) return;
    if (std::any_of(values.begin(), values.end(), [](const auto& item) { return !item.second; })) return;
    row.why.clear();
    for (const auto& [index, value] : values) row.values.push_back(*value);
  }

  const std::vector<EvalRow>& rows_;
  std::vector<RowScores> out_;
  std::map<long, std::size_t> by_line_;
  std::map<std::string, std::vector<std::size_t>> by_id_;
  std::map<std::size_t, std::map<std::size_t, std::optional<double>>> parts_;
  std::set<std::size_t> seen_;
  std::size_t order_ = 0;
};

Result<void> CheckTiesPairs(const std::vector<EvalRow>& rows) {
  std::set<std::string> seen;
  for (const EvalRow& row : rows) {
    if (row.ties_prompt.empty()) continue;
    if (!seen.insert(row.id.string()).second) return Wrong(row.line, "id", "an earlier Ties row has the same id " + row.id.Dump());
  }
  return {};
}

}  // namespace

Error Wrong(long line, const std::string& field, const std::string& what) {
  return MakeError(ErrorCode::kInvalidArgument, "line " + std::to_string(line) + ", field '" + field + "': " + what);
}

std::optional<double> Number(const Json& value) {
  if (value.is_array() && value.array().size() == 1) return Number(value.array()[0]);
  return value.is_number() ? std::optional(value.number()) : std::nullopt;
}

Result<std::vector<bool>> ReadRight(const Json& extra, long line, std::size_t responses, const std::string& grades) {
  std::vector<bool> right(responses, false);
  if (const Json* best = extra.Find("best")) {
    RLAR_TRY(MarkBest(*best, line, right));
  } else if (const Json* values = extra.Find(grades)) {
    RLAR_TRY(MarkHighest(*values, grades, line, right));
  } else {
    return Wrong(line, "best", "is missing: the index of the best response (from 0) or several, or '" + grades + "' with a number for each");
  }
  return right;
}

Result<std::vector<EvalRow>> ReadEvalRows(const InputOptions& input, Suite suite) {
  auto reader = OpenInput(input, suite == Suite::kBestOfN && input.map.empty());
  if (!reader) return reader.error();
  std::vector<EvalRow> rows;
  for (;;) {
    auto next = (*reader)->Next();
    if (!next) return next.error();
    if (!next->has_value()) break;
    auto row = ReadEvalRow(std::move(**next), suite);
    if (!row) return row.error();
    rows.push_back(std::move(*row));
  }
  for (const std::string& guess : (*reader)->guesses()) std::fprintf(stderr, "rlar: guessed %s (--map changes it)\n", guess.c_str());
  if (rows.empty()) return MakeError(ErrorCode::kInvalidArgument, "'" + input.path + "' holds no row");
  RLAR_TRY(CheckTiesPairs(rows));
  return rows;
}

Result<std::vector<RowScores>> ReadScores(const std::string& path, const std::vector<EvalRow>& rows) {
  auto text = ReadFile(path);
  if (!text) return text.error();
  const auto in_file = [&](Error error) { return MakeError(ErrorCode::kInvalidArgument, "'" + path + "'", std::move(error)); };
  ScoreFile file(rows);
  long number = 0;
  for (const std::string_view line : Split(*text, '\n')) {
    ++number;
    if (line.empty()) continue;
    auto json = ParseJson(line);
    if (!json) return in_file(MakeError(ErrorCode::kInvalidArgument, "line " + std::to_string(number) + " is not JSON", json.error()));
    if (!json->is_object()) {
      return in_file(MakeError(ErrorCode::kInvalidArgument, "line " + std::to_string(number) + " is not a JSON object"));
    }
    if (auto added = file.Add(*json, number); !added) return in_file(added.error());
  }
  auto scores = file.Finish();
  if (!scores) return in_file(scores.error());
  return scores;
}

}  // namespace rlar::cli
