#include "agents/admit/gate.h"

#include <algorithm>
#include <array>

#include "agents/admit/precision.h"
#include "agents/admit/program_trial.h"
#include "agents/admit/statements.h"
#include "base/hash.h"
#include "base/json_at.h"
#include "base/stats.h"
#include "base/text.h"
#include "classify/features.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxFailures = 8;
constexpr double kExactRate = 0.95;                   // natural probes judged right, where answers are exact
constexpr std::string_view kReordered = "reordered";  // a sum or a list of statements with its terms the other way round
constexpr std::string_view kRounded = "rounded";      // the reference with as many digits as the prompt asks for
constexpr std::string_view kEvaluated = "evaluated";  // the value that the prompt gives, in place of the expression that it asks for
constexpr double kBlindRows = 12;                     // rows whose references are swapped to see whether a tool reads the prompt

// Forms that responses take by themselves.
constexpr std::array<std::string_view, 22> kNatural{"bare",
                                                    "sentence",
                                                    "final_answer",
                                                    "answer_tag",
                                                    "bold",
                                                    "boxed",
                                                    "blanks",
                                                    "fenced",
                                                    "hash",
                                                    "after_thinking",
                                                    "rollout",
                                                    "lines_below",
                                                    "tag_lines",
                                                    "option_in_brackets",
                                                    "letter_and_text",
                                                    "other_reference",
                                                    "other_final_answer",
                                                    "altered",
                                                    "rounded",
                                                    "reordered",
                                                    "evaluated",
                                                    "set_as_maths"};
bool IsNatural(const std::string& kind) { return std::find(kNatural.begin(), kNatural.end(), kind) != kNatural.end(); }

std::string Outcome(const Score& score) {
  if (score.value()) return "scored " + Json(*score.value()).Dump();
  return std::string(Name(score.status())) + "(" + std::string(Name(score.error_class())) + "): " + score.reason();
}

std::vector<Score> RunProbes(const Tool& tool, const Json& params, const Query& query, const std::vector<Probe>& probes) {
  std::vector<Response> responses;
  for (const Probe& probe : probes) {
    Response response;
    response.text = probe.response;
    responses.push_back(std::move(response));
  }
  return tool.Run(query, responses, params, CallContext{});
}

double PairValue(double right, double wrong) { return right > wrong ? 1.0 : right == wrong ? 0.5 : 0.0; }

class Tally {
 public:
  // `several`: another row's reference may be right here too, so that accepting it states no fault.
  Tally(Evidence& evidence, bool several) : evidence_(evidence), several_(several) {}

  void AddRow(const Query& query, const std::vector<Probe>& probes, const std::vector<Score>& scores) {
    std::vector<double> right, wrong;
    std::vector<std::pair<double, double>> ladder;
    for (std::size_t i = 0; i < probes.size(); ++i) {
      ++evidence_.probes;
      const bool maybe_right = several_ && probes[i].kind.starts_with("other_");
      if (IsNatural(probes[i].kind) && !maybe_right) CountNatural(probes[i].want, scores[i]);
      if (probes[i].kind == kReordered) reordered_.Add(scores[i]);
      if (probes[i].kind == kRounded) rounded_.Add(scores[i]);
      if (probes[i].kind == kEvaluated) evaluated_.Add(scores[i]);
      if (!scores[i].value()) {
        ++evidence_.unusable;
        Fail(query, probes[i], scores[i]);
        // An unusable answer to a right probe is a refusal of it; to a wrong one it proves nothing in the tool's favour.
        if (probes[i].want == Probe::Want::kAccept) ++evidence_.accept_probes;
        if (probes[i].want == Probe::Want::kRefuse) ++evidence_.refuse_probes;
        continue;
      }
      const double value = *scores[i].value();
      switch (probes[i].want) {
        case Probe::Want::kAccept:
          ++evidence_.accept_probes;
          right.push_back(value);
          if (value >= 0.5) {
            ++evidence_.accepts;
          } else {
            Fail(query, probes[i], scores[i]);
          }
          break;
        case Probe::Want::kRefuse:
          ++evidence_.refuse_probes;
          wrong.push_back(value);
          if (value < 0.5) {
            ++evidence_.refuses;
          } else {
            Fail(query, probes[i], scores[i]);
          }
          break;
        case Probe::Want::kLadder: ladder.emplace_back(probes[i].level, value); break;
      }
    }
    Pairs(right, wrong, ladder);
  }
  // More than half of the answers written the other way round were refused.
  bool ComparesTerms() const { return reordered_.MostRefused(); }
  // More than half of the values that the prompts give were accepted in place of an expression.
  bool TakesTheQuestion() const { return evaluated_.tried > 0 && !evaluated_.MostRefused(); }
  // More than half of the references with the digits that are asked for were refused.
  bool WantsMoreDigits() const { return rounded_.MostRefused(); }

