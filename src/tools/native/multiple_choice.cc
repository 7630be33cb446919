// multiple_choice: the response picks the option that the reference names, by letter or by its text.
#include <algorithm>

#include "base/text.h"
#include "rlar/verifier.h"
#include "text/choice.h"
#include "text/extract.h"

namespace rlar::native {
namespace {

// Options from `choices`: a list of texts, or an object from label to text.
std::vector<Option> ReadOptions(const Json& choices) {
  std::vector<Option> options;
  if (choices.is_array()) {
    for (const Json& item : choices.array()) {
      std::string text = item.is_string() ? item.string() : item.Dump();
      options.push_back({std::string(1, static_cast<char>('A' + std::min<std::size_t>(options.size(), 25))), std::move(text)});
    }
  } else if (choices.is_object()) {
    for (const auto& [label, text] : choices.object()) options.push_back({label, text.is_string() ? text.string() : text.Dump()});
  }
  return options;
}

// A reference "C", "(C)", "C.", "C) Rome" as the index of its label, or -1.
int ReferenceLabel(std::string_view text) {
  text = Trim(text);
  while (!text.empty() && (text.front() == '(' || text.front() == '[')) text.remove_prefix(1);
  if (text.empty()) return -1;
  std::size_t at = 0;
  const int index = LabelIndex(NextCodePoint(text, at));
  const std::string_view rest = text.substr(at);
  return rest.empty() || std::string_view(").]: ").find(rest.front()) != std::string_view::npos ? index : -1;
}

// The options that count as right. Empty where the reference names none.
std::vector<std::size_t> RightOptions(const std::vector<std::string>& references, const std::vector<Option>& options) {
  std::vector<std::size_t> right;
  for (const std::string& reference : references) {
    for (std::size_t i = 0; i < options.size(); ++i) {
      if (options[i].label == Trim(reference) || (!options[i].text.empty() && OptionKey(options[i].text) == OptionKey(reference))) right.push_back(i);
    }
    if (!right.empty()) continue;
    const int label = ReferenceLabel(reference);
    if (label >= 0 && static_cast<std::size_t>(label) < options.size()) right.push_back(static_cast<std::size_t>(label));
  }
  return right;
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  if (query.reference.kind == Reference::Kind::kJson) {
    return Score::Invalid(Class::kBadReference, "multiple_choice needs a letter or an option's text as its reference");
  }
  const Json& choices = params["choices"];
  if (!choices.is_null() && !choices.is_array() && !choices.is_object()) {
    return Score::Invalid(Class::kBadParams, "choices must be a list of texts or an object from label to text");
  }
  std::vector<Option> options = ReadOptions(choices);
  if (!choices.is_null() && (options.empty() || options.size() > 10)) {
    return Score::Invalid(Class::kBadParams, "choices must hold 1 to 10 options");
  }
  const bool known = !options.empty();
  if (!known) {
    for (char label = 'A'; label <= 'J'; ++label) options.push_back({std::string(1, label), ""});
  }
  std::vector<std::size_t> right = RightOptions(query.reference.texts, options);
  if (right.empty()) {
    return Score::Invalid(Class::kBadReference, "the reference '" + query.reference.texts.front().substr(0, 60) + "' names " +
                                                    (known ? "none of the choices" : "no letter A-J, and choices are not given"));
  }
  // Without choices a reference "C) Rome" still tells that option's text.
  return MakeCheck([options = std::move(options), right = std::move(right)](const Response& response, StepBudget& budget) {
    budget.Spend(static_cast<std::int64_t>(response.text.size()) / 32 + 50);
    const Choice choice = FindChoice(response.text, options);
    const std::string shown = "'" + std::string(choice.evidence.substr(0, 60)) + "' (" + std::string(choice.method) + ")";
    switch (choice.outcome) {
      case Choice::Outcome::kPicked:
        return Score::Verdict(std::find(right.begin(), right.end(), choice.index) != right.end(), "picked " + options[choice.index].label + " from " + shown);
      case Choice::Outcome::kSeveral: return Score::Verdict(false, "several options are offered in " + shown);
      case Choice::Outcome::kDenied: return Score::Verdict(false, "the option is denied in " + shown);
      case Choice::Outcome::kUnknownLabel: return Score::Verdict(false, "no such option in " + shown);
      case Choice::Outcome::kNothing: break;
    }
    return Score::Ok(0, Trim(AfterReasoning(response.text)).empty() ? Class::kResponseEmpty : Class::kResponseUnparsable, "no option is picked");
  });
}

constexpr ParamSpec kParams[] = {
    {.name = "choices",
     .type = ParamSpec::Type::kAny,
     .default_json = "null",
     .summary = "the options: a list of texts (A, B, … in order) or an object from label to text"},
    {.name = "language",
     .type = ParamSpec::Type::kString,
     .default_json = "null",
     .summary = "language of the response; phrases and letters of all languages are read in any case"},
};

}  // namespace

extern const VerifierSpec multiple_choice{
    .name = "multiple_choice",
    .version = 1,
    .summary = "The response picks the option that the reference names, by letter (Latin or native) or by the option's text.",
    .params = kParams,
    .source = "lighteval's IndicesExtraction, simple-evals' multilingual patterns",
    .prepare = &Prepare,
};

}  // namespace rlar::native
