// Several tools of one task weighed together: which, and how much each, by the order that labels give to responses.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "agents/labelled.h"
#include "reward/calibrate.h"

namespace rlar {

// [row][response], of one tool.
using RowValues = std::vector<std::vector<double>>;

// The scale of a tool's values on a task (reward/calibrate.h); null where there are too few, or verdicts only.
std::shared_ptr<const Calibration> FitScale(const RowValues& values);

struct Weighed {
  std::vector<std::pair<std::size_t, double>> weights;  // (tool, whole weight), the heaviest first; two tools at least
  // Shares of pairs in order, one a row, each measured with the row left out of the choosing: of the tools together,
  // and of the single tool that is best without that row.
  std::vector<double> together, alone;
};

// Starts from the best single tool and adds, up to four times, the one that brings the mean share of pairs in order up
// most, by 0.005 at least (Caruana et al., "Ensemble selection from libraries of models", 2004). None where nothing
// brings it up on all rows. `tools[t][r]` has one value for each response of `rows[r]`, all tools on like scales.
// Preconditions: a tool, 20 rows, each row with a better and a worse labelled response. Deterministic.
std::optional<Weighed> WeighTools(const std::vector<RowValues>& tools, const std::vector<LabelledRow>& rows);

}  // namespace rlar
