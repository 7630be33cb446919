#include "agents/write_verifier/write_verifier.h"

#include <algorithm>

#include "agents/about.h"
#include "agents/prompts.h"
#include "agents/write_verifier/blocks.h"
#include "base/hash.h"
#include "base/text.h"

namespace rlar {
namespace {

constexpr std::size_t kRowsShown = 3, kPromptBytes = 600, kReferenceBytes = 300, kCasesShown = 4, kMutantRows = 12;
constexpr double kMostMutants = 0.1;  // altered references that a check may accept where one answer is right
constexpr double kTemperatures[] = {0.0, 0.5, 0.9, 0.7};

std::string ShowRows(const WriteJob& job) {
  std::string shown;
  const std::size_t count = std::min(kRowsShown, job.trial_rows.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Query& row = *job.trial_rows[(2 * i + 1) * job.trial_rows.size() / (2 * count)];
    shown += (i ? "\n\n" : "") + ("Row " + std::to_string(i + 1)) + "\n<request>\n" + Quoted(row.prompt, kPromptBytes) + "\n</request>\n<right_answer>" +
             Quoted(ReferenceText(row.reference), kReferenceBytes) + "</right_answer>";
  }
  return shown;
}

// The code in a model's answer: the fenced block, else everything.
std::string CodeOf(const std::string& text) {
  const auto open = text.find("```");
  if (open == text.npos) return std::string(Trim(text)) + "\n";
  const auto line = text.find('\n', open);
  if (line == text.npos) return "";
  return std::string(Trim(text.substr(line, text.find("```", line) - line))) + "\n";
}

std::string ToolName(const std::string& task) {
  std::string name = Identifier(task);
  while (!name.empty() && name.back() == '_') name.pop_back();
  return (name.empty() || IsAsciiDigit(name[0]) ? "task_" + name : name).substr(0, 40) + "_check";
}

std::string ShowCases(const Evidence& evidence) {
  std::string shown;
  std::size_t count = 0;
  for (const FailedProbe& probe : evidence.failed) {
    if (count++ == kCasesShown) break;
    const bool wanted = probe.outcome == "scored 0";
    shown += "<case>\nprompt: " + Quoted(probe.prompt, 300) + "\nreference: " + Quoted(probe.reference, 150) +
             "\nresponse, whose final answer is given to the function: " + Quoted(probe.response, 200) + "\nit must be " + (wanted ? "accepted" : "refused") +
             ", but the function " + probe.outcome + "\n</case>\n";
  }
  return shown;
}

double MutantsAccepted(const Tool& tool, const Json& params, const std::vector<const Query*>& rows) {
  double tried = 0, accepted = 0;
  for (std::size_t i = 0; i < std::min(kMutantRows, rows.size()); ++i) {
    std::vector<Response> responses;
    for (std::string& text : AlteredTexts(ReferenceText(rows[i]->reference), rows[i]->prompt)) {
      Response response;
      response.text = std::move(text);
      responses.push_back(std::move(response));
    }
    for (const Score& score : tool.Run(*rows[i], responses, params, CallContext{})) {
      ++tried;
      accepted += score.value().value_or(1) >= 0.5;  // no number is no refusal
    }
  }
  return tried > 0 ? accepted / tried : 0;
}

// Native tools that compare with a reference and need no parameter of the row's.
bool Offered(const ToolCard& card) {
  return card.kind == ToolKind::kNative && !card.needs.empty() &&
         std::all_of(card.needs.begin(), card.needs.end(), [](const std::string& need) { return need == "reference" || need == "prompt"; }) &&
         std::find(card.needs.begin(), card.needs.end(), "reference") != card.needs.end();
}

std::string NativeTools(const Snapshot& tools) {
  std::string list;
  for (const auto& tool : tools.tools()) {
    const ToolCard& card = tool->card();
    if (!Offered(card)) continue;
    list += (list.empty() ? "- " : "\n- ") + card.id.name + ": " + card.summary;
    std::string params;
    for (const Json& param : card.params.array()) {
      params += (params.empty() ? "" : ", ") + param.Find("name")->string() + " (" + param.Find("type")->string() + ")";
    }
    if (!params.empty()) list += "; parameters: " + params;
  }
  return list;
}

class Writer {
 public:
  explicit Writer(const WriteJob& job) : job_(job) {}