 private:
  void Pairs(const std::vector<double>& right, const std::vector<double>& wrong, const std::vector<std::pair<double, double>>& ladder) {
    for (const double r : right) {
      for (const double w : wrong) {
        evidence_.pairs += PairValue(r, w);
        ++evidence_.pair_count;
      }
    }
    for (const auto& [more, high] : ladder) {
      for (const auto& [less, low] : ladder) {
        if (more <= less) continue;
        evidence_.ladder += PairValue(high, low);
        ++evidence_.ladder_count;
      }
    }
  }
  void CountNatural(Probe::Want want, const Score& score) {
    const double value = score.value().value_or(want == Probe::Want::kAccept ? 0 : 1);  // no number is a fault on either side
    if (want == Probe::Want::kAccept) {
      ++evidence_.natural_accept_probes;
      evidence_.natural_accepts += value >= 0.5;
    } else if (want == Probe::Want::kRefuse) {
      ++evidence_.natural_refuse_probes;
      evidence_.natural_refuses += value < 0.5;
    }
  }
  void Fail(const Query& query, const Probe& probe, const Score& score) {
    const auto same = std::count_if(evidence_.failed.begin(), evidence_.failed.end(), [&](const FailedProbe& failed) { return failed.probe == probe.kind; });
    if (evidence_.failed.size() >= kMaxFailures || same >= 2) return;
    evidence_.failed.push_back(
        {probe.kind, Shorten(query.prompt, 200), Shorten(ReferenceText(query.reference), 120), Shorten(probe.response, 200), Outcome(score)});
  }
  Evidence& evidence_;
  const bool several_;
  struct Count {
    std::size_t tried = 0, refused = 0;
    void Add(const Score& score) {
      ++tried;
      refused += score.value().value_or(0) < 0.5;
    }
    bool MostRefused() const { return 2 * refused > tried; }
  } reordered_, rounded_, evaluated_;
};

bool SameScores(const std::vector<Score>& a, const std::vector<Score>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Score& x, const Score& y) { return x.status() == y.status() && x.value() == y.value(); });
}

Json Rate(double count, double total) {
  const auto [low, high] = WilsonInterval(count, total);
  Json json;
  json.Set("rate", total > 0 ? Json(count / total) : Json());
  json.Set("n", total);
  json.Set("ci", Json(Json::Array{Json(low), Json(high)}));
  return json;
}

}  // namespace

double Evidence::quality() const {
  constexpr double kEnoughLabels = 5;
  const double balanced = (accept_rate() + refuse_rate()) / 2;
  const double probe_quality = declared ? refuse_rate() : (balanced + pair_rate()) / 2;
  const double shown = !declared && ladder_count > 0 ? (probe_quality + ladder_rate()) / 2 : probe_quality;
  // Order before agreement: a tool that refuses everything agrees with most labels where most responses are wrong.
  if (order_rows >= kEnoughLabels) return (shown + ordered / order_rows) / 2;
  return labelled >= kEnoughLabels ? (shown + agreed / labelled) / 2 : shown;
}

Json Evidence::ToJson() const {
  Json json;
  json.Set("rows", static_cast<std::int64_t>(rows));
  json.Set("probes", static_cast<std::int64_t>(probes));
  json.Set("accept", Rate(accepts, accept_probes));
  json.Set("refuse", Rate(refuses, refuse_probes));
  json.Set("natural_accept", Rate(natural_accepts, natural_accept_probes));
  json.Set("natural_refuse", Rate(natural_refuses, natural_refuse_probes));
  json.Set("pairs", Rate(pairs, pair_count));
  if (ladder_count > 0) json.Set("ladder", Rate(ladder, ladder_count));
  if (labelled > 0) json.Set("labels", Rate(agreed, labelled));
  if (order_rows > 0) json.Set("label_order", Rate(ordered, order_rows));
  if (longer_rows > 0) json.Set("longer", Rate(longer, longer_rows));
  json.Set("unusable", static_cast<std::int64_t>(unusable));
  json.Set("declared", declared);
  json.Set("repeatable", repeatable);
  if (!objections.empty()) {
    Json said = Json::Array{};
    for (const std::string& objection : objections) said.Push(objection);
    json.Set("objections", std::move(said));
  }
  json.Set("quality", quality());
  if (!measured.is_null()) json.Set("measured", measured);
  if (!live.is_null()) json.Set("live", live);
  Json list = Json::Array{};
  for (const FailedProbe& probe : failed) {
    Json item;
    item.Set("probe", probe.probe);
    item.Set("prompt", probe.prompt);
    item.Set("reference", probe.reference);
    item.Set("response", probe.response);
    item.Set("outcome", probe.outcome);
    list.Push(std::move(item));
  }
  json.Set("failed_probes", std::move(list));
  return json;
}

