#include "agents/admit/program_trial.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>

#include "agents/admit/program_probes.h"
#include "base/text.h"
#include "classify/features.h"
#include "tools/synthesized/synthesized_tool.h"

namespace rlar {
namespace {

using Want = Probe::Want;

constexpr std::size_t kMostObjections = 6, kInvarianceRows = 4, kForeignRows = 2;
constexpr double kMostMsPerCall = 100;
constexpr double kBlind = 0.2;  // share of other rows' prompts under which one that ReadsNoPrompt may refuse its reference
// Kinds that show another way of writing the same answer: one of them at least must be accepted.
const std::set<std::string> kVariants{"decimal_zero", "thousands", "latex_fraction", "upper_case", "lower_case", "tight_list"};
// Kinds that no verifier may let through more than now and then.
const std::set<std::string> kNever{"empty",
                                   "garbage",
                                   "claims_success",
                                   "instructs_grader",
                                   "negation",
                                   "hedge",
                                   "all_listed",
                                   "near_number",
                                   "inside",
                                   "continued",
                                   "code",
                                   "nothing_said",
                                   "repeated",
                                   "unicode_noise",
                                   "other_reference",
                                   "other_final_answer",
                                   "item_missing",
                                   "item_added",
                                   "right_then_wrong",
                                   "very_long",
                                   "reasoning_only",
                                   "word_alone",
                                   "word_before",
                                   "word_behind",
                                   "any_text",
                                   "prose",
                                   "joined"};

std::vector<Score> RunResponses(const Tool& tool, const Json& params, const Query& query, const std::vector<Probe>& probes, std::uint64_t seed) {
  std::vector<Response> responses(probes.size());
  for (std::size_t i = 0; i < probes.size(); ++i) responses[i].text = probes[i].response;
  return tool.Run(query, responses, params, CallContext{Deadline::Never(), seed});
}

bool Same(const Score& a, const Score& b) { return a.status() == b.status() && a.value() == b.value(); }

// Which kind of rule a finding of InspectProgram is of.
std::string SourceKind(const std::string& finding) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kKinds{
      {{"imports ", "source.imports"}, {"keeps state", "source.state"}, {"reads the clock", "source.clock"}, {"uses ", "source.names"}}};
  for (const auto& [words, kind] : kKinds) {
    if (finding.find(words) != finding.npos) return std::string(kind);
  }
  return "source.form";
}

struct KindCount {
  double tried = 0, failed = 0;
  FailedProbe first;
  std::map<std::string, std::pair<double, double>> forms;  // Probe::form → tried, failed
  // A kind may be refused as a whole while one of its forms opens the check on most rows: a constant that a policy would find.
  std::string Opened() const {
    for (const auto& [form, count] : forms) {
      if (count.first >= 2 && 2 * count.second > count.first) return form;
    }
    return "";
  }
};

std::string Said(const Score& score) {
  return score.value() ? "scored " + Json(*score.value()).Dump() : std::string(Name(score.status())) + ": " + score.reason();
}

class Trial {
 public:
  Trial(const Tool& tool, const Json& params, const std::vector<const Query*>& rows, const std::string& shape, bool several,
        const std::set<std::string>& without, Evidence& evidence)
      : tool_(tool), params_(params), rows_(rows), shape_(shape), several_(several), without_(without), evidence_(evidence) {}

  void Go() {
    if (Asks("watched") && !Watch()) return;
    for (std::size_t i = 0; i < rows_.size(); ++i) TryRow(i);
    JudgeKinds();
    if (!evidence_.objections.empty()) return;  // it is refused: what follows costs most of the trial
    compares_ = ReadsNoPrompt(tool_, params_, rows_);
    for (std::size_t i = 0; i < std::min(kInvarianceRows, rows_.size()); ++i) TryInvariance(i);
    if (calls_ > 0 && spent_ms_ / calls_ > kMostMsPerCall && Asks("slow")) {
      Object("it takes " + std::to_string(static_cast<int>(spent_ms_ / calls_)) + " ms a call");
    }
  }

