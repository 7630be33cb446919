#include "tools/factory.h"

#include <cmath>

#include "base/text.h"
#include "tools/external/external_tool.h"
#include "tools/native_tool.h"
#include "tools/reward_model/reward_model_tool.h"
#include "tools/sandboxed/sandboxed_tools.h"
#include "tools/synthesized/synthesized_tool.h"

namespace rlar {
namespace {

class NativeTool final : public Tool {
 public:
  explicit NativeTool(const VerifierSpec& spec) : runner_(spec), card_(NativeCard(spec)) {}
  const ToolCard& card() const override { return card_; }
  std::vector<Score> Run(const Query& query, std::span<const Response> responses, const Json& params, const CallContext&) const override {
    return runner_.Run(query, responses, params);
  }
  Result<void> CheckParams(const Json& params) const override { return runner_.binder().CheckFixed(params); }

 private:
  NativeRunner runner_;
  ToolCard card_;
};

}  // namespace

ToolCard NativeCard(const VerifierSpec& spec) {
  ToolCard card;
  card.id = {std::string(spec.name), std::to_string(spec.version)};
  card.summary = spec.summary;
  card.source = spec.source;
  card.binary = spec.binary;
  if (spec.needs_reference) card.needs.push_back("reference");
  if (spec.needs_prompt) card.needs.push_back("prompt");
  if (!spec.required.empty()) {
    for (const std::string_view name : Split(spec.required, '|')) card.needs.push_back("params." + std::string(name));
  }
  for (const ParamSpec& param : spec.params) {
    Json item;
    item.Set("name", param.name);
    item.Set("type", Name(param.type));
    auto fallback = ParseJson(param.default_json);
    RLAR_CHECK(fallback.has_value());
    item.Set("default", std::move(*fallback));
    item.Set("summary", param.summary);
    if (!param.choices.empty()) {
      Json choices = Json::Array{};
      for (const std::string_view choice : Split(param.choices, '|')) choices.Push(choice);
      item.Set("choices", std::move(choices));
    }
    card.params.Push(std::move(item));
  }
  return card;
}

std::unique_ptr<Tool> MakeNativeTool(const VerifierSpec& spec) { return std::make_unique<NativeTool>(spec); }

std::vector<std::unique_ptr<Tool>> MakeBuiltinTools() {
  std::vector<std::unique_ptr<Tool>> tools;
  for (const VerifierSpec* spec : NativeVerifiers()) tools.push_back(MakeNativeTool(*spec));
  tools.push_back(MakeCodeTests());
  return tools;
}

Result<std::unique_ptr<Tool>> MakeTool(const ToolCard& card) {
  switch (card.kind) {
    case ToolKind::kNative: {
      const VerifierSpec* spec = FindNativeVerifier(card.id.name);
      auto tool = spec != nullptr ? MakeNativeTool(*spec) : card.id.name == "code_tests" ? MakeCodeTests() : nullptr;
      if (tool == nullptr) return MakeError(ErrorCode::kNotFound, "this program has no native tool '" + card.id.name + "'");
      if (tool->card().id.version != card.id.version) {
        return MakeError(ErrorCode::kVersion,
                         "the library wants " + card.id.ToString() + ", this program has version " + tool->card().id.version + ": build the library anew");
      }
      return tool;
    }
    case ToolKind::kExternal: return MakeExternalTool(card);
    case ToolKind::kSynthesized: return MakeSynthesizedTool(card);
    case ToolKind::kRewardModel:
    case ToolKind::kJudge: return MakeRewardModelTool(card);
    default: return MakeError(ErrorCode::kUnavailable, "tool '" + card.id.name + "': this program cannot run tools of kind " + std::string(Name(card.kind)));
  }
}

}  // namespace rlar
