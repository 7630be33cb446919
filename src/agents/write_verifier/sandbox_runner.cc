#include "agents/write_verifier/sandbox_runner.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "sandbox/sandbox.h"
#include "text/extract.h"

namespace rlar {
namespace {

constexpr auto kCpu = std::chrono::milliseconds(2'000);  // of one call with all responses of a query
constexpr std::size_t kMemory = 256u << 20;

std::string ReferenceForCheck(const Reference& reference) {
  if (reference.kind == Reference::Kind::kJson) return reference.json.Dump();
  return reference.texts.empty() ? "" : reference.texts.front();
}

class DraftTool final : public Tool {
 public:
  DraftTool(const Draft& draft, std::string isolation) : source_(draft.source), from_(ExtractFrom(draft.extract)) {
    card_.id = {draft.name, draft.Version()};
    card_.kind = ToolKind::kSynthesized;
    card_.summary = draft.summary;
    card_.source = draft.origin;
    card_.needs = {"prompt", "reference"};
    card_.binary = false;
    card_.isolation = std::move(isolation);
  }
  const ToolCard& card() const override { return card_; }
  Result<void> CheckParams(const Json&) const override { return {}; }

  std::vector<Score> Run(const Query& query, std::span<const Response> responses, const Json& params,
                         const CallContext& context) const override {
    Json job, calls = Json::Array{};
    std::vector<std::string> loaded;
    for (const Response& response : responses) {
      Json call;
      call.Set("prompt", query.prompt);
      call.Set("answer", Answer(response.text));
      call.Set("reference", ReferenceForCheck(query.reference));
      call.Set("params", params.is_object() ? params : Json(Json::Object{}));
      calls.Push(std::move(call));
    }
    job.Set("mode", "check");
    job.Set("source", source_);
    job.Set("calls", std::move(calls));
    RunJob run;
    run.job = job.Dump();
    run.capture = false;
    run.limits.cpu = kCpu;
    run.limits.memory_bytes = kMemory;
    run.limits.processes = 1;
    std::vector<Score> scores;
    std::string problem;
    run.on_frame = [&](std::string_view frame) {
      if (scores.size() < responses.size() && problem.empty()) Read(frame, scores, problem);
      return std::string();
    };
    const RunResult result = Sandbox::Shared().RunProgram(run, context.deadline);
    const Score missing = Missing(result, problem);
    while (scores.size() < responses.size()) scores.push_back(missing);
    for (std::size_t i = 0; i < responses.size(); ++i) {
      if (Trim(AfterReasoning(responses[i].text)).empty()) scores[i] = Score::Ok(0, Class::kResponseEmpty);
    }
    return scores;
  }

 private:
  std::string Answer(const std::string& response) const {
    const Extraction found = ExtractAnswer(response, {from_, ExtractOptions::Want::kText});
    if (found.found()) return std::string(found.answer());
    return std::string(Trim(AfterReasoning(response)));
  }

  static void Read(std::string_view frame, std::vector<Score>& scores, std::string& problem) {
    const auto json = ParseJson(frame);
    if (!json) return;
    if (const Json* load = json->Find("load"); load != nullptr && load->is_string()) problem = load->string();
    if (const Json* raised = json->Find("raised"); raised != nullptr && raised->is_string()) {
      scores.push_back(Score::Failed(Class::kCrash, "the check failed: " + raised->string().substr(0, 200)));
    }
    const Json* value = json->Find("result");
    if (value == nullptr || !value->is_number()) return;
    const double number = value->number();
    scores.push_back(number >= 0 && number <= 1 ? Score::Ok(number, number < 0.5 ? Class::kResponseWrong : Class::kNone)
                                                : Score::Failed(Class::kOutOfRange, "the check returned " + value->Dump()));
  }

  static Score Missing(const RunResult& result, const std::string& problem) {
    if (!problem.empty()) return Score::Failed(Class::kCrash, problem);
    switch (result.outcome) {
      case Outcome::kCpuLimit:
      case Outcome::kWallLimit: return Score::Failed(Class::kTimeout, "the check takes too long");
      case Outcome::kOverload: return Score::Failed(Class::kOverload, result.detail);
      case Outcome::kUnavailable: return Score::Failed(Class::kUnavailable, result.detail);
      default: return Score::Failed(Class::kCrash, "the check ended: " + std::string(Name(result.outcome)));
    }
  }

  std::string source_;
  ExtractOptions::From from_;
  ToolCard card_;
};

class SandboxRunner final : public DraftRunner {
 public:
  explicit SandboxRunner(std::string isolation) : isolation_(std::move(isolation)) {}
  Result<std::unique_ptr<Tool>> Load(const Draft& draft) override {
    auto tool = std::make_unique<DraftTool>(draft, isolation_);
    // One empty call shows whether it compiles and defines check; what it answers is the gate's business.
    Query query;
    std::vector<Response> responses(1);
    responses[0].text = "0";
    const Score score = tool->Run(query, responses, Json(), CallContext{Deadline::After(std::chrono::seconds(20))})[0];
    const bool too_slow = score.error_class() == Class::kTimeout;
    if (score.status() == Status::kFailed && (too_slow || !score.reason().starts_with("the check "))) {
      return MakeError(ErrorCode::kInvalidArgument, score.reason());
    }
    return std::unique_ptr<Tool>(std::move(tool));
  }

 private:
  std::string isolation_;
};

}  // namespace

Result<std::unique_ptr<DraftRunner>> MakeSandboxRunner() {
  auto level = Sandbox::Shared().Level();
  if (!level) return level.error();
  return std::unique_ptr<DraftRunner>(std::make_unique<SandboxRunner>(std::string(Name(*level))));
}

}  // namespace rlar
