#include "tools/reward_model/reward_model_tool.h"

#include <cmath>

#include "base/hash.h"
#include "text/plain.h"
#include "tools/reference_json.h"

namespace rlar {
namespace {

// Below a ten-thousandth lies what the make-up of a batch does to a text's logit: no order may come of it.
constexpr double kSteps = 1e4;

Class FailureClass(ErrorCode code) {
  switch (code) {
    case ErrorCode::kTimeout: return Class::kTimeout;
    case ErrorCode::kOverloaded: return Class::kOverload;
    case ErrorCode::kCorrupt: return Class::kUnparsable;
    default: return Class::kUnavailable;
  }
}

class RewardModelTool final : public Tool {
 public:
  // `paid`: its calls count against the cap on what rewards may cost.
  RewardModelTool(ToolCard card, const ModelAdapter& adapter, bool paid, std::shared_ptr<ModelClient> backend)
      : card_(std::move(card)), plain_(adapter.plain), paid_(paid), backend_(std::move(backend)) {}
  const ToolCard& card() const override { return card_; }

  std::vector<Score> Run(const Query& query, std::span<const Response> responses, const Json&, const CallContext& context) const override {
    if (paid_) {
      if (const auto may = Spend::Process().MayPay(); !may) {
        return std::vector<Score>(responses.size(), Score::Failed(Class::kCost, card_.id.name + ": " + may.error().message));
      }
    }
    std::vector<ModelItem> items;
    for (const Response& response : responses) {
      ModelItem item{query.messages, plain_ ? PlainWords(response.text) : response.text};
      if (item.messages.empty()) item.messages = {{"user", query.prompt, {}, ""}};
      if (card_.kind == ToolKind::kJudge) {
        item.rubric = query.rubric;
        const Json reference = ReferenceJson(query.reference);
        item.reference = reference.is_null() ? "" : reference.is_string() ? reference.string() : reference.Dump();
      }
      items.push_back(std::move(item));
    }
    std::vector<Score> scores;
    for (const Result<ModelScore>& result : backend_->Score(items, context.deadline)) {
      if (!result) {
        scores.push_back(Score::Failed(FailureClass(result.error().code), card_.id.name + ": " + result.error().ToString()));
        continue;
      }
      const ModelScore& one = *result;
      const double logit = std::round(one.logit * kSteps) / kSteps;
      const bool judge = card_.kind == ToolKind::kJudge;
      Score score = Score::Ok(judge ? logit : 0.5 * (1 + logit / (1 + std::abs(logit))));
      if (!judge) score.Add("logit", logit);
      for (const auto& [name, value] : one.components) score.Add(name, value);
      if (one.truncated) score.Add("truncated", 1);
      if (paid_) score.Add("usd", one.usd);
      scores.push_back(std::move(score));
    }
    return scores;
  }

  Result<void> CheckParams(const Json& params) const override {
    if (params.is_null() || (params.is_object() && params.object().empty())) return {};
    return MakeError(ErrorCode::kInvalidArgument, card_.id.name + " takes no parameters");
  }

 private:
  const ToolCard card_;
  const bool plain_;
  const bool paid_;
  const std::shared_ptr<ModelClient> backend_;
};

}  // namespace

Result<std::unique_ptr<Tool>> MakeRewardModelTool(const ToolCard& card) {
  auto adapter = AdapterFromJson(card.program);
  if (!adapter) return MakeError(adapter.error().code, "tool '" + card.id.name + "'", adapter.error());
  return std::unique_ptr<Tool>(std::make_unique<RewardModelTool>(card, *adapter, !adapter->price.free(), OpenBackend(*adapter)));
}

Result<std::unique_ptr<Tool>> MakeJudgeTool(const ToolCard& card, JudgeCall call) {
  auto adapter = AdapterFromJson(card.program);
  if (!adapter) return MakeError(adapter.error().code, "tool '" + card.id.name + "'", adapter.error());
  return std::unique_ptr<Tool>(std::make_unique<RewardModelTool>(card, *adapter, false, OpenJudge(*adapter, std::move(call))));
}

ToolCard RewardModelCard(std::string name, std::string summary, const ModelAdapter& adapter) {
  ToolCard card;
  ModelAdapter content = adapter;
  content.price = {};  // what a judge costs is no part of what it says
  card.id = {std::move(name), Sha256Hex(content.ToJson().DumpCanonical()).substr(0, 8)};
  card.kind = adapter.backend == "judge" ? ToolKind::kJudge : ToolKind::kRewardModel;
  card.deterministic = adapter.backend != "judge";
  card.summary = std::move(summary);
  card.source = adapter.model.empty() ? adapter.model_dir + adapter.url : adapter.model + (adapter.revision.empty() ? "" : "@" + adapter.revision);
  card.needs = {"prompt"};
  card.reads = "messages";
  card.binary = false;
  card.isolation = adapter.backend == "transformers" ? "child_process" : "remote";
  card.program = adapter.ToJson();
  return card;
}

}  // namespace rlar
