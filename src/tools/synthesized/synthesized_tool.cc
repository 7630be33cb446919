#include "tools/synthesized/synthesized_tool.h"

#include <cmath>
#include <optional>

#include "base/fs.h"
#include "base/hash.h"
#include "base/text.h"
#include "sandbox/sandbox.h"
#include "text/extract.h"
#include "tools/reference_json.h"
#include "tools/sandboxed/outcome_score.h"
#include "tools/synthesized/sdk.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxSource = 256u << 10;
constexpr auto kStartTime = std::chrono::milliseconds(2'000), kCallTime = std::chrono::milliseconds(100);

const Json* StringIn(const Json& object, std::string_view key) {
  const Json* value = object.Find(key);
  return value != nullptr && value->is_string() ? value : nullptr;
}

// What one call said; nullopt before it answered.
using Answers = std::vector<std::optional<Score>>;

Score ReadAnswer(const Json& answer) {
  if (const Json* raised = StringIn(answer, "raised")) return Score::Failed(Class::kCrash, "the verifier raised " + raised->string());
  const Json* result = answer.Find("result");
  if (result == nullptr) return Score::Failed(Class::kUnparsable, "the verifier's answer cannot be read");
  if (result->is_bool()) return Score::Verdict(result->boolean());
  if (!result->is_number()) return Score::Failed(Class::kUnparsable, "the verifier's answer is no number");
  const double value = result->number();
  if (!(value >= 0 && value <= 1)) return Score::Failed(Class::kOutOfRange, "the verifier answered " + result->Dump() + ", outside [0, 1]");
  return Score::Ok(value, value == 0 ? Class::kResponseWrong : Class::kNone);
}

class SynthesizedTool final : public Tool {
 public:
  explicit SynthesizedTool(ToolCard card) : card_(std::move(card)), source_(card_.program.Find("source")->string()), from_(ExtractFrom(Extract())) {}
  const ToolCard& card() const override { return card_; }
  std::string isolation() const override {
    const auto level = Sandbox::Shared().Level();
    return level ? std::string(Name(*level)) : "none";
  }
  Result<void> CheckParams(const Json& params) const override {
    if (params.is_null() || params.is_object()) return {};
    return MakeError(ErrorCode::kInvalidArgument, card_.id.name + ": parameters must be a JSON object");
  }

  std::vector<Score> Run(const Query& query, std::span<const Response> responses, const Json& fixed, const CallContext& context) const override {
    if (query.reference.empty() && NeedsReference()) {
      return std::vector<Score>(responses.size(), Score::Invalid(Class::kNoReference, card_.id.name + " needs a reference"));
    }
    Answers answers(responses.size());
    std::vector<std::size_t> asked;
    Json calls = Json::Array{};
    for (std::size_t i = 0; i < responses.size(); ++i) {
      if (auto call = MakeCall(query, responses[i], fixed)) {
        calls.Push(std::move(*call));
        asked.push_back(i);
      } else {
        answers[i] = Score::Ok(0, Class::kResponseEmpty, "the response holds no answer");
      }
    }
    if (!asked.empty()) Ask(std::move(calls), asked, answers, context);
    std::vector<Score> scores;
    for (auto& answer : answers) scores.push_back(std::move(*answer));
    return scores;
  }

  // What the program is called with for these responses; those without an answer are left out.
  Json Calls(const Query& query, std::span<const Response> responses, const Json& fixed) const {
    Json calls = Json::Array{};
    for (const Response& response : responses) {
      if (auto call = MakeCall(query, response, fixed)) calls.Push(std::move(*call));
    }
    return calls;
  }

 private:
  std::string Extract() const {
    const Json* extract = StringIn(card_.program, "extract");
    return extract != nullptr ? extract->string() : "auto";
  }
  bool NeedsReference() const {
    for (const std::string& need : card_.needs) {
      if (need == "reference") return true;
    }
    return false;
  }

  std::optional<Json> MakeCall(const Query& query, const Response& response, const Json& fixed) const {
    std::string answer;
    if (from_ == ExtractOptions::From::kNone) {
      answer = Trim(AfterReasoning(response.text));
    } else {
      const Extraction found = ExtractAnswer(response.text, {from_, ExtractOptions::Want::kText});
      if (found.found()) answer = Trim(found.answer());
    }
    if (answer.empty()) return std::nullopt;
    Json params = fixed.is_object() ? fixed : Json(Json::Object{});
    if (query.params.is_object()) {
      for (const auto& [key, value] : query.params.object()) params.Set(key, value);
    }
    Json call;
    call.Set("prompt", query.prompt);
    call.Set("answer", std::move(answer));
    call.Set("reference", ReferenceJson(query.reference));
    call.Set("params", std::move(params));
    return call;
  }

  void Ask(Json calls, const std::vector<std::size_t>& asked, Answers& answers, const CallContext& context) const {
    Json job;
    job.Set("mode", "check");
    job.Set("source", source_);
    job.Set("calls", std::move(calls));
    job.Set("seed", static_cast<double>(context.seed));
    RunJob run;
    run.job = job.Dump();
    run.capture = false;
    run.limits.cpu = kStartTime + kCallTime * static_cast<long>(asked.size());
    run.limits.memory_bytes = 512u << 20;
    run.limits.processes = 8;
    std::size_t next = 0;
    std::string load_error;
    run.on_frame = [&](std::string_view frame) -> std::string {
      auto json = ParseJson(frame);
      if (!json || !json->is_object()) return {};
      if (json->Find("ask") != nullptr) return AnswerSdk(*json);
      if (const Json* load = StringIn(*json, "load")) {
        load_error = load->string();
      } else if (next < asked.size()) {
        answers[asked[next++]] = ReadAnswer(*json);
      }
      return {};
    };
    const RunResult result = Sandbox::Shared().RunProgram(run, context.deadline);
    const Score missing = Missing(result, load_error);
    for (const std::size_t i : asked) {
      if (!answers[i]) answers[i] = missing;
    }
  }

  // Why a call has no answer. Limits are the verifier's own affair here: failed, never a zero for the response.
  static Score Missing(const RunResult& result, const std::string& load_error) {
    if (!load_error.empty()) return Score::Failed(Class::kCrash, "the verifier does not load: " + load_error);
    if (!IsProgramsOwn(result.outcome)) return *ScoreOfOutcome(result);
    const bool slow = result.outcome == Outcome::kCpuLimit || result.outcome == Outcome::kWallLimit;
    return Score::Failed(slow ? Class::kTimeout : Class::kCrash, "the verifier ended early: " + std::string(Name(result.outcome)));
  }

  ToolCard card_;
  std::string source_;
  ExtractOptions::From from_;
};

}  // namespace

