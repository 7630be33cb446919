// length_window: the response is neither shorter nor longer than asked.
#include "base/text.h"
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/punkt.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

bool HasAlnum(std::string_view text) {
  bool found = false;
  ForEachCodePoint(text, [&](char32_t c, std::size_t, std::size_t) { found |= IsAlnum(c); });
  return found;
}

std::size_t CountChars(std::string_view text) {
  std::size_t count = 0;
  ForEachCodePoint(Strip(text), [&](char32_t c, std::size_t, std::size_t) { count += !IsInvisible(c); });
  return count;
}

std::size_t CountWith(const std::vector<std::string_view>& parts) {
  std::size_t count = 0;
  for (const std::string_view part : parts) count += HasAlnum(part);
  return count;
}

// Blocks of lines between blank lines.
std::size_t CountParagraphs(std::string_view text) {
  std::size_t count = 0;
  bool inside = false;
  for (const std::string_view line : Split(text, '\n')) {
    const bool filled = HasAlnum(line);
    count += filled && !inside;
    inside = filled || (inside && !Strip(line).empty());
  }
  return count;
}

std::size_t Measure(std::string_view text, const std::string& unit) {
  if (unit == "chars") return CountChars(text);
  if (unit == "words") return CountWith(SplitBlanks(text));
  if (unit == "sentences") return CountWith(SplitSentences(text, SmallPunkt()));
  return CountParagraphs(text);
}

struct Window {
  double min = 0, max = 0;
  std::string unit;
};

Score Judge(const Window& window, const Response& response) {
  const std::string_view said = AfterReasoning(response.text);
  if (Strip(said).empty()) return std::move(Score::Ok(0, Class::kResponseEmpty).Add("length", 0));
  double length = 0;
  if (window.unit == "tokens") {
    if (!response.tokens) return Score::Invalid(Class::kBadRow, "unit 'tokens' needs the row's field 'tokens'");
    length = static_cast<double>(*response.tokens);
  } else {
    length = static_cast<double>(Measure(said, window.unit));
  }
  const std::string shown = std::to_string(static_cast<long long>(length)) + " " + window.unit;
  Score score = length < window.min   ? Score::Verdict(false, shown + ", too short")
                : length > window.max ? Score::Verdict(false, shown + ", too long")
                                      : Score::Verdict(true, shown);
  score.Add("length", length);
  return score;
}

Prepared Prepare(const Query&, const Params& params, StepBudget&) {
  if (!params.given("min") && !params.given("max")) {
    return Score::Invalid(Class::kBadParams, "length_window needs the parameter 'min' or 'max'");
  }
  Window window{.min = params.given("min") ? params.Number("min") : 0, .max = params.given("max") ? params.Number("max") : 1e18, .unit = params.String("unit")};
  if (window.min < 0 || window.min > window.max) {
    return Score::Invalid(Class::kBadParams, "parameters 'min' and 'max' of length_window make no window");
  }
  return MakeCheck([window = std::move(window)](const Response& response, StepBudget&) { return Judge(window, response); });
}

constexpr ParamSpec kParams[] = {
    {.name = "min", .type = ParamSpec::Type::kNumber, .summary = "least length that is right"},
    {.name = "max", .type = ParamSpec::Type::kNumber, .summary = "greatest length that is right"},
    {.name = "unit",
     .type = ParamSpec::Type::kString,
     .default_json = "\"words\"",
     .summary = "visible characters; words, sentences, paragraphs that hold a letter or digit; or the row's own token count",
     .choices = "chars|words|sentences|paragraphs|tokens"},
};

}  // namespace

extern const VerifierSpec length_window{
    .name = "length_window",
    .version = 1,
    .summary = "The answer is at least min and at most max long.",
    .needs_reference = false,
    .params = kParams,
    .source = "own",
    .prepare = &Prepare,
};

}  // namespace rlar::native