 private:
  void Object(std::string what) {
    if (evidence_.objections.size() < kMostObjections) evidence_.objections.push_back(std::move(what));
  }
  void Object(std::string what, const FailedProbe& probe) {
    evidence_.failed.insert(evidence_.failed.begin(), probe);
    Object(what + "; e.g. \"" + Shorten(probe.response, 60) + "\" for the reference \"" + Shorten(probe.reference, 40) + "\" " + probe.outcome);
  }

  bool Asks(const std::string& kind) const { return !without_.contains(kind); }

  // What it does while it runs, on a few right and wrong answers; false where it does what it may not.
  bool Watch() {
    constexpr std::size_t kRows = 2, kProbes = 16;
    for (std::size_t row = 0; row < std::min(kRows, rows_.size()); ++row) {
      const auto probes = ProbesOf(row);
      std::vector<Response> responses;
      for (std::size_t i = 0; i < probes.size(); i += 1 + probes.size() / kProbes) responses.emplace_back().text = probes[i].response;
      const auto seen = WatchTool(tool_, *rows_[row], responses, params_);
      if (!seen) Object("it cannot be watched while it runs: " + seen.error().ToString());
      if (!seen) return false;
      for (const std::string& what : *seen) Object("while it runs it " + what, {"watched", "", "", what, "is refused"});
      if (!seen->empty()) return false;
    }
    return true;
  }

  std::vector<Probe> ProbesOf(std::size_t row) const {
    const std::string shape = shape_ == "mixed" ? ReferenceShape(rows_[row]->reference) : shape_;
    const auto others = OtherReferences(rows_, row);
    auto probes = MakeProbes(*rows_[row], shape, others);
    for (Probe& probe : MakeProgramProbes(*rows_[row], shape, others)) probes.push_back(std::move(probe));
    std::erase_if(probes, [&](const Probe& probe) { return !Asks(probe.kind); });
    return probes;
  }

  void TryRow(std::size_t row) {
    const auto probes = ProbesOf(row);
    const auto start = std::chrono::steady_clock::now();
    // Each row with another seed, so that what is drawn is not the same for all of them.
    const auto scores = RunResponses(tool_, params_, *rows_[row], probes, row);
    spent_ms_ += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    calls_ += static_cast<double>(probes.size());
    for (std::size_t i = 0; i < probes.size(); ++i) Count(*rows_[row], probes[i], scores[i]);
  }

  void Count(const Query& query, const Probe& probe, const Score& score) {
    if (probe.want == Want::kLadder) return;
    KindCount& kind = kinds_[{probe.want == Want::kAccept, probe.kind}];
    ++kind.tried;
    auto& form = kind.forms[probe.form];
    form.first += !probe.form.empty();
    const bool fine = score.value() && (*score.value() >= 0.5) == (probe.want == Want::kAccept);
    if (!score.value()) ++crashes_;
    if (fine && score.value()) return;
    const FailedProbe failed{probe.kind, Shorten(query.prompt, 200), Shorten(ReferenceText(query.reference), 120), Shorten(probe.response, 200), Said(score)};
    if (!score.value() && crash_.probe.empty()) crash_ = failed;
    form.second += !probe.form.empty();
    if (kind.failed++ == 0) kind.first = failed;
  }

