// language: the response is written in the expected language.
#include "text/language.h"

#include <algorithm>

#include "base/text.h"
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

// A line shorter than this says little about its language.
constexpr std::size_t kFewLetters = 40;

std::size_t CountLetters(std::string_view text) {
  std::size_t count = 0;
  ForEachCodePoint(text, [&](char32_t c, std::size_t, std::size_t) { count += IsAlnum(c) && !(c < 0x80 && IsAsciiDigit(static_cast<char>(c))); });
  return count;
}

bool Same(std::string_view detected, std::string_view expected) { return detected == expected || (expected == "zh" && detected.starts_with("zh-")); }

// Prose: without fenced blocks.
std::string WithoutCode(std::string_view text) {
  std::string out;
  bool inside = false;
  for (const std::string_view line : Split(text, '\n')) {
    if (Trim(line).starts_with("```")) {
      inside = !inside;
      continue;
    }
    if (!inside) (out += line) += '\n';
  }
  return out;
}

Score Judge(const LanguageModel& model, const std::string& expected, double min_share, const Response& response, StepBudget& budget) {
  const std::string prose = WithoutCode(AfterReasoning(response.text));
  if (Strip(prose).empty()) return Score::Ok(0, Class::kResponseEmpty);
  if (!budget.Spend(static_cast<std::int64_t>(prose.size() / 8)))
    return Score::Ok(0, Class::kResponseOverBudget, "the response is too long to judge its language");
  const std::string whole = model.Detect(prose);
  if (whole.empty() || whole == "unknown") return Score::Ok(0, Class::kResponseUnparsable, "no language can be told");
  std::size_t judged = 0, right = 0;
  for (const std::string_view line : Split(prose, '\n')) {
    const std::size_t letters = CountLetters(line);
    if (letters < kFewLetters) continue;
    judged += letters;
    if (Same(model.Detect(line), expected)) right += letters;
  }
  const double share = judged == 0 ? 1 : static_cast<double>(right) / static_cast<double>(judged);
  const bool same = Same(whole, expected);
  Score score = Score::Verdict(same && share >= min_share, !same ? "written in '" + whole + "'" : share < min_share ? "other languages between" : "");
  score.Add("share", same || judged > 0 ? share : 0);
  return score;
}

Prepared Prepare(const Query&, const Params& params, StepBudget&) {
  const auto& model = Languages();
  if (!model) return Score::Failed(Class::kUnavailable, model.error().ToString());
  const std::string expected = AsciiLower(params.String("expected"));
  const auto& known = model->languages();
  if (expected != "zh" && std::find(known.begin(), known.end(), expected) == known.end()) {
    const std::vector<std::string_view> names(known.begin(), known.end());
    const auto near = NearestName(expected, names);
    return Score::Invalid(Class::kBadParams, "parameter 'expected' of language: '" + expected + "' is no known code" +
                                                 (near.empty() ? " (such as en, de, zh-cn)" : " (did you mean '" + std::string(near) + "'?)"));
  }
  const double min_share = params.Number("min_share");
  if (min_share < 0 || min_share > 1) return Score::Invalid(Class::kBadParams, "parameter 'min_share' of language lies in [0, 1]");
  return MakeCheck(
      [&model = *model, expected, min_share](const Response& response, StepBudget& budget) { return Judge(model, expected, min_share, response, budget); });
}

constexpr ParamSpec kParams[] = {
    {.name = "expected", .type = ParamSpec::Type::kString, .summary = "ISO 639-1 code, as en, de, zh-cn, zh-tw; zh is either of the last two"},
    {.name = "min_share",
     .type = ParamSpec::Type::kNumber,
     .default_json = "0.7",
     .summary = "least share of the letters of longer lines that must be in that language"},
};

}  // namespace

extern const VerifierSpec language{
    .name = "language",
    .version = 1,
    .summary = "The answer, code aside, is written in the expected language, as a whole and line by line.",
    .needs_reference = false,
    .params = kParams,
    .required = "expected",
    .source = "language-detection (Shuyo, 2010) in the form of langdetect 1.0.9, seeded",
    .prepare = &Prepare,
};

}  // namespace rlar::native