Json Evidence::Faults() const {
  Json faults = Json::Array{};
  const auto add = [&](const char* kind, double count, double total) {
    if (count <= kStatedFault * total) return;
    const auto [low, high] = WilsonInterval(count, total);
    Json fault;
    fault.Set("kind", kind);
    fault.Set("rate", count / total);
    fault.Set("ci", Json(Json::Array{Json(low), Json(high)}));
    faults.Push(std::move(fault));
  };
  if (pair_count > 0 && accept_probes == 0 && !declared) {
    const auto [low, high] = WilsonInterval(pair_count - pairs, pair_count);
    Json fault;
    fault.Set("kind", "wrong_order");
    fault.Set("rate", 1 - pair_rate());
    fault.Set("ci", Json(Json::Array{Json(low), Json(high)}));
    faults.Push(std::move(fault));
  }
  if (declared) {
    // Nothing here shows that right responses are accepted: the rows say what to check, not what a right answer looks like.
    Json fault;
    fault.Set("kind", "acceptance_unproven");
    fault.Set("rate", Json());
    fault.Set("ci", Json(Json::Array{Json(0), Json(1)}));
    faults.Push(std::move(fault));
  }
  if (longer_rows > 0) {
    const auto [low, high] = WilsonInterval(longer, longer_rows);
    Json fault;
    fault.Set("kind", "no_better_than_length");
    fault.Set("rate", longer / longer_rows);
    fault.Set("ci", Json(Json::Array{Json(low), Json(high)}));
    faults.Push(std::move(fault));
  }
  if (measured.is_object()) add("follows_style", NumberAt(measured, "style_turned"), NumberAt(measured, "style_rows"));
  const GateSettings usual;
  if (accept_probes - accepts > (1 - usual.min_accept) * accept_probes) add("right_probes_refused", accept_probes - accepts, accept_probes);
  if (refuse_probes - refuses > (1 - usual.min_refuse) * refuse_probes) add("wrong_probes_accepted", refuse_probes - refuses, refuse_probes);
  add("false_refuse", natural_accept_probes - natural_accepts, natural_accept_probes);
  add("false_accept", natural_refuse_probes - natural_refuses, natural_refuse_probes);
  return faults;
}

void Evidence::Pool(const Evidence& other) {
  accepts += other.accepts;
  accept_probes += other.accept_probes;
  refuses += other.refuses;
  refuse_probes += other.refuse_probes;
  natural_accepts += other.natural_accepts;
  natural_accept_probes += other.natural_accept_probes;
  natural_refuses += other.natural_refuses;
  natural_refuse_probes += other.natural_refuse_probes;
  pairs += other.pairs;
  pair_count += other.pair_count;
  longer += other.longer;
  longer_rows += other.longer_rows;
  declared = declared || other.declared;
}