  void JudgeKinds() {
    if (crashes_ > 0 && Asks("no_verdict")) Object("it gave no verdict " + std::to_string(static_cast<int>(crashes_)) + " times", crash_);
    double variants = 0, accepted = 0;
    const FailedProbe* example = nullptr;
    for (const auto& [key, kind] : kinds_) {
      const double failed = kind.failed / kind.tried;
      if (key.first && kVariants.contains(key.second)) {
        ++variants;
        accepted += failed <= 0.5;
        if (kind.failed > 0) example = &kind.first;
      } else if (key.first && failed > 0.5) {
        Object("it refuses right answers of the kind '" + key.second + "'", kind.first);
      } else if (!key.first && kNever.contains(key.second) && failed > (several_ && key.second.starts_with("other_") ? 0.5 : 0.1)) {
        Object("it accepts wrong answers of the kind '" + key.second + "'", kind.first);
      } else if (const std::string form = key.first ? "" : kind.Opened(); !form.empty()) {
        Object("it accepts wrong answers of the kind '" + key.second + "' (" + form + ") on most rows", kind.first);
      }
    }
    if (accepted == 0 && Asks("surface")) TrySurface();
    if (variants > 0 && accepted == 0 && example != nullptr && Asks("variants")) Object("it accepts nothing but the reference's own bytes", *example);
  }

  // The answer, or the row's reference, in other bytes that say the same: one such change at least must leave the verdict, or a variant be accepted.
  void TrySurface() {
    std::size_t tried = 0;
    FailedProbe example;
    for (std::size_t i = 0; i < std::min(kInvarianceRows, rows_.size()); ++i) {
      if (rows_[i]->reference.kind != Reference::Kind::kText) continue;
      for (const auto& [response, reference] : SurfacePairs(ReferenceText(rows_[i]->reference))) {
        Query query = *rows_[i];
        query.reference.texts = {reference};
        const Score score = RunResponses(tool_, params_, query, {{Want::kAccept, "surface", response, 0, ""}}, 0)[0];
        if (score.value().value_or(0) >= 0.5) return;
        if (tried++ == 0) example = {"surface", Shorten(query.prompt, 200), reference, response, Said(score)};
      }
    }
    if (tried > 0) Object("no way of writing the answer or the reference but its own bytes is accepted", example);
  }

  // Another order, smaller batches, another seed, a harmless sentence behind the prompt: the verdicts must not move.
  void TryInvariance(std::size_t row) {
    const auto probes = ProbesOf(row);
    const Query& query = *rows_[row];
    const auto scores = RunResponses(tool_, params_, query, probes, 0);
    if (Asks("order")) {
      auto reversed = probes;
      std::reverse(reversed.begin(), reversed.end());
      auto backwards = RunResponses(tool_, params_, query, reversed, 0);
      std::reverse(backwards.begin(), backwards.end());
      Compare(query, probes, scores, backwards, "the order of responses");
    }
    if (Asks("seed")) {
      Compare(query, probes, scores, RunResponses(tool_, params_, query, probes, 20'261'125 + row), "the seed of its random numbers");
    }
    for (const char* harmless : {"\n\nThink it over before you answer.", "\nTake your time", " Be sure!"}) {
      if (!Asks("prompt")) break;
      Query longer = query;
      longer.prompt += harmless;
      Compare(query, probes, scores, RunResponses(tool_, params_, longer, probes, 0), "a harmless sentence behind the prompt");
    }
    if (compares_ && row < kForeignRows && Asks("other_prompt")) TryForeignPrompts(query, probes, scores);
    if (!Asks("beside")) return;
    std::vector<Score> alone;
    const std::size_t few = std::min<std::size_t>(6, probes.size());
    for (std::size_t i = 0; i < few; ++i) alone.push_back(RunResponses(tool_, params_, query, {probes[i]}, 0)[0]);
    Compare(query, {probes.begin(), probes.begin() + static_cast<std::ptrdiff_t>(few)}, scores, alone, "what is scored beside it");
  }

