// Labelled rows: responses of which people, tests or graders have said how right they are. The best evidence there is.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rlar/tool.h"
#include "rows/reader.h"

namespace rlar {

struct LabelledRow {
  Query query;
  std::vector<Response> responses;
  std::vector<std::optional<double>> labels;  // one a response, in [0, 1]; none: not labelled
};
// Labelled rows by the hash of their prompt.
using Labels = std::multimap<std::uint64_t, LabelledRow>;

// A row's field `labels`: one of true, false, a number in [0, 1] or null for each of its responses. Errors name line and field.
Result<LabelledRow> ReadLabelled(NumberedRow&& numbered);
// The labelled responses that a row of a data set brings along: `labels` beside `responses`, or a preference pair (`chosen` and
// `rejected`, texts or turns); none where it has neither, or where they cannot be read.
std::optional<LabelledRow> LabelsOf(const Group& group);
// A whole file; a missing file is an empty list where `may_lack`.
Result<std::vector<LabelledRow>> LoadLabelled(const std::string& path, bool may_lack = false);

// Share of (better, worse) pairs that the scores put in order, ties a half; a missing number orders nothing. None without pairs.
std::optional<double> OrderedShare(const std::vector<std::optional<double>>& labels, const std::vector<std::optional<double>>& scores);

// How well a tool agrees with labels.
struct LabelAgreement {
  std::size_t labelled = 0, agreed = 0;  // responses; score >= 0.5 against label >= 0.5, no number agrees with nothing
  std::optional<double> credit;          // OrderedShare
};
LabelAgreement AgreeWith(const Tool& tool, const Json& params, const LabelledRow& row);

}  // namespace rlar