namespace {

// Probes for a task whose responses give the reference itself: the rollouts that do, more forms, and small alterations.
void AddExactProbes(const Query& query, const std::string& shape, const TaskNature& nature, std::vector<Probe>& probes) {
  using Want = Probe::Want;
  const std::string text = ReferenceText(query.reference);
  for (const std::string& response : RightRollouts(query, nature.rollouts)) probes.push_back({Want::kAccept, "rollout", response, 0});
  probes.push_back({Want::kAccept, "fenced", "The result:\n```\n" + text + "\n```", 0});
  if (text.find_first_of("$\n") == text.npos) probes.push_back({Want::kAccept, "set_as_maths", "The answer is $" + text + "$.", 0});
  probes.push_back({Want::kAccept, "tag_lines", "It follows that\n<answer>\n" + text + "\n</answer>", 0});
  if (text.find('\n') != text.npos) {
    probes.push_back({Want::kAccept, "lines_below", "I went through it line by line.\n\nFinal answer:\n" + text, 0});
    probes.push_back({Want::kAccept, "bare", text, 0});
  }
  if (nature.several) return;  // an alteration may be another right answer
  const bool terms = shape.ends_with("math") || shape.ends_with("expression") || shape.ends_with("sequence");
  for (const std::string& altered : AlteredTexts(text, query.prompt)) {
    if (terms && altered.size() != text.size()) continue;
    const bool same_items = [&] {
      std::string a = altered, b = text;
      std::sort(a.begin(), a.end());
      std::sort(b.begin(), b.end());
      return a == b;
    }();
    if (terms && same_items) continue;  // 1 + 2 is 2 + 1
    probes.push_back({Want::kRefuse, "altered", altered, 0});
  }
}

// What says the same as the reference in another way, and what the question gives in its place.
void AddEquivalents(const Query& query, std::vector<Probe>& probes) {
  using Want = Probe::Want;
  const std::string reference = ReferenceText(query.reference);
  const auto add = [&](Want want, std::string_view kind, std::string text) {
    if (!text.empty()) probes.push_back({want, std::string(kind), std::move(text), 0});
  };
  add(Want::kAccept, kReordered, Reordered(reference));
  add(Want::kAccept, kReordered, StatementsReordered(reference));
  add(Want::kAccept, kReordered, SolutionsReordered(reference, query.prompt));
  add(Want::kRefuse, kEvaluated, ValueInPrompt(reference, query.prompt));
  if (const auto precision = PrecisionAsked(query.prompt)) add(Want::kAccept, kRounded, RoundedTo(reference, *precision));
}

void Object(const Tally& tally, Evidence& evidence) {
  auto& objections = evidence.objections;
  if (tally.ComparesTerms()) {
    objections.push_back("it refuses the right answer where its terms or statements stand in another order: it compares texts, not what they say");
  }
  if (tally.TakesTheQuestion()) objections.push_back("it accepts the value that the prompt itself gives in place of the expression that it asks for");
  if (tally.WantsMoreDigits()) objections.push_back("the prompts say how many digits they ask for, and it refuses the reference rounded so");
}

}  // namespace

bool ReadsNoPrompt(const Tool& tool, const Json& params, const std::vector<const Query*>& rows) {
  double tried = 0, accepted = 0;
  for (std::size_t i = 0; i + 1 < rows.size() && tried < kBlindRows; ++i) {
    Query swapped = *rows[i];
    swapped.reference = rows[i + 1]->reference;
    const std::string text = ReferenceText(swapped.reference);
    if (text == ReferenceText(rows[i]->reference)) continue;
    ++tried;
    accepted += RunProbes(tool, params, swapped, {{Probe::Want::kAccept, "bare", text, 0}})[0].value().value_or(0) >= 0.5;
  }
  return tried > 0 && accepted > 0.8 * tried;
}

Evidence TryTool(const Tool& tool, const Json& params, const std::vector<const Query*>& rows, const std::string& shape, const TaskNature& nature,
                 const std::set<std::string>& without) {
  Evidence evidence;
  evidence.exact = nature.exact;
  evidence.rows = rows.size();
  evidence.binary = tool.card().binary;
  const auto& needs = tool.card().needs;
  const bool by_params = std::any_of(needs.begin(), needs.end(), [](const std::string& need) { return need.starts_with("params."); });
  evidence.declared = shape == "none" && by_params;
  const bool example = shape != "none" && by_params && std::find(needs.begin(), needs.end(), "reference") == needs.end();
  // Without a reference, and without parameters that say what to check, there is nothing to make probes from.
  if (shape == "none" && !evidence.declared) return evidence;
  const bool program = tool.card().kind == ToolKind::kSynthesized;
  if (program && !InspectSource(tool, without, evidence)) return evidence;
  Tally tally(evidence, nature.several);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string row_shape = shape == "mixed" ? ReferenceShape(rows[i]->reference) : shape;
    auto probes = evidence.declared ? MakeBlankProbes(*rows[i])
                  : example         ? MakeExampleProbes(*rows[i], HasTests(*rows[i]), OtherReferences(rows, i))
                                    : MakeProbes(*rows[i], row_shape, OtherReferences(rows, i));
    const bool answers = !evidence.declared && !example;  // the reference is the answer, which a response states
    if (answers) AddEquivalents(*rows[i], probes);
    if (nature.exact && answers) AddExactProbes(*rows[i], row_shape, nature, probes);
    std::erase_if(probes, [&](const Probe& probe) { return without.contains(probe.kind); });
    const auto scores = RunProbes(tool, params, *rows[i], probes);
    tally.AddRow(*rows[i], probes, scores);
    // A tool that hangs or crashes on row after row is known well enough.
    if (i >= (program ? 0 : 2) && 2 * evidence.unusable > evidence.probes) return evidence;
    if (i == 0) evidence.repeatable = SameScores(scores, RunProbes(tool, params, *rows[i], probes));
  }
  Object(tally, evidence);
  if (nature.several && !nature.conditions && !evidence.declared && !example && ReadsNoPrompt(tool, params, rows)) {
    evidence.objections.push_back("several answers can be right here, and it compares with the one known answer whatever the prompt says");
  }
  if (program) ObjectToProgram(tool, params, rows, shape, nature.several, without, evidence);
  return evidence;
}

