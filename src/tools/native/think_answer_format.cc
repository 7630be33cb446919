// think_answer_format: the response is one <think>…</think> block and then its answer in one <answer>…</answer> block.
#include "base/text.h"
#include "rlar/verifier.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

constexpr std::string_view kOpen = "<think>", kClose = "</think>", kAnswer = "<answer>", kAnswerEnd = "</answer>";

// TRL's `^<think>(?!.*<think>)(.*?)</think>.*$`: begins with the tag, opens it once, closes it. Yields what stands behind the
// block, or nullopt.
std::optional<std::string_view> BehindThinking(std::string_view text) {
  if (text.substr(0, kOpen.size()) != kOpen) return std::nullopt;
  text.remove_prefix(kOpen.size());
  const std::size_t close = text.find(kClose);
  if (close == text.npos || text.find(kOpen) != text.npos) return std::nullopt;
  return text.substr(close + kClose.size());
}

// Exactly one answer block that says something, and nothing around it.
bool IsAnswerBlock(std::string_view text) {
  text = Strip(text);
  if (text.substr(0, kAnswer.size()) != kAnswer || text.size() < kAnswer.size() + kAnswerEnd.size()) return false;
  if (text.substr(text.size() - kAnswerEnd.size()) != kAnswerEnd) return false;
  text = text.substr(kAnswer.size(), text.size() - kAnswer.size() - kAnswerEnd.size());
  for (const std::string_view tag : {kAnswer, kAnswerEnd, kOpen, kClose}) {
    if (text.find(tag) != text.npos) return false;
  }
  bool visible = false;
  ForEachCodePoint(text, [&](char32_t c, std::size_t, std::size_t) { visible |= !IsSpace(c) && !IsInvisible(c) && c != 0; });
  return visible;
}

Score CheckFormat(const Response& response, bool with_answer) {
  if (Trim(response.text).empty()) return Score::Ok(0, Class::kResponseEmpty);
  std::optional<std::string_view> behind = BehindThinking(response.text);
  // A server that splits the reasoning off has seen the block already.
  if (!response.reasoning.empty() && response.text.find(kOpen) == std::string::npos && response.text.find(kClose) == std::string::npos) {
    behind = response.text;
  }
  const bool think = behind.has_value();
  const bool answer = think && IsAnswerBlock(*behind);
  const bool right = think && (answer || !with_answer);
  Score score = right ? Score::Ok(1)
                      : Score::Ok(0, Class::kResponseUnparsable,
                                  think ? "no single <answer>…</answer> block behind the reasoning" : "does not begin with a single <think>…</think> block");
  score.Add("think", think ? 1 : 0).Add("answer", answer ? 1 : 0);
  return score;
}

Prepared Prepare(const Query&, const Params& params, StepBudget&) {
  return MakeCheck([with_answer = params.Bool("answer")](const Response& response, StepBudget&) { return CheckFormat(response, with_answer); });
}

constexpr ParamSpec kParams[] = {
    {.name = "answer",
     .type = ParamSpec::Type::kBool,
     .default_json = "true",
     .summary = "also ask for one <answer> block; false is TRL's think_format_reward exactly"},
};

}  // namespace

extern const VerifierSpec think_answer_format{
    .name = "think_answer_format",
    .version = 1,
    .summary = "The response is one <think> block and then its answer in one <answer> block.",
    .needs_reference = false,
    .params = kParams,
    .source = "think_format_reward of TRL",
    .prepare = &Prepare,
};

}  // namespace rlar::native
