// tool_call_match: the response calls the tools of the reference with the same arguments.
#include <algorithm>

#include "base/text.h"
#include "rlar/verifier.h"
#include "text/extract.h"
#include "text/tool_calls.h"

namespace rlar::native {
namespace {

struct Options {
  bool ordered, alternatives, loose_strings;
};

// Letters and digits only, in lower case: how loose strings are compared.
std::string Loose(std::string_view text) {
  std::string out;
  for (const char c : UnicodeLower(text)) {
    if (std::string_view(" ,./-_*^\"'()").find(c) == std::string_view::npos) out += c;
  }
  return out;
}

bool SameArgument(const Json& said, const Json& wanted, bool loose) {
  if (!loose || said.kind() != wanted.kind()) return said == wanted;
  if (said.is_string()) return Loose(said.string()) == Loose(wanted.string());
  if (said.is_array()) {
    return said.array().size() == wanted.array().size() && std::equal(said.array().begin(), said.array().end(), wanted.array().begin(),
                                                                      [&](const Json& a, const Json& b) { return SameArgument(a, b, loose); });
  }
  if (said.is_object()) {
    return said.object().size() == wanted.object().size() && std::all_of(said.object().begin(), said.object().end(), [&](const Json::Member& member) {
             const Json* other = wanted.Find(member.first);
             return other != nullptr && SameArgument(member.second, *other, loose);
           });
  }
  return said == wanted;
}

// With alternatives a wanted argument is the list of the values it may have; "" among them: it may be left out.
bool MayBeLeftOut(const Json& values) {
  return values.is_array() &&
         std::any_of(values.array().begin(), values.array().end(), [](const Json& value) { return value.is_string() && value.string().empty(); });
}

// Empty where the calls are the same, else what differs.
std::string Difference(const ToolCall& said, const ToolCall& wanted, const Options& options) {
  if (said.name != wanted.name) return "calls '" + said.name.substr(0, 60) + "', not '" + wanted.name + "'";
  for (const auto& [name, value] : said.arguments.object()) {
    const Json* want = wanted.arguments.Find(name);
    if (want == nullptr) return "argument '" + name.substr(0, 60) + "' is not asked for";
    const bool same =
        options.alternatives && want->is_array()
            ? std::any_of(want->array().begin(), want->array().end(), [&, &v = value](const Json& one) { return SameArgument(v, one, options.loose_strings); })
            : SameArgument(value, *want, options.loose_strings);
    if (!same) return "argument '" + name + "' differs";
  }
  for (const auto& [name, value] : wanted.arguments.object()) {
    if (said.arguments.Find(name) == nullptr && !(options.alternatives && MayBeLeftOut(value))) return "argument '" + name + "' is missing";
  }
  return {};
}

Score Compare(const std::vector<ToolCall>& said, const std::vector<ToolCall>& wanted, const Options& options) {
  std::vector<bool> used(said.size());
  std::string why;
  std::size_t right = 0;
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    bool found = false;
    for (std::size_t s = 0; s < said.size() && !found; ++s) {
      if (used[s] || (options.ordered && s != w)) continue;
      const std::string difference = Difference(said[s], wanted[w], options);
      found = difference.empty();
      if (found)
        used[s] = true;
      else if (why.empty() || difference.find("calls '") == std::string::npos)
        why = difference;
    }
    right += found;
    if (!found && why.empty()) why = "the call of '" + wanted[w].name + "' is missing";
  }
  const bool all = right == wanted.size() && said.size() == wanted.size();
  if (right == wanted.size() && said.size() > wanted.size()) why = std::to_string(said.size() - wanted.size()) + " calls more than asked for";
  Score score = Score::Verdict(all, all ? "" : why);
  score.Add("matched", static_cast<double>(right)).Add("wanted", static_cast<double>(wanted.size())).Add("said", static_cast<double>(said.size()));
  return score;
}

// The calls of the last assistant turn, where the row has them apart from the text.
const Json* StructuredCalls(const Response& response) {
  for (auto turn = response.messages.rbegin(); turn != response.messages.rend(); ++turn) {
    if (turn->role == "assistant") return turn->tool_calls.is_array() && !turn->tool_calls.array().empty() ? &turn->tool_calls : nullptr;
  }
  return nullptr;
}

Score Judge(const std::vector<ToolCall>& wanted, const Options& options, const Response& response, StepBudget& budget) {
  const std::string_view text = Trim(AfterReasoning(response.text));
  const Json* structured = StructuredCalls(response);
  if (structured == nullptr && text.empty()) return Score::Ok(0, Class::kResponseEmpty);
  const auto said = structured != nullptr ? ToolCallsFromJson(*structured) : ToolCallsFromText(text);
  if (!said) return Score::Ok(0, Class::kResponseUnparsable, said.error().message);
  if (!budget.Spend(static_cast<std::int64_t>(said->size() * wanted.size() * 10))) {
    return Score::Ok(0, Class::kResponseOverBudget, std::to_string(said->size()) + " calls are too many to compare");
  }
  return Compare(*said, wanted, options);
}

Prepared Prepare(const Query& query, const Params& params, StepBudget&) {
  Json json = query.reference.json;
  if (query.reference.kind != Reference::Kind::kJson) {
    if (query.reference.texts.size() != 1) return Score::Invalid(Class::kBadReference, "tool_call_match needs the calls as JSON");
    auto parsed = ToolCallsFromText(query.reference.texts.front());
    if (!parsed) return Score::Invalid(Class::kBadReference, "the reference holds no calls: " + parsed.error().message);
    json = Json::Array{};
    for (ToolCall& call : *parsed) {
      Json one;
      one.Set("name", std::move(call.name));
      one.Set("arguments", std::move(call.arguments));
      json.Push(std::move(one));
    }
  }
  auto wanted = ToolCallsFromJson(json);
  if (!wanted) return Score::Invalid(Class::kBadReference, "the reference holds no calls: " + wanted.error().message);
  if (wanted->empty()) return Score::Invalid(Class::kBadReference, "the reference holds no call");
  const Options options{params.Bool("ordered"), params.Bool("alternatives"), params.String("strings") == "loose"};
  return MakeCheck([wanted = std::move(*wanted), options](const Response& response, StepBudget& budget) { return Judge(wanted, options, response, budget); });
}

constexpr ParamSpec kParams[] = {
    {.name = "ordered", .type = ParamSpec::Type::kBool, .default_json = "false", .summary = "several calls must come in the reference's order"},
    {.name = "alternatives",
     .type = ParamSpec::Type::kBool,
     .default_json = "false",
     .summary = "each argument of the reference is the list of values it may have; \"\" in it: it may be left out (BFCL's form)"},
    {.name = "strings",
     .type = ParamSpec::Type::kString,
     .default_json = "\"exact\"",
     .summary = "loose: without regard to case, blanks and the marks ,./-_*^",
     .choices = "exact|loose"},
};

}  // namespace

extern const VerifierSpec tool_call_match{
    .name = "tool_call_match",
    .version = 1,
    .summary = "The response makes the reference's tool calls: the same functions with the same arguments, and no others.",
    .params = kParams,
    .source = "own; argument rules after the Berkeley Function Calling Leaderboard's AST check",
    .prepare = &Prepare,
};

}  // namespace rlar::native