  Result<WriteResult> Write() {
    // Blocks need no model: the rows themselves show whether a block's conditions hold.
    TryBlocks();
    if (!GoodEnough() && !job_.native_serves && job_.client != nullptr) {
      Plan();
      if (result_.planned && !result_.several) TryNative();
      if (!GoodEnough()) TryModel();
    }
    if (!kept_) return kept_.error();
    Choose();
    return std::move(result_);
  }

 private:
  Sketch Rows() const { return AboutRows(job_.trial_rows, job_.nature.rollouts); }

  void Plan() {
    ChatRequest request = FindPrompt("plan_verifier").Ask({{"rows", ShowRows(job_)}});
    request.about = {Rows()};
    auto reply = job_.client->Ask(request);
    if (!reply) return;
    result_.planned = true;
    result_.conditions = reply->json.Find("conditions")->string();
    result_.kind = reply->json.Find("kind")->string();
    result_.several = reply->json.Find("several")->boolean();
  }

  // True once a candidate was admitted that leaves nothing to wish for.
  bool GoodEnough() const {
    return std::any_of(result_.trials.begin(), result_.trials.end(),
                       [&](const WrittenTrial& trial) { return trial.verdict.admitted && trial.evidence.quality() >= job_.limits.good_enough; });
  }

  // `most`: the share of altered references that it may accept.
  const WrittenTrial& Try(Draft draft, double most) {
    WrittenTrial trial;
    trial.draft = std::move(draft);
    auto tool = job_.runner.Load(trial.draft);
    if (!tool) {
      trial.verdict = {false, "it cannot be run: " + tool.error().ToString()};
    } else {
      trial.tool = std::move(*tool);
      TaskNature nature = job_.nature;
      nature.several |= result_.several || trial.draft.conditions;
      nature.conditions = trial.draft.conditions;
      nature.exact &= !trial.draft.conditions;  // it must refuse what breaks a condition, not whatever differs
      trial.evidence = Prove(*trial.tool, Json(), nature);
      trial.verdict = Judge(trial.evidence, job_.settings);
      if (trial.verdict.admitted) trial.mutants_accepted = MutantsAccepted(*trial.tool, Json(), job_.trial_rows);
      // A check of the prompt's conditions that takes another row's answer with its reference is a comparison in disguise.
      if (trial.verdict.admitted && trial.draft.conditions && trial.draft.reads_prompt && ReadsNoPrompt(*trial.tool, Json(), job_.trial_rows)) {
        trial.verdict = {false, "it accepts what the reference says, whatever the prompt asks: a comparison in disguise"};
      }
      if (trial.verdict.admitted && trial.mutants_accepted > most) {
        trial.verdict = {false, "it accepts altered references too: it checks too little"};
      }
    }
    result_.trials.push_back(std::move(trial));
    return result_.trials.back();
  }

