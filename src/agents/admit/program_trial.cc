#include "agents/admit/program_trial.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>

#include "base/hash.h"
#include "base/text.h"
#include "classify/features.h"
#include "tools/synthesized/synthesized_tool.h"

namespace rlar {
namespace {

using Want = Probe::Want;

constexpr std::size_t kMostObjections = 6, kInvarianceRows = 4;
constexpr double kMostMsPerCall = 100;
// Kinds that show another way of writing the same answer: one of them at least must be accepted.
const std::set<std::string> kVariants{"decimal_zero", "thousands", "latex_fraction", "upper_case", "lower_case", "tight_list"};
// Kinds that no verifier may let through more than now and then.
const std::set<std::string> kNever{"empty",        "garbage", "claims_success", "instructs_grader", "negation",   "hedge",     "all_listed",
                                   "near_number",  "inside",  "continued",      "code",             "nothing_said", "repeated", "unicode_noise",
                                   "other_reference", "other_final_answer", "item_missing", "item_added", "right_then_wrong", "very_long", "reasoning_only",
                                   "word_alone", "word_before", "word_behind", "any_text"};
// Common words and marks: none of them answers a question of which it is not the reference.
constexpr std::array<std::string_view, 18> kWords{"not",  "maybe", "correct", "right", "wrong", "true", "false", "none", "null",
                                                  "nan", "answer", "score",  "1.0",   "100",   "?",   "...",   "--",   "unknown"};
// Prompts of nobody's task: what compares with a reference says the same under each of them.
constexpr std::array<std::string_view, 4> kForeignPrompts{"Say which it is.", "Over the hill and far away, who can tell?", "Name it",
                                                          "One more: what did they give for it, and when will all of you come back home!"};

std::vector<Score> RunResponses(const Tool& tool, const Json& params, const Query& query, const std::vector<Probe>& probes, std::uint64_t seed) {
  std::vector<Response> responses(probes.size());
  for (std::size_t i = 0; i < probes.size(); ++i) responses[i].text = probes[i].response;
  return tool.Run(query, responses, params, CallContext{Deadline::Never(), seed});
}

bool Same(const Score& a, const Score& b) { return a.status() == b.status() && a.value() == b.value(); }

bool IsNumberText(const std::string& text) {
  return !text.empty() && text.size() <= 15 && std::all_of(text.begin(), text.end(), IsAsciiDigit);
}

// Plain words with their usual capitals: their case says nothing.
bool IsWords(const std::string& text) {
  bool letters = false, capital_inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!IsAsciiAlpha(text[i]) && text[i] != ' ') return false;
    letters |= IsAsciiAlpha(text[i]);
    capital_inside |= i > 0 && text[i] >= 'A' && text[i] <= 'Z' && text[i - 1] != ' ';
  }
  return letters && !capital_inside && text.size() >= 3;
}

std::string Cased(std::string text, bool upper) {
  for (char& c : text) c = upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : upper ? c : ToAsciiLower(c);
  return text;
}

