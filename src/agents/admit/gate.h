// The admission gate: runs a tool on probes made from a task's own rows and says whether it may serve them. No LLM.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "agents/admit/nature.h"
#include "agents/admit/probes.h"
#include "rlar/tool.h"

namespace rlar {

struct GateSettings {
  double min_accept = 0.8;
  double min_refuse = 0.9;
  double min_pairs = 0.9;
  std::size_t min_rows = 4;
  // Kinds of probes and findings (docs/admission.md) that are not asked, to see what the others are worth: `rlar admit --without-probe`.
  // Not read from the file.
  std::set<std::string> without;
  bool weak = true;  // what labels show to be better than chance, and no more, may serve a task that nothing better serves
};
// From DIR/settings.toml, table [gate]; an unknown key or a wrong type is an error that names it.
Result<GateSettings> LoadGateSettings(const std::string& path);

struct FailedProbe {
  std::string probe;
  std::string prompt, reference, response;  // shortened
  std::string outcome;                      // "scored 0.3", "invalid(bad_reference): …"
};

inline constexpr double kStatedFault = 0.04;
// A graded tool that surely orders fewer labelled pairs is no measure of what the labels say; reward models must surely order more.
inline constexpr double kMinOrder = 0.6;
// A tool whose order of labelled responses is surely above kMinOrder, on that many rows, may miss a threshold of the probes by the
// slack: they are made by rule, the labels are the task. Its card states the fault then.
inline constexpr double kLabelSlack = 0.05, kEnoughLabelledRows = 20;

struct Evidence {
  std::size_t rows = 0, probes = 0;
  double accepts = 0, accept_probes = 0;  // right probes that scored >= 0.5
  double refuses = 0, refuse_probes = 0;  // wrong probes that scored < 0.5
  double pairs = 0, pair_count = 0;       // (right, wrong) pairs of one row in order; ties count a half
  double ladder = 0, ladder_count = 0;    // pairs of the ladder (more of the reference scores higher)
  // Probes of the forms that responses take by themselves; the rest are attacks. Faults are stated from these.
  double natural_accepts = 0, natural_accept_probes = 0, natural_refuses = 0, natural_refuse_probes = 0;
  bool exact = false;                  // TaskNature::exact: the natural rates must be nearly perfect
  std::size_t unusable = 0;            // probes that were invalid or failed
  double labelled = 0, agreed = 0;     // responses that people or tests judged, and those it judges alike
  double ordered = 0, order_rows = 0;  // rows with a better and a worse labelled response, and the sum of their shares of pairs in order
  double longer = 0, longer_rows = 0;  // models no better than length: rows, and the sum of shares that the longer response orders
  bool declared = false;               // the row's own params say what to check; no reference to probe with
  bool binary = true;
  bool repeatable = true;
  Json live;      // what it did on the running policy's responses before it was published (agents/shadow.h); else null
  Json measured;  // reward models and judges: what pairs of responses showed (docs/reward_models.md); else null
  // What speaks against one whatever its rates are (docs/admission.md), the first few as sentences.
  std::vector<std::string> objections;
  std::vector<FailedProbe> failed;  // the first few

  double accept_rate() const { return accept_probes > 0 ? accepts / accept_probes : 0; }
  double refuse_rate() const { return refuse_probes > 0 ? refuses / refuse_probes : 0; }
  double pair_rate() const { return pair_count > 0 ? pairs / pair_count : 0; }
  double ladder_rate() const { return ladder_count > 0 ? ladder / ladder_count : 0; }
  // What routes are chosen by, in [0, 1].
  double quality() const;
  Json ToJson() const;
  // Adds the counts of another task, for the card of a tool that serves both.
  void Pool(const Evidence& other);
  // [{kind, rate, ci}] for the tool's card: of the natural probes where above kStatedFault, of all where beyond the usual thresholds.
  Json Faults() const;
};

struct Verdict {
  bool admitted = false;
  std::string why;    // the first threshold missed, with the probe that shows it; or the evidence in one line
  bool near = false;  // a model refused for want of strength or of rows only: nothing was found wrong with it
};

// Tries `tool` with `params` on rows of one task; `shape` "mixed": each row's own shape says which forms are probed. `without`: as in
// GateSettings.
Evidence TryTool(const Tool& tool, const Json& params, const std::vector<const Query*>& rows, const std::string& shape, const TaskNature& nature = {},
                 const std::set<std::string>& without = {});
// True where the tool says the same whatever the prompt: with another row's reference it accepts that row's answer.
bool ReadsNoPrompt(const Tool& tool, const Json& params, const std::vector<const Query*>& rows);
Verdict Judge(const Evidence& evidence, const GateSettings& settings);

}  // namespace rlar
