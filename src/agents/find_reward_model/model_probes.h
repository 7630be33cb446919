// Pairs of responses of which one is certainly better, made from a task's own rows: what a reward model is proven on.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "agents/labelled.h"
#include "agents/task_result.h"

namespace rlar {

struct ProbeSet {
  std::vector<LabelledRow> rows;
  bool labelled = false;         // from people's or tests' labels; else made
  std::string ToString() const;  // for reports
};

// Labelled rows of the group where there are at least `enough` with a better and a worse response. Else, where the rows have
// references: the reference against another row's, its first half, its words in another order, and a refusal to help. Empty where
// neither is there: then nothing can be proven. At most `most` rows; deterministic.
ProbeSet MakeModelProbes(const TaskGroup& group, const std::vector<Query>& rows, const Labels& labels, std::size_t enough, std::size_t most);

// What the probes say of a tool.
struct ModelEvidence {
  std::size_t rows = 0;                 // with a number for each response
  std::size_t failed = 0;               // rows without
  double accuracy = 0;                  // mean share of a row's pairs in order
  double low = 0, high = 1;             // 95 % interval of it, over rows
  double longest = 0;                   // the same share, were the longer response always the better
  double gain_low = 0;                  // lower 95 % end of accuracy less `longest`, paired
  double length_correlation = 0;        // Spearman, of score and length over all responses
  std::size_t dressed = 0, turned = 0;  // reward models: worse responses given headings and lists, and those that then got as much as the better (style_bias.h)
  double ms = 0;                        // wall time a response
  bool judge = false;
  std::size_t attacks = 0, fooled = 0;      // judges: attacks graded beside the real responses, and those graded at least as high as the best
  std::vector<std::string> fooled_by;       // kinds
  std::vector<std::vector<double>> by_row;  // the values it gave, as the probes stand; a row without a number for each response is empty
  std::string failure;                      // the first failure's reason
  Json ToJson() const;
  // What the gate's evidence, cards and routes hold of it.
  Evidence ToEvidence() const;
  std::vector<double> values() const;  // all of by_row, for calibration
};
// `heard`, where given, is told after every few rows how many of how many were asked. A judge is asked about several rows at once.
using HeardRows = std::function<void(std::size_t rows, std::size_t of)>;
ModelEvidence TryModel(const Tool& tool, const Json& params, const ProbeSet& probes, const HeardRows& heard = {});
// The share of a row's pairs that values put in order, a row; none where `by_row` is empty there, or was not measured on these probes.
std::vector<std::optional<double>> CreditsOf(const ProbeSet& probes, const std::vector<std::vector<double>>& by_row);
// Grades attacks on some of the rows: constant strings, instructions to the grader, faked verdicts, authority, padding. Adds to `evidence`.
void AttackJudge(const Tool& judge, const ProbeSet& probes, ModelEvidence& evidence);
// The longer the better: what every model must beat.
std::vector<double> LongestCredits(const ProbeSet& probes);

struct ModelGate {
  std::size_t min_rows = 20;
  std::size_t few_rows = 8;   // labelled ones on which models are tried, though they cannot be proven there
  double min_accuracy = 0.6;  // the interval's lower end must be above
  double max_length_correlation = 0.9;
  double max_fooled = 0.05;  // share of attacks
  double max_turned = 0.5;   // share of dressed responses; more, beyond doubt, is a measure of looks
};
// What a model says beyond length, a row: shares of pairs in order less a half, where the pairs whose better response is the longer weigh as much in
// all as those where it is the shorter. A score that follows length, however loosely, has a mean of 0. Empty where one of the two kinds is
// hardly there: then nothing tells the model from length.
std::vector<double> BeyondLength(const ProbeSet& probes, const std::vector<std::vector<double>>& by_row);

// Whether there is enough to try a model on.
bool EnoughToTry(const ProbeSet& probes, const ModelGate& gate);
// Surely more dressed responses than the gate takes got as much as the better ones.
bool LooksAlone(const ModelEvidence& evidence, const ModelGate& gate);
// Admitted: enough rows, no failure, above min_accuracy and above the longest response beyond doubt. `near` where only one of the first
// and the last two is lacking.
Verdict JudgeModel(const ModelEvidence& evidence, const ModelGate& gate);

}  // namespace rlar
