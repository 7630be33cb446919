// contains: a reference stands in the response, as words.
#include "base/text.h"
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/hedge.h"
#include "text/squad.h"

namespace rlar::native {
namespace {

struct Gold {
  std::string text;
  std::vector<std::string> words;
};

enum class Mention { kNone, kDenied, kSaid };

// Whether some mention of the reference stands undenied.
Mention FindMention(const std::vector<std::string>& said, const std::vector<std::string>& gold, bool guard) {
  Mention best = Mention::kNone;
  for (std::size_t at = FindTokens(said, gold); at != std::string::npos; at = FindTokens(said, gold, at + 1)) {
    if (!guard || !IsDenied(said, at)) return Mention::kSaid;
    best = Mention::kDenied;
  }
  return best;
}

Score Search(const std::vector<Gold>& golds, bool normalised, bool all, bool guard, const Response& response) {
  const std::string_view raw = Trim(AfterReasoning(response.text));
  if (raw.empty()) return Score::Ok(0, Class::kResponseEmpty);
  const std::vector<std::string> said = normalised ? SquadTokens(raw) : std::vector<std::string>();
  std::size_t found = 0;
  std::string why = "the reference is not in it";
  for (const Gold& gold : golds) {
    if (!normalised) {
      found += raw.find(gold.text) != raw.npos;
      continue;
    }
    const Mention mention = FindMention(said, gold.words, guard);
    if (mention == Mention::kDenied) why = "the reference is denied";
    if (mention != Mention::kSaid) continue;
    if (guard && !all && IsEnumeration(raw, gold.words.size())) {
      why = "lists possible answers";
      continue;
    }
    ++found;
  }
  const bool right = all ? found == golds.size() : found > 0;
  Score score = Score::Verdict(right, right ? "" : why);
  score.Add("found", static_cast<double>(found));
  return score;
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "contains compares text; this reference is a JSON object");
  }
  const bool normalised = params.String("mode") == "normalised";
  std::vector<Gold> golds;
  for (const std::string& text : query.reference.texts) {
    Gold gold{std::string(Trim(text)), SquadTokens(text)};
    if (normalised ? !gold.words.empty() : !gold.text.empty()) golds.push_back(std::move(gold));
  }
  if (golds.empty()) return Score::Invalid(Class::kBadReference, "no word is left of the reference");
  return MakeCheck([golds = std::move(golds), normalised, all = params.Bool("all"), guard = params.Bool("guard")](const Response& response, StepBudget&) {
    return Search(golds, normalised, all, guard, response);
  });
}

constexpr ParamSpec kParams[] = {
    {.name = "mode",
     .type = ParamSpec::Type::kString,
     .default_json = "\"normalised\"",
     .summary = "compare words without case, marks and articles, or the characters as they are",
     .choices = "normalised|exact"},
    {.name = "all", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "every reference must be there, not just one"},
    {.name = "guard",
     .type = ParamSpec::Type::kBool,
     .default_json = "true",
     .summary = "a mention that is denied, or one item of a list of answers, does not count (mode normalised)"},
};

}  // namespace

extern const VerifierSpec contains{
    .name = "contains",
    .version = 1,
    .summary = "A reference stands in the response as words, and is neither denied nor one of many answers listed.",
    .params = kParams,
    .source = "substring match of the EVOUNA and search-r1 evaluations, with guards",
    .prepare = &Prepare,
};

}  // namespace rlar::native