  // One native tool, with the parameters that the model names: the gate says whether they fit.
  void TryNative() {
    const std::string tools = NativeTools(job_.tools), conditions = Quoted(result_.conditions, 300);
    ChatRequest request = FindPrompt("pick_native").Ask({{"tools", tools}, {"rows", ShowRows(job_)}, {"conditions", conditions}});
    request.about = {Rows(), AboutText(tools + conditions)};
    auto reply = job_.client->Ask(request);
    if (!reply) return;
    const Tool* tool = job_.tools.FindTool(reply->json.Find("tool")->string());
    if (tool == nullptr || !Offered(tool->card())) return;
    const std::string text = reply->json.Find("params")->string();
    auto params = ParseJson(Trim(text).empty() ? "{}" : text);
    if (!params || !params->is_object() || !tool->CheckParams(*params)) return;
    WrittenTrial trial;
    trial.tool = std::shared_ptr<const Tool>(std::shared_ptr<const Tool>(), tool);
    trial.params = std::move(*params);
    trial.draft.origin = "native tool with parameters chosen by the model";
    trial.draft.summary = tool->card().summary;
    trial.evidence = Prove(*tool, trial.params, job_.nature);
    trial.verdict = Judge(trial.evidence, job_.settings);
    if (trial.verdict.admitted) trial.mutants_accepted = MutantsAccepted(*tool, trial.params, job_.trial_rows);
    if (trial.mutants_accepted > kMostMutants) trial.verdict = {false, "it accepts altered references too: it checks too little"};
    result_.trials.push_back(std::move(trial));
  }

  void TryBlocks() {
    // The answer as it is found in the response first; then the whole response, for answers of several lines without a mark.
    for (const std::string extract : {"auto", "none"}) {
      const std::uint32_t accepted = ScreenBlocks(extract);
      if (accepted == 0) continue;
      const auto drafts = BlockDrafts(extract);
      for (std::size_t i = 0; i < drafts.size(); ++i) {
        if ((accepted >> i & 1) == 0) continue;
        if (job_.client != nullptr && job_.client->cancelled()) return;
        const bool comparison = !drafts[i].conditions;
        if (comparison && (job_.nature.several || job_.native_serves)) continue;
        Try(drafts[i], comparison ? kMostMutants : job_.limits.max_mutants);
        if (!GoodEnough()) continue;
        result_.several = !comparison;
        return;
      }
    }
  }

  // The blocks that accept the references of a few rows: only these are worth the gate.
  std::uint32_t ScreenBlocks(const std::string& extract) {
    auto screen = job_.runner.Load(BlockScreen(extract));
    if (!screen || job_.trial_rows.empty()) return 0;
    std::uint32_t accepted = ~std::uint32_t{0};
    for (std::size_t i = 0; i < std::min<std::size_t>(3, job_.trial_rows.size()) && accepted != 0; ++i) {
      std::vector<Response> responses(1);
      responses[0].text = ReferenceText(job_.trial_rows[i]->reference);
      const Score score = (*screen)->Run(*job_.trial_rows[i], responses, Json(), CallContext{})[0];
      accepted &= static_cast<std::uint32_t>(score.value().value_or(0) * kScreenScale);
    }
    return accepted;
  }

  void TryModel() {
    const std::string several = result_.several ? "Several answers can be right: check the conditions, do not compare with the reference."
                                                : "Only the known answer is right, but it may be written in another form.";
    const std::string conditions = Quoted(result_.conditions.empty() ? job_.group.label : result_.conditions, 300);
    for (std::size_t i = 0; i < job_.limits.candidates; ++i) {
      if (job_.client->cancelled() || !job_.client->stopped().empty()) return;
      ChatRequest request = FindPrompt("write_check").Ask({{"rows", ShowRows(job_)}, {"conditions", conditions}, {"several", several}});
      request.temperature = kTemperatures[i % std::size(kTemperatures)];
      request.seed = static_cast<std::int64_t>(i);
      request.about = {Rows(), AboutText(several + conditions)};
      auto reply = job_.client->Ask(request);
      if (!reply) continue;
      Repair(CodeOf(reply->text), conditions, i);
      if (GoodEnough()) return;
    }
  }

