// exact_match: the response, or the answer found in it, equals a reference.
#include <algorithm>

#include "base/text.h"
#include "rlar/verifier.h"
#include "text/extract.h"

namespace rlar::native {
namespace {

struct Options {
  bool strip, ignore_case, extract;
};

std::string Normal(std::string_view text, const Options& options) {
  if (options.strip) text = Trim(text);
  return options.ignore_case ? UnicodeLower(text) : std::string(text);
}

// Marks that set an answer as mathematics, where nothing else in it does.
std::string_view WithoutMathMarks(std::string_view answer) {
  constexpr std::pair<std::string_view, std::string_view> kMarks[] = {{"$$", "$$"}, {"$", "$"}, {"\\(", "\\)"}, {"\\[", "\\]"}, {"\\text{", "}"}};
  for (const auto& [open, close] : kMarks) {
    if (answer.size() <= open.size() + close.size() || !answer.starts_with(open) || !answer.ends_with(close)) continue;
    const std::string_view inner = answer.substr(open.size(), answer.size() - open.size() - close.size());
    if (inner.find(close) == inner.npos) answer = Trim(inner);
  }
  return answer;
}

// With extraction on, an answer may carry the full stop of its sentence, stand in quotes or be set as mathematics.
std::string_view WithoutDressing(std::string_view answer) {
  answer = Trim(answer);
  if (answer.size() > 1 && answer.back() == '.') answer.remove_suffix(1);
  answer = WithoutMathMarks(answer);
  if (answer.size() > 1 && answer.front() == answer.back() && (answer.front() == '"' || answer.front() == '\'' || answer.front() == '`')) {
    answer = answer.substr(1, answer.size() - 2);
  }
  return Trim(answer);
}

// Without the marks that extraction drops at the ends of an answer, one-sided quotes too.
std::string_view WithoutEdges(std::string_view text) {
  constexpr std::string_view kMarks = "*`\"_ \n\r\t";
  for (std::size_t before = text.size() + 1; text.size() < before;) {
    before = text.size();
    while (!text.empty() && kMarks.find(text.front()) != kMarks.npos) text.remove_prefix(1);
    while (!text.empty() && kMarks.find(text.back()) != kMarks.npos) text.remove_suffix(1);
    if (text.size() > 1 && text.back() == '.' && text[text.size() - 2] != '.') text.remove_suffix(1);
    // The end of a sentence, not a factorial.
    if (text.size() > 1 && (text.back() == '?' || text.back() == '!') && IsAsciiAlpha(text[text.size() - 2])) text.remove_suffix(1);
  }
  return text;
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "exact_match compares text; this reference is a JSON object");
  }
  const Options options{params.Bool("strip"), params.Bool("ignore_case"), params.String("extract") == "auto"};
  std::vector<std::string> wanted;
  for (const std::string& text : query.reference.texts) {
    wanted.push_back(Normal(text, options));
    if (!options.extract) continue;
    wanted.push_back(Normal(WithoutDressing(text), options));
    if (!WithoutEdges(text).empty()) wanted.push_back(Normal(WithoutEdges(text), options));
  }
  return MakeCheck([wanted = std::move(wanted), options](const Response& response, StepBudget&) {
    const std::string_view raw = AfterReasoning(response.text);
    if (Trim(raw).empty()) return Score::Ok(0, Class::kResponseEmpty);
    const auto equals = [&](std::string_view said) { return std::find(wanted.begin(), wanted.end(), Normal(said, options)) != wanted.end(); };
    if (!options.extract || equals(raw)) return Score::Verdict(equals(raw));
    const Extraction answer = ExtractAnswer(response.text, {.want = ExtractOptions::Want::kText});
    if (!answer.found()) return Score::Ok(0, Class::kResponseUnparsable, "no answer is stated");
    return Score::Verdict(!answer.negated && !answer.listed && equals(WithoutDressing(answer.answer())), answer.Describe());
  });
}

constexpr ParamSpec kParams[] = {
    {.name = "strip", .type = ParamSpec::Type::kBool, .default_json = "true", .summary = "ignore white space at both ends"},
    {.name = "ignore_case", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "compare without regard to case"},
    {.name = "extract",
     .type = ParamSpec::Type::kString,
     .default_json = "\"none\"",
     .summary = "auto: compare the answer that the response states; none: the whole response",
     .choices = "none|auto"},
};

}  // namespace

extern const VerifierSpec exact_match{
    .name = "exact_match",
    .version = 2,
    .summary = "The response, or the answer found in it, equals a reference, white space at both ends aside.",
    .params = kParams,
    .source = "SQuAD exact match without its normalisation",
    .prepare = &Prepare,
};

}  // namespace rlar::native
