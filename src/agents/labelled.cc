#include "agents/labelled.h"

#include <filesystem>

namespace rlar {
namespace {

Error Wrong(long line, const std::string& what) { return MakeError(ErrorCode::kInvalidArgument, "line " + std::to_string(line) + ", field 'labels': " + what); }

// A text, or the content of a conversation's last turn.
std::string LastTurn(const Json& value) {
  if (value.is_string()) return value.string();
  if (!value.is_array() || value.array().empty()) return "";
  const Json* content = value.array().back().Find("content");
  return content != nullptr && content->is_string() ? content->string() : "";
}

}  // namespace

Result<LabelledRow> ReadLabelled(NumberedRow&& numbered) {
  if (const auto* error = std::get_if<RowError>(&numbered.row)) {
    return MakeError(ErrorCode::kInvalidArgument, "line " + std::to_string(numbered.line) + ": " + error->reason);
  }
  Group& group = std::get<Group>(numbered.row);
  LabelledRow row{std::move(group.query), std::move(group.responses), {}};
  const Json* labels = row.query.extra.Find("labels");
  if (labels == nullptr || !labels->is_array()) return Wrong(numbered.line, "must be a list with one label a response");
  if (labels->array().size() != row.responses.size()) {
    return Wrong(numbered.line, "has " + std::to_string(labels->array().size()) + " labels for " + std::to_string(row.responses.size()) + " responses");
  }
  for (const Json& label : labels->array()) {
    if (label.is_null()) {
      row.labels.emplace_back();
    } else if (label.is_bool()) {
      row.labels.emplace_back(label.boolean() ? 1.0 : 0.0);
    } else if (label.is_number() && label.number() >= 0 && label.number() <= 1) {
      row.labels.emplace_back(label.number());
    } else {
      return Wrong(numbered.line, "holds " + label.Dump() + "; a label is true, false, a number from 0 to 1, or null");
    }
  }
  row.query.extra = Json();
  return row;
}

std::optional<LabelledRow> LabelsOf(const Group& group) {
  const Json* chosen = group.query.extra.Find("chosen");
  const Json* rejected = group.query.extra.Find("rejected");
  if (chosen != nullptr && rejected != nullptr) {
    Response better, worse;
    better.text = LastTurn(*chosen);
    worse.text = LastTurn(*rejected);
    if (better.text.empty() || worse.text.empty() || better.text == worse.text) return std::nullopt;
    LabelledRow row{group.query, {std::move(better), std::move(worse)}, {1.0, 0.0}};
    row.query.extra = Json();
    return row;
  }
  if (group.query.extra.Find("labels") == nullptr || group.responses.empty()) return std::nullopt;
  auto row = ReadLabelled({0, 0, group});
  if (!row) return std::nullopt;
  return std::move(*row);
}

Result<std::vector<LabelledRow>> LoadLabelled(const std::string& path, bool may_lack) {
  std::vector<LabelledRow> rows;
  if (may_lack && !std::filesystem::exists(path)) return rows;
  auto reader = OpenRows(path, {});
  if (!reader) return reader.error();
  for (;;) {
    auto next = (*reader)->Next();
    if (!next) return next.error();
    if (!next->has_value()) return rows;
    auto row = ReadLabelled(std::move(**next));
    if (!row) return MakeError(row.error().code, "'" + path + "'", row.error());
    rows.push_back(std::move(*row));
  }
}

std::optional<double> OrderedShare(const std::vector<std::optional<double>>& labels, const std::vector<std::optional<double>>& scores) {
  double ordered = 0, pairs = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    for (std::size_t j = 0; j < scores.size(); ++j) {
      if (!labels[i] || !labels[j] || *labels[i] <= *labels[j]) continue;
      ++pairs;
      if (scores[i] && scores[j]) ordered += *scores[i] > *scores[j] ? 1 : *scores[i] == *scores[j] ? 0.5 : 0;
    }
  }
  if (pairs == 0) return std::nullopt;
  return ordered / pairs;
}

LabelAgreement AgreeWith(const Tool& tool, const Json& params, const LabelledRow& row) {
  LabelAgreement out;
  std::vector<std::optional<double>> values;
  for (const Score& score : tool.Run(row.query, row.responses, params, CallContext{})) values.push_back(score.value());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!row.labels[i]) continue;
    ++out.labelled;
    if (values[i] && (*values[i] >= 0.5) == (*row.labels[i] >= 0.5)) ++out.agreed;
  }
  out.credit = OrderedShare(row.labels, values);
  return out;
}

}  // namespace rlar
