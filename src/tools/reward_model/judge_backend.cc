// A judge: a chat model that grades by a rubric, all criteria in one call (judge_verdict.h).
#include <atomic>
#include <cstdlib>
#include <set>

#include "net/http.h"
#include "tools/reward_model/backend.h"
#include "tools/reward_model/judge_verdict.h"

namespace rlar {
namespace {

class JudgeBackend final : public ModelBackend {
 public:
  JudgeBackend(const ModelAdapter& adapter, JudgeCall call) : adapter_(adapter), call_(std::move(call)) {
    for (const char* name : {"RLAR_JUDGE_API_KEY", "RLAR_LLM_API_KEY"}) {
      const char* key = std::getenv(name);
      if (key_.empty() && key != nullptr) key_ = key;
    }
  }
  std::size_t max_batch() const override { return 1; }
  std::string name() const override { return adapter_.model.empty() ? adapter_.url : adapter_.model; }

  Result<std::vector<ModelScore>> Score(std::span<const ModelItem> items, const Deadline& deadline) override {
    std::vector<ModelScore> scores;
    for (const ModelItem& item : items) {
      const auto& rubric = item.rubric.empty() ? adapter_.rubric : item.rubric;
      if (rubric.empty()) return MakeError(ErrorCode::kInvalidArgument, "there is no rubric: neither the row nor the judge has one");
      double usd = 0;
      auto reply = Ask(item, rubric, deadline, usd);
      if (!reply) return reply.error();
      auto score = ReadJudgeReply(*reply, adapter_, item, rubric);
      if (!score) return score.error();
      score->usd = usd;
      scores.push_back(std::move(*score));
    }
    return scores;
  }

 private:
  // The reply's body. A server that refuses a request for log probabilities, but not the same request without them, is
  // not asked for them again.
  Result<std::string> Ask(const ModelItem& item, const std::vector<RubricItem>& rubric, const Deadline& deadline, double& usd) {
    if (adapter_.grade == "expected" && !refuses_logprobs_) {
      auto reply = Post(JudgeRequest(adapter_, item, rubric, true), deadline, usd);
      if (reply || reply.error().code != ErrorCode::kInvalidArgument) return reply;
      auto plain = Post(JudgeRequest(adapter_, item, rubric, false), deadline, usd);
      if (plain) refuses_logprobs_ = true;
      return plain;
    }
    return Post(JudgeRequest(adapter_, item, rubric, false), deadline, usd);
  }

  // `usd`: what the reply cost, readable or not.
  Result<std::string> Post(const Json& body, const Deadline& deadline, double& usd) const {
    if (call_) return call_(body, deadline);
    HttpCall call{.url = adapter_.url + "/v1/chat/completions", .body = body.Dump(), .timeout = adapter_.timeout, .deadline = deadline};
    if (!key_.empty()) call.headers.push_back("Authorization: Bearer " + key_);
    auto reply = Http(call);
    if (!reply) return reply.error();
    const std::string said = "it answered " + std::to_string(reply->status);
    if (reply->status == 429 || reply->status == 503) return MakeError(ErrorCode::kOverloaded, said);
    if (reply->status >= 500) return MakeError(ErrorCode::kUnavailable, said);
    if (reply->status != 200) return MakeError(ErrorCode::kInvalidArgument, said);
    if (!adapter_.price.free()) {
      const auto json = ParseJson(reply->body);
      usd = adapter_.price.Of(json ? json->Find("usage") : nullptr, call.body.size(), reply->body.size());
      Spend::Process().Pay(name(), usd);
    }
    return std::move(reply->body);
  }

  const ModelAdapter adapter_;
  const JudgeCall call_;
  std::string key_;
  std::atomic<bool> refuses_logprobs_ = false;
};

}  // namespace

std::unique_ptr<ModelBackend> MakeJudgeBackend(const ModelAdapter& adapter, JudgeCall call) { return std::make_unique<JudgeBackend>(adapter, std::move(call)); }

Result<std::vector<RubricItem>> RubricFromJson(const Json& json) {
  std::vector<RubricItem> rubric;
  const auto bad = [](const std::string& what) { return MakeError(ErrorCode::kInvalidArgument, "rubric: " + what); };
  if (!json.is_array() || json.array().empty()) return bad("it must be a list of criteria that is not empty");
  std::set<std::string> ids;
  for (const Json& entry : json.array()) {
    RubricItem item;
    const Json* id = entry.Find("id");
    const Json* text = entry.Find("text");
    const Json* weight = entry.Find("weight");
    const Json* veto = entry.Find("veto");
    if (text == nullptr || !text->is_string() || text->string().empty()) return bad("a criterion has no 'text'");
    item.text = text->string();
    item.id = id != nullptr && id->is_string() ? id->string() : "c" + std::to_string(rubric.size() + 1);
    if (!ids.insert(item.id).second) return bad("the id '" + item.id + "' stands twice");
    if (weight != nullptr && (!weight->is_number() || !(weight->number() > 0))) return bad("the weight of '" + item.id + "' must be above 0");
    if (weight != nullptr) item.weight = weight->number();
    item.veto = veto != nullptr && veto->is_bool() && veto->boolean();
    rubric.push_back(std::move(item));
  }
  return rubric;
}

Json RubricToJson(const std::vector<RubricItem>& rubric) {
  Json list = Json::Array{};
  for (const RubricItem& item : rubric) {
    Json entry;
    entry.Set("id", item.id);
    entry.Set("text", item.text);
    entry.Set("weight", item.weight);
    if (item.veto) entry.Set("veto", true);
    list.Push(std::move(entry));
  }
  return list;
}

}  // namespace rlar
