// format_tags: the response stands in the given tags, once each, in their order.
#include <algorithm>
#include <optional>

#include "base/text.h"
#include "rlar/verifier.h"
#include "text/unicode.h"

namespace rlar::native {
namespace {

using Tags = std::vector<std::string>;

std::size_t CountOf(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

bool SaysSomething(std::string_view text) {
  bool visible = false;
  ForEachCodePoint(text, [&](char32_t c, std::size_t, std::size_t) { visible |= !IsSpace(c) && !IsInvisible(c) && c != 0; });
  return visible;
}

// Empty where the text is nothing but its tags in order, else what is wrong.
std::string Deviation(std::string_view text, const Tags& tags) {
  for (const std::string& tag : tags) {
    const std::string open = "<" + tag + ">", close = "</" + tag + ">";
    text = StripLeft(text);
    if (!text.starts_with(open)) return "no " + open + " where it should begin";
    text.remove_prefix(open.size());
    const std::size_t end = text.find(close);
    if (end == text.npos) return open + " is not closed";
    const std::string_view content = text.substr(0, end);
    if (!SaysSomething(content)) return open + " is empty";
    for (const std::string& other : tags) {
      if (content.find("<" + other + ">") != content.npos || content.find("</" + other + ">") != content.npos) return "a tag stands inside " + open;
    }
    text.remove_prefix(end + close.size());
  }
  return Strip(text).empty() ? std::string() : "text behind the last tag";
}

// One tag: opened once, closed once, in that order, behind the tags before it.
bool StandsOnce(std::string_view text, const std::string& tag, std::size_t& from) {
  const std::string open = "<" + tag + ">", close = "</" + tag + ">";
  if (CountOf(text, open) != 1 || CountOf(text, close) != 1) return false;
  const std::size_t begin = text.find(open), end = text.find(close);
  if (begin < from || end < begin) return false;
  from = end + close.size();
  return true;
}

Score Judge(const Tags& tags, bool strict, const Response& response) {
  std::string_view text = response.text;
  if (Strip(text).empty()) return Score::Ok(0, Class::kResponseEmpty);
  // A server that splits the reasoning off has seen its block already.
  std::string whole;
  if (!response.reasoning.empty() && tags.front() == "think" && text.find("<think>") == text.npos && text.find("</think>") == text.npos) {
    text = whole = "<think>" + response.reasoning + "</think>" + response.text;
  }
  std::size_t standing = 0, from = 0;
  std::vector<bool> stands;
  for (const std::string& tag : tags) {
    stands.push_back(StandsOnce(text, tag, from));
    standing += stands.back();
  }
  const std::string deviation = Deviation(text, tags);
  const double share = static_cast<double>(standing) / static_cast<double>(tags.size());
  const double value = strict ? deviation.empty() : share;
  Score score = Score::Ok(value, value == 1 ? Class::kNone : Class::kResponseUnparsable, value == 1 ? "" : deviation);
  for (std::size_t i = 0; i < tags.size(); ++i) score.Add("tag/" + tags[i], stands[i] ? 1 : 0);
  score.Add("share", share);
  return score;
}

Prepared Prepare(const Query&, const Params& params, StepBudget&) {
  Tags tags;
  for (const Json& tag : params["tags"].array()) {
    const std::string& name = tag.string();
    const bool plain = !name.empty() && name.find_first_of("<>/ \t\n") == name.npos;
    if (!plain || std::find(tags.begin(), tags.end(), name) != tags.end()) {
      return Score::Invalid(Class::kBadParams, "parameter 'tags' of format_tags: '" + name + "' is no name of a tag, or comes twice");
    }
    tags.push_back(name);
  }
  if (tags.empty()) return Score::Invalid(Class::kBadParams, "parameter 'tags' of format_tags is empty");
  return MakeCheck([tags = std::move(tags), strict = params.Bool("strict")](const Response& response, StepBudget&) { return Judge(tags, strict, response); });
}

constexpr ParamSpec kParams[] = {
    {.name = "tags", .type = ParamSpec::Type::kStringList, .default_json = "[\"think\",\"answer\"]", .summary = "names of the tags in their order"},
    {.name = "strict",
     .type = ParamSpec::Type::kBool,
     .default_json = "true",
     .summary = "nothing but the tags, each with content; false: the share of tags that stand once and in order, text around them allowed"},
};

}  // namespace

extern const VerifierSpec format_tags{
    .name = "format_tags",
    .version = 1,
    .summary = "The response stands in the given tags, once each and in order; partial credit where strict is false.",
    .needs_reference = false,
    .params = kParams,
    .source = "format and tag-count rewards of open-r1 and TRL",
    .binary = false,
    .prepare = &Prepare,
};

}  // namespace rlar::native