  // Tries a draft and asks for corrections with the cases it fails, as long as that helps.
  void Repair(std::string source, const std::string& conditions, std::size_t candidate) {
    double before = -1;
    for (std::size_t round = 0;; ++round) {
      Draft draft;
      draft.name = ToolName(job_.group.model.task);
      draft.summary = conditions;
      draft.source = source;
      char origin[96];
      std::snprintf(origin, sizeof origin, "written by %.32s at temperature %.1f, repair %zu", job_.client->model().c_str(),
                    kTemperatures[candidate % std::size(kTemperatures)], round);
      draft.origin = origin;
      const WrittenTrial& trial = Try(std::move(draft), result_.several ? job_.limits.max_mutants : kMostMutants);
      const double quality = trial.evidence.quality();
      if (trial.verdict.admitted && quality >= job_.limits.good_enough) return;
      if (round >= job_.limits.repairs || quality <= before) return;  // asking again has stopped to help
      before = quality;
      const std::string cases = trial.tool == nullptr ? trial.verdict.why : ShowCases(trial.evidence);
      if (cases.empty()) return;
      auto reply = job_.client->Ask(FindPrompt("repair_check").Ask({{"conditions", conditions}, {"source", source}, {"cases", cases}}));
      if (!reply) return;
      std::string next = CodeOf(reply->text);
      if (next == source) return;
      source = std::move(next);
    }
  }

  void Choose() {
    std::vector<std::size_t> admitted;
    for (std::size_t i = 0; i < result_.trials.size(); ++i) {
      if (!result_.trials[i].verdict.admitted) continue;
      admitted.push_back(i);
      if (result_.best == static_cast<std::size_t>(-1) || result_.trials[i].evidence.quality() > result_.trials[result_.best].evidence.quality()) {
        result_.best = i;
      }
    }
    if (admitted.size() >= 2) result_.agreement = Agreement(admitted);
  }

  // Over the references and their alterations: how often two candidates say the same.
  double Agreement(const std::vector<std::size_t>& admitted) {
    double same = 0, pairs = 0;
    for (std::size_t r = 0; r < std::min(kMutantRows, job_.trial_rows.size()); ++r) {
      const std::string reference = ReferenceText(job_.trial_rows[r]->reference);
      std::vector<Response> responses(1);
      responses[0].text = reference;
      for (std::string& text : AlteredTexts(reference, job_.trial_rows[r]->prompt)) {
        responses.emplace_back();
        responses.back().text = std::move(text);
      }
      std::vector<std::vector<Score>> scores;
      for (const std::size_t i : admitted) {
        scores.push_back(result_.trials[i].tool->Run(*job_.trial_rows[r], responses, result_.trials[i].params, CallContext{}));
      }
      for (std::size_t a = 0; a < scores.size(); ++a) {
        for (std::size_t b = a + 1; b < scores.size(); ++b) {
          for (std::size_t i = 0; i < responses.size(); ++i) {
            ++pairs;
            same += (scores[a][i].value().value_or(-1) >= 0.5) == (scores[b][i].value().value_or(-1) >= 0.5);
          }
        }
      }
    }
    return pairs > 0 ? same / pairs : 1;
  }

  Evidence Prove(const Tool& tool, const Json& params, const TaskNature& nature) {
    if (job_.cache == nullptr) return TryTool(tool, params, job_.trial_rows, job_.group.shape, nature);
    auto evidence = job_.cache->Try(tool, params, job_.trial_rows, job_.group.shape, nature);
    if (evidence) return std::move(*evidence);
    kept_ = evidence.error();
    return {};  // without a probe: nothing is admitted by it
  }

  const WriteJob& job_;
  WriteResult result_;
  Result<void> kept_;
};

}  // namespace

bool WorthPlanning(const TaskGroup& group, bool native_serves) {
  if (group.shape == "none") return false;
  if (!native_serves) return true;
  // A number, a letter or a yes is one answer; an expression, a list or a text may be one of several.
  for (const char* sure : {"number", "letter", "boolean"}) {
    if (group.shape.ends_with(sure)) return false;
  }
  return true;
}

Result<WriteResult> WriteVerifier(const WriteJob& job) { return Writer(job).Write(); }

}  // namespace rlar