Result<ToolCard> MakeSynthesizedCard(const Json& draft, std::string source) {
  const Json* name = StringIn(draft, "name");
  if (name == nullptr || name->string().empty()) return MakeError(ErrorCode::kInvalidArgument, "draft.json has no 'name'");
  if (source.size() > kMaxSource || !IsValidUtf8(source)) {
    return MakeError(ErrorCode::kInvalidArgument, "check.py must be UTF-8 text of at most 256 KiB");
  }
  ToolCard card;
  card.kind = ToolKind::kSynthesized;
  card.id.name = name->string();
  card.isolation = "sandbox";
  card.binary = false;
  if (const Json* summary = StringIn(draft, "summary")) card.summary = summary->string();
  if (const Json* params = draft.Find("params"); params != nullptr && params->is_array()) card.params = *params;
  if (const Json* needs = draft.Find("needs"); needs != nullptr && needs->is_array()) {
    for (const Json& need : needs->array()) {
      if (!need.is_string()) return MakeError(ErrorCode::kInvalidArgument, "draft.json: 'needs' must be a list of strings");
      card.needs.push_back(need.string());
    }
  } else {
    card.needs.push_back("reference");
  }
  std::string extract = "auto";
  if (const Json* given = draft.Find("extract"); given != nullptr) {
    if (!given->is_string() || (given->string() != "auto" && given->string() != "none" && given->string() != "boxed")) {
      return MakeError(ErrorCode::kInvalidArgument, "draft.json: 'extract' must be auto, none or boxed");
    }
    extract = given->string();
  }
  card.program.Set("source", std::move(source));
  card.program.Set("extract", extract);
  card.id.version = Sha256Hex(card.program.DumpCanonical()).substr(0, 8);
  return card;
}

Result<ToolCard> ReadDraft(const std::string& folder) {
  auto text = ReadFile(folder + "/draft.json");
  if (!text) return text.error();
  auto draft = ParseJson(*text);
  if (!draft || !draft->is_object()) return MakeError(ErrorCode::kInvalidArgument, folder + "/draft.json is not a JSON object");
  auto source = ReadFile(folder + "/check.py");
  if (!source) return source.error();
  return MakeSynthesizedCard(*draft, std::move(*source));
}

namespace {

// Runs a job that answers with a list of sentences.
Result<std::vector<std::string>> Findings(const Json& job, const char* beyond_limits) {
  RunJob run;
  run.job = job.Dump();
  run.capture = false;
  std::optional<std::vector<std::string>> findings;
  run.on_frame = [&](std::string_view frame) -> std::string {
    auto json = ParseJson(frame);
    if (json && json->is_object() && json->Find("ask") != nullptr) return AnswerSdk(*json);
    if (json && json->is_array()) {
      findings.emplace();
      for (const Json& finding : json->array()) findings->push_back(finding.is_string() ? finding.string() : "cannot be read");
    }
    return {};
  };
  const RunResult result = Sandbox::Shared().RunProgram(run, Deadline::After(std::chrono::seconds(60)));
  if (findings) return std::move(*findings);
  if (!IsProgramsOwn(result.outcome)) return MakeError(ErrorCode::kUnavailable, result.detail);
  return std::vector<std::string>{beyond_limits};
}

}  // namespace

Result<std::vector<std::string>> InspectProgram(const std::string& source) {
  Json job;
  job.Set("mode", "inspect");
  job.Set("source", source);
  return Findings(job, "its source cannot be read within the limits of the sandbox");
}

Result<std::vector<std::string>> WatchTool(const Tool& tool, const Query& query, std::span<const Response> responses, const Json& params) {
  const auto* made = dynamic_cast<const SynthesizedTool*>(&tool);
  RLAR_CHECK(made != nullptr);
  Json job;
  job.Set("mode", "watch");
  job.Set("source", *tool.card().program.Find("source"));
  job.Set("calls", made->Calls(query, responses, params));
  return Findings(job, "does not end within the limits of the sandbox");
}

Result<std::unique_ptr<Tool>> MakeSynthesizedTool(const ToolCard& card) {
  if (StringIn(card.program, "source") == nullptr) {
    return MakeError(ErrorCode::kCorrupt, "tool '" + card.id.name + "': its program cannot be read");
  }
  return std::unique_ptr<Tool>(std::make_unique<SynthesizedTool>(card));
}

}  // namespace rlar
