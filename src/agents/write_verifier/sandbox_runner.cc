#include "agents/write_verifier/sandbox_runner.h"

#include "sandbox/sandbox.h"
#include "tools/synthesized/synthesized_tool.h"

namespace rlar {
namespace {

class SandboxRunner final : public DraftRunner {
 public:
  Result<std::unique_ptr<Tool>> Load(const Draft& draft) override {
    auto card = MakeSynthesizedCard(draft.ToJson(), draft.source);
    if (!card) return card.error();
    card->source = draft.origin;
    auto tool = MakeSynthesizedTool(*card);
    if (!tool) return tool.error();
    // One call shows whether it compiles and defines check; what it answers is the gate's business.
    Query query;
    query.prompt = "?";
    query.reference = {Reference::Kind::kText, {"0"}, {}};
    std::vector<Response> responses(1);
    responses[0].text = "0";
    const Score score = (*tool)->Run(query, responses, Json(), CallContext{Deadline::After(std::chrono::seconds(20))})[0];
    const bool unusable = score.error_class() == Class::kTimeout || score.reason().starts_with("the verifier does not load");
    if (score.status() == Status::kFailed && unusable) return MakeError(ErrorCode::kInvalidArgument, score.reason());
    return tool;
  }
};

}  // namespace

Result<std::unique_ptr<DraftRunner>> MakeSandboxRunner() {
  auto level = Sandbox::Shared().Level();
  if (!level) return level.error();
  return std::unique_ptr<DraftRunner>(std::make_unique<SandboxRunner>());
}

}  // namespace rlar