namespace {

bool LabelsVouch(const Evidence& evidence) {
  return evidence.order_rows >= kEnoughLabelledRows && WilsonInterval(evidence.ordered, evidence.order_rows).first > kMinOrder;
}

// Said of a tool that labels admit and probes alone would not.
std::string Vouched(const Evidence& evidence, const GateSettings& settings) {
  const bool passes =
      evidence.pair_rate() >= settings.min_pairs && evidence.accept_rate() >= settings.min_accept && evidence.refuse_rate() >= settings.min_refuse;
  return passes ? ""
                : ", below the bar, but it orders " + Percent(evidence.ordered / evidence.order_rows) + " of labelled pairs (" +
                      std::to_string(static_cast<int>(evidence.order_rows)) + " rows)";
}

}  // namespace

Verdict Judge(const Evidence& evidence, const GateSettings& settings) {
  const auto refuse = [&](const std::string& what) {
    std::string why = what;
    if (!evidence.failed.empty()) {
      const FailedProbe& first = evidence.failed.front();
      why += "; e.g. probe '" + first.probe + "': the response \"" + Shorten(first.response, 60) + "\" " + first.outcome;
    }
    return Verdict{false, why};
  };
  if (evidence.rows < settings.min_rows) {
    return Verdict{false, "only " + std::to_string(evidence.rows) + " rows to prove it on"};
  }
  if (!evidence.objections.empty()) return Verdict{false, evidence.objections.front()};
  if (evidence.probes == 0) return Verdict{false, "the rows hold no reference to prove it with"};
  if (!evidence.repeatable) return refuse("it scores the same response differently the second time");
  const double unusable = static_cast<double>(evidence.unusable) / static_cast<double>(std::max<std::size_t>(1, evidence.probes));
  if (unusable > 0.05) return refuse(Percent(unusable) + " of its scores were no numbers");
  if (evidence.labelled > 0 && WilsonInterval(evidence.agreed, evidence.labelled).second < settings.min_accept) {
    return refuse("it agrees with only " + std::to_string(static_cast<int>(evidence.agreed)) + " of " + std::to_string(static_cast<int>(evidence.labelled)) +
                  " labelled responses");
  }
  if (evidence.order_rows > 0 && WilsonInterval(evidence.ordered, evidence.order_rows).second < kMinOrder) {
    return refuse("it orders only " + Percent(evidence.ordered / evidence.order_rows) + " of labelled pairs");
  }
  if (evidence.declared) {
    return {true, "the rows' own parameters say what to check, and it reads them on all " + std::to_string(evidence.rows) +
                      " rows tried; blank responses refused: " + Percent(evidence.refuse_rate())};
  }
  const double slack = LabelsVouch(evidence) ? kLabelSlack : 0;
  if (evidence.pair_rate() < settings.min_pairs - slack) {
    return refuse("it orders only " + Percent(evidence.pair_rate()) + " of right and wrong probes");
  }
  if (evidence.accept_rate() < settings.min_accept - slack) return refuse("it accepts only " + Percent(evidence.accept_rate()) + " of right probes");
  if (evidence.refuse_rate() < settings.min_refuse - slack) return refuse("it refuses only " + Percent(evidence.refuse_rate()) + " of wrong probes");
  if (evidence.exact) {
    // Rows' responses show that answers are exact: there a tool that errs now and then starves or spoils training.
    const auto rate = [](double count, double total) { return total > 0 ? count / total : 1.0; };
    const double accept = rate(evidence.natural_accepts, evidence.natural_accept_probes);
    const double refused = rate(evidence.natural_refuses, evidence.natural_refuse_probes);
    if (accept < kExactRate) return refuse("it accepts only " + Percent(accept) + " of right answers in the forms that responses take");
    if (refused < kExactRate) return refuse("it refuses only " + Percent(refused) + " of slightly altered answers");
  }
  return {true, "accepts " + Percent(evidence.accept_rate()) + " of " + std::to_string(static_cast<int>(evidence.accept_probes)) +
                    " right probes and refuses " + Percent(evidence.refuse_rate()) + " of " + std::to_string(static_cast<int>(evidence.refuse_probes)) +
                    " wrong ones" + Vouched(evidence, settings)};
}

}  // namespace rlar
