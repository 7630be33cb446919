// What Math-Verify 0.9.0 makes of the text of an environment before it parses it.
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"
#include "math/math_verify_extract.h"

namespace rlar::math {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool IsSeparator(std::string_view between) {
  static const re2::RE2 pattern(R"(\b(?:and|or)\b|,|;)");
  return re2::RE2::PartialMatch(re2::StringPiece(between.data(), between.size()), pattern);
}

// Whether an earlier box belongs to a later one: close to it, or with another content and a separator not far away.
bool BelongTogether(std::string_view between, std::string_view content, std::string_view later) {
  return CodePointCount(between) < 10 || (content != later && CodePointCount(between) < 70 && IsSeparator(between));
}

// "and" and "or" become commas, alone or in \text.
std::string JointsToCommas(std::string text) {
  static const re2::RE2 in_text(R"(,?\s*\\text\{\s*(?:and|or)\s*\})");
  re2::RE2::GlobalReplace(&text, in_text, ",");
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool joint = text.compare(i, 3, "and") == 0 || text.compare(i, 2, "or") == 0;
    const std::size_t size = joint && text[i] == 'a' ? 3 : 2;
    if (!joint || (i > 0 && IsAsciiAlpha(text[i - 1])) || (i + size < text.size() && IsAsciiAlpha(text[i + size]))) {
      out += text[i++];
      continue;
    }
    // The blanks before it go, and a comma before these.
    while (!out.empty() && IsAsciiSpace(out.back())) out.pop_back();
    if (!out.empty() && out.back() == ',') out.pop_back();
    out += ',';
    i += size;
  }
  return out;
}

void Replace(std::string& text, const re2::RE2& pattern, std::string_view rewrite) {
  re2::RE2::GlobalReplace(&text, pattern, {rewrite.data(), rewrite.size()});
}

void RewriteCommands(std::string& text) {
  static const re2::RE2 fonts(R"(\\math(?:rm|it|bf)|\\text(?:normal|bf|it|rm))"), th(R"(\\mathrm\{th\}|\\!\s*|\\text\s*\{\s*\}|\\displaystyle)");
  static const re2::RE2 dollars(R"(\\\$|\$)"), comma(R"(\s*\{\s*,\s*\})"), fractions(R"(\\[dtc]frac)"), dots(R"(,?\\ldots)");
  static const re2::RE2 percent(R"(\s*\b(?:percentage|percent|pct)\b|\\text\{(?:percentage|percent|pct)\})");
  static const re2::RE2 doubled(R"(\\\\([a-zA-Z]))");
  text = ReplaceAll(ReplaceAll(std::move(text), "\\mathrm{T}", "T"), "\\mathrm{d}", "d");
  Replace(text, th, "");
  Replace(text, dollars, "");
  Replace(text, fonts, R"(\\text)");
  Replace(text, fractions, R"(\\frac)");
  Replace(text, comma, ",");
  Replace(text, percent, R"(\\%)");
  Replace(text, dots, " ");
  text = JointsToCommas(std::move(text));
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  if (text.find("matrix") == text.npos) Replace(text, doubled, R"(\\\1)");
}

// A unit in \text at the end, with what stands between it and the first \text; then twice a unit's plain name.
void DropUnits(std::string& text) {
  static const re2::RE2 command(R"((\\(?:text|mbox)\{.*\})(?:\^\d|\{\^\d\})?$)");
  re2::StringPiece found;
  if (command.Match(text, 0, text.size(), re2::RE2::UNANCHORED, &found, 1)) {
    const std::string_view before(text.data(), static_cast<std::size_t>(found.data() - text.data()));
    if (!Trim(before).empty()) text = std::string(Trim(before));
  }
  static const re2::RE2 plain(
      R"(^(.*(?:\d|\}|\s))\s*(?:feet|ft|foot|inch|inches|in|yard|yd|mile|mph|kmph|kmh|km|cm|mm|dm|m|metre|meter|mtr|mt|kg|gm|g|lb|pound|liter|litre|lt|l|gallon|gal|cc|)"
      R"(acre|hectare|second|sec|s|minute|min|hour|hr|h|day|month|year|yr|am|pm|noon|degree|deg|c|o|d|t|th|st|rd|ohm|cent|rs|rupee|unit|square|sq|cubic|cube|cu|point|digit|)"
      R"(number|student|man|men|woman|women|soldier|apple|monkey|coin|toy|tile|meal|edge|prime|multiple|mark|way|more|less|increase|decrease|profit|loss|gain|rise|ratio|)"
      R"(east|west|by|per|are|ab|bc|pure|pie)(?:s|es)?\s*$)");
  for (int k = 0; k < 2; ++k) {
    std::string kept;
    if (re2::RE2::FullMatch(text, plain, &kept) && !kept.empty()) text = std::move(kept);
  }
}

}  // namespace

std::string MathVerifyBoxes(std::string_view text, bool all) {
  std::vector<std::string> contents;  // from the last
  std::size_t limit = text.size(), later = kNone;
  for (std::size_t from = text.size();;) {
    const std::size_t boxed = from == 0 ? kNone : text.rfind("\\boxed", from - 1), fbox = from == 0 ? kNone : text.rfind("\\fbox", from - 1);
    if (boxed == kNone && fbox == kNone) break;
    const bool is_boxed = fbox == kNone || (boxed != kNone && boxed > fbox);
    const std::size_t start = is_boxed ? boxed : fbox;
    std::size_t open = start + (is_boxed ? 6 : 5);
    while (open < limit && IsAsciiSpace(text[open])) ++open;
    if (open >= limit) break;
    std::size_t close = open;
    int depth = text[open] == '{' ? 1 : 0;
    while (depth > 0 && ++close < limit) depth += (text[close] == '{') - (text[close] == '}');
    if (text[open] != '{' || depth > 0) {
      if (contents.empty()) contents.emplace_back(text.substr(open));
      break;
    }
    const std::string content(Trim(text.substr(open + 1, close - open - 1)));
    if (!all && later != kNone && !BelongTogether(text.substr(close + 1, later - close - 1), content, contents.back())) break;
    if (contents.empty() || contents.back() != content) contents.push_back(content);
    later = limit = from = start;
  }
  if (contents.empty()) return std::string(text);
  std::string joined;
  for (auto content = contents.rbegin(); content != contents.rend(); ++content) joined.append(joined.empty() ? "" : ",").append(*content);
  return joined;
}

std::string MathVerifyNormalize(std::string_view raw) {
  std::string text(raw);
  RewriteCommands(text);
  DropUnits(text);
  if (text == "0.5") text = "\\frac{1}{2}";
  return text;
}

}  // namespace rlar::math