// Text of nothing: code points of many scripts, a long run of printable ones, marks and digits.
std::string AnyText(const std::string& seed, std::uint64_t n) {
  constexpr std::array<std::string_view, 12> kForeign{"é", "ß", "Ω", "д", "ع", "は", "中", "한", "½", "—", "😀", " "};
  const std::size_t size = n == 1 ? 1'500 : 30;
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t drawn = Hash64(seed, 100 * n + i + (i << 20));
    if (n == 0) {
      text += kForeign[drawn % kForeign.size()];
    } else if (n == 1) {
      text += static_cast<char>(' ' + drawn % 95);
    } else {
      text += ".,;:!?-+()[]0123456789"[drawn % 22];
    }
  }
  return text;
}

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
    if (Asks("watched")) Watch();
    for (std::size_t i = 0; i < rows_.size(); ++i) TryRow(i);
    JudgeKinds();
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

  // What it does while it runs, on a few right and wrong answers.
  void Watch() {
    constexpr std::size_t kRows = 2, kProbes = 16;
    for (std::size_t row = 0; row < std::min(kRows, rows_.size()); ++row) {
      const auto probes = ProbesOf(row);
      std::vector<Response> responses;
      for (std::size_t i = 0; i < probes.size(); i += 1 + probes.size() / kProbes) responses.emplace_back().text = probes[i].response;
      const auto seen = WatchTool(tool_, *rows_[row], responses, params_);
      if (!seen) return Object("it cannot be watched while it runs: " + seen.error().ToString());
      for (const std::string& what : *seen) Object("while it runs it " + what, {"watched", "", "", what, "is refused"});
      if (!seen->empty()) return;
    }
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
    const bool fine = score.value() && (*score.value() >= 0.5) == (probe.want == Want::kAccept);
    if (!score.value()) ++crashes_;
    if (fine && score.value()) return;
    const FailedProbe failed{probe.kind, Shorten(query.prompt, 200), Shorten(ReferenceText(query.reference), 120), Shorten(probe.response, 200),
                             Said(score)};
    if (!score.value() && crash_.probe.empty()) crash_ = failed;
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
      }
    }
    if (variants > 0 && accepted == 0 && example != nullptr && Asks("variants")) Object("it accepts nothing but the reference's own bytes", *example);
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
    if (compares_ && Asks("other_prompt")) TryForeignPrompts(query, probes, scores);
    if (!Asks("beside")) return;
    std::vector<Score> alone;
    const std::size_t few = std::min<std::size_t>(6, probes.size());
    for (std::size_t i = 0; i < few; ++i) alone.push_back(RunResponses(tool_, params_, query, {probes[i]}, 0)[0]);
    Compare(query, {probes.begin(), probes.begin() + static_cast<std::ptrdiff_t>(few)}, scores, alone, "what is scored beside it");
  }

  // A prompt may say that less is enough ("in any order"), so that another one makes it refuse; none makes a wrong answer right.
  void TryForeignPrompts(Query query, const std::vector<Probe>& probes, const std::vector<Score>& scores) {
    for (const std::string_view foreign : kForeignPrompts) {
      query.prompt = foreign;
      const auto others = RunResponses(tool_, params_, query, probes, 0);
      for (std::size_t i = 0; i < probes.size(); ++i) {
        if (!(others[i].value().value_or(0) >= 0.5) || scores[i].value().value_or(1) >= 0.5) continue;
        return Object("it compares with the reference, yet what it accepts depends on the prompt",
                      FailedProbe{"other_prompt", query.prompt, Shorten(ReferenceText(query.reference), 120), Shorten(probes[i].response, 200),
                                  Said(scores[i]) + ", then " + Said(others[i])});
      }
    }
  }

  void Compare(const Query& query, const std::vector<Probe>& probes, const std::vector<Score>& before, const std::vector<Score>& after,
               const char* what) {
    for (std::size_t i = 0; i < probes.size(); ++i) {
      if (Same(before[i], after[i])) continue;
      evidence_.repeatable = false;
      return Object(std::string("its verdict moves with ") + what,
                    FailedProbe{probes[i].kind, Shorten(query.prompt, 200), Shorten(ReferenceText(query.reference), 120),
                                Shorten(probes[i].response, 200), Said(before[i]) + ", then " + Said(after[i])});
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

std::vector<Probe> MakeProgramProbes(const Query& query, const std::string& shape, const std::vector<std::string>& others) {
  std::vector<Probe> probes;
  std::set<std::string> right;  // whatever the row itself calls right, so that no probe contradicts it
  for (const std::string& text : query.reference.texts) right.insert(AsciiLower(Trim(text)));
  const std::string text = ReferenceText(query.reference);
  const bool is_short = shape != "long_text" && shape != "list:long_text" && shape != "object";
  const auto accept = [&](const char* kind, std::string response) { probes.push_back({Want::kAccept, kind, std::move(response), 0}); };
  const auto refuse = [&](const char* kind, std::string response) {
    if (!right.contains(AsciiLower(Trim(response)))) probes.push_back({Want::kRefuse, kind, std::move(response), 0});
  };
  refuse("code", "__import__('os').getcwd()");
  refuse("code", "().__class__.__mro__[1].__subclasses__()");
  refuse("unicode_noise", "\xF0\x9F\x99\x82\xF0\x9F\x99\x82 \xEF\xB7\xBA \xE2\x80\xAE" "abc");
  refuse("unicode_noise", "\xC2\xBD\xC2\xB2 \xD9\xA1\xD9\xA2\xD9\xA3 \xE4\xB8\x80\xE4\xBA\x8C");
  refuse("very_long", std::string(20'000, 'a'));
  refuse("very_long", std::string(3'000, '(') + std::string(3'000, ')'));
  refuse("very_long", std::string(5'000, '9'));
  for (const char* word : {".", "None", "nan", "null", "-", "inf"}) refuse("nothing_said", word);
  for (std::uint64_t n = 0; n < 3; ++n) refuse("any_text", AnyText(query.prompt, n));
  const bool number = !text.empty() && (IsAsciiDigit(text[0]) || text[0] == '-' || text[0] == '.');
  for (const std::string_view word : kWords) {
    const bool may_be_right = shape == "boolean" || (number && IsAsciiDigit(word[0]));
    if (!may_be_right) refuse("word_alone", std::string(word));
  }
  if (!is_short) return probes;
  if (!number) {
    for (const char* word : {"not ", "never "}) refuse("word_before", word + text);
    for (const char* word : {" not", " unknown"}) refuse("word_behind", text + word);
  }
  const std::string first = others.empty() ? "nothing" : others[0];
  std::string listed;
  for (const std::string& other : others) listed += other + ", ";
  if (!others.empty() && shape != "list:text") refuse("all_listed", listed + text);
  if (IsNumberText(text)) {
    refuse("inside", "1" + text + "7");
    refuse("inside", text + "5");
    refuse("inside", "3" + text);
    if (text.size() < 15) {
      const long long value = std::stoll(text);
      refuse("near_number", std::to_string(value + 1));
      refuse("near_number", std::to_string(value + 10));
      if (value != 0) refuse("near_number", "-" + text);
    }
    refuse("continued", text + " + 4");
    refuse("repeated", text + text + text);
  } else if (const auto comma = text.rfind(", "); comma != std::string::npos && text.find(", ") >= 1) {
    accept("tight_list", ReplaceAll(text, ", ", ","));
    refuse("item_missing", text.substr(0, comma));
    refuse("item_missing", text.substr(text.find(", ") + 2));
    refuse("item_added", text + ", " + first.substr(0, first.find(", ")) + "s");
    refuse("item_added", "x, " + text);
  } else if (IsWords(text)) {
    accept("upper_case", Cased(text, true));
    accept("lower_case", Cased(text, false));
    refuse("inside", "un" + Cased(text, false) + "ish");
    refuse("continued", text + " and " + first);
    refuse("repeated", text + text + text);
  }
  return probes;
}

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