  // Under prompts of nobody's task and of other rows. None makes a wrong answer right, and the reference stays right: under all of them, or, where the
  // draft reads something out of the task's prompts and gives up without it, under none of nobody's.
  void TryForeignPrompts(Query query, const std::vector<Probe>& all, const std::vector<Score>& all_scores) {
    constexpr std::size_t kOwnPrompts = 6;  // of other rows
    std::set<std::string> seen;             // one probe of a kind is enough
    std::vector<Probe> probes;
    std::vector<Score> scores;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (!seen.insert(all[i].kind).second) continue;
      probes.push_back(all[i]);
      scores.push_back(all_scores[i]);
    }
    std::vector<std::string> prompts(ForeignPrompts());
    for (std::size_t i = 0; i < std::min(kOwnPrompts, rows_.size()); ++i) prompts.push_back(rows_[i]->prompt);
    double kept = 0, lost = 0, lost_own = 0;
    FailedProbe example;
    for (std::size_t p = 0; p < prompts.size(); ++p) {
      query.prompt = prompts[p];
      const bool foreign = p < ForeignPrompts().size();  // another row's answer may be right under its own prompt
      const auto others = RunResponses(tool_, params_, query, probes, 0);
      for (std::size_t i = 0; i < probes.size(); ++i) {
        const bool before = scores[i].value().value_or(0) >= 0.5, after = others[i].value().value_or(0) >= 0.5;
        const FailedProbe moved{"other_prompt", Shorten(query.prompt, 200), Shorten(ReferenceText(query.reference), 120), Shorten(probes[i].response, 200),
                                Said(scores[i]) + ", then " + Said(others[i])};
        if (!before && foreign && after && scores[i].value()) return ObjectToPrompts(moved);
        if (!before || probes[i].kind != "bare") continue;
        kept += foreign && after;
        lost += foreign && !after;
        lost_own += !foreign && !after;
        if (!after) example = moved;
      }
    }
    const bool by_chance = (lost > 0 && kept > lost) || (lost > 1 && kept > 1);
    if (by_chance || lost_own > kBlind * kOwnPrompts) ObjectToPrompts(example);
  }
  void ObjectToPrompts(const FailedProbe& moved) { Object("it compares with the reference, yet what it accepts depends on the prompt", moved); }

  void Compare(const Query& query, const std::vector<Probe>& probes, const std::vector<Score>& before, const std::vector<Score>& after, const char* what) {
    for (std::size_t i = 0; i < probes.size(); ++i) {
      if (Same(before[i], after[i])) continue;
      evidence_.repeatable = false;
      return Object(std::string("its verdict moves with ") + what,
                    FailedProbe{probes[i].kind, Shorten(query.prompt, 200), Shorten(ReferenceText(query.reference), 120), Shorten(probes[i].response, 200),
                                Said(before[i]) + ", then " + Said(after[i])});
    }
  }

  const Tool& tool_;
  const Json& params_;
  const std::vector<const Query*>& rows_;
  const std::string& shape_;
  const bool several_;
  const std::set<std::string>& without_;
  Evidence& evidence_;
  bool compares_ = false;  // it accepts what the reference says, whatever the prompt is
  std::map<std::pair<bool, std::string>, KindCount> kinds_;
  double crashes_ = 0, spent_ms_ = 0, calls_ = 0;
  FailedProbe crash_;
};

}  // namespace

bool InspectSource(const Tool& tool, const std::set<std::string>& without, Evidence& evidence) {
  const Json* source = tool.card().program.Find("source");
  RLAR_CHECK(source != nullptr && source->is_string());
  auto findings = InspectProgram(source->string());
  if (!findings) evidence.objections.push_back("its source cannot be inspected: " + findings.error().ToString());
  if (findings) std::erase_if(*findings, [&](const std::string& finding) { return without.contains(SourceKind(finding)); });
  for (std::size_t i = 0; findings && i < std::min(kMostObjections, findings->size()); ++i) {
    evidence.failed.push_back({"source", "", "", (*findings)[i], "is refused"});
    evidence.objections.push_back((*findings)[i]);
  }
  return evidence.objections.empty();
}

void ObjectToProgram(const Tool& tool, const Json& params, const std::vector<const Query*>& rows, const std::string& shape, bool several,
                     const std::set<std::string>& without, Evidence& evidence) {
  Trial(tool, params, rows, shape, several, without, evidence).Go();
}

}  // namespace rlar
