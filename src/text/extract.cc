#include "text/extract.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "rlar/json.h"
#include "text/fence.h"
#include "text/phrases.h"
#include "text/spans.h"

namespace rlar {
namespace {

using Want = ExtractOptions::Want;

// Without blanks at both ends. A form feed stays: it may be what is left of a "\\f" in "\\frac".
std::string_view Blankless(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

constexpr std::array<std::string_view, 3> kReasoningTags{"think", "thinking", "reasoning"};

// Words outside mathematics that a bare answer may hold: "7 goats", "28 percent", "right prism".
constexpr std::size_t kBareWords = 3;

// Where the sentence that starts at 0 ends.
std::size_t SentenceEnd(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') return i;
    if (text.substr(i).starts_with("。")) return i;
    if (text[i] != '.' && text[i] != '!' && text[i] != '?') continue;
    if (i > 0 && IsAsciiDigit(text[i - 1]) && text[i] == '!' && !(i + 1 < text.size() && text[i + 1] == ' ')) continue;
    std::size_t next = i + 1;
    while (next < text.size() && (text[next] == ' ' || text[next] == '*')) ++next;
    if (next >= text.size()) return i;
    const bool capital = next > i + 1 && ((text[next] >= 'A' && text[next] <= 'Z') || static_cast<unsigned char>(text[next]) >= 0x80);
    if (capital || text[next] == '\n') return i;
  }
  return text.size();
}

std::string_view StripMarks(std::string_view text) {
  for (;;) {
    const std::string_view before = text;
    text = Blankless(text);
    while (!text.empty() && (text.front() == '*' || text.front() == '`' || text.front() == '"' || text.front() == '_')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == '*' || text.back() == '`' || text.back() == '"' || text.back() == '_')) text.remove_suffix(1);
    if (text.size() > 1 && text.back() == '.' && text[text.size() - 2] != '.') text.remove_suffix(1);
    if (text == before) return text;
  }
}

bool HasDigit(std::string_view text) { return FindFirstNumber(text).found() || text.find_first_of("0123456789") != text.npos; }

class Extractor {
 public:
  Extractor(std::string_view response, const ExtractOptions& options) : response_(response), options_(options), text_(AfterReasoning(response)) {}

  Extraction Run() {
    if (Blankless(text_).empty()) return {};
    if (options_.from == ExtractOptions::From::kNone) return Take(ExtractMethod::kWhole, Blankless(text_));
    if (Extraction boxed = Boxed(); boxed.found() || options_.from == ExtractOptions::From::kBoxed) {
      // "Final answer: 5" behind the last box overrules it.
      const PhraseMatch match = FindAnswerPhrase(text_);
      const bool later = match.found && boxed.found() && options_.from == ExtractOptions::From::kAuto && text_.data() + match.begin > boxed.text.data() &&
                         EndsWithFinal(text_.substr(0, match.begin));
      if (!later || text_.substr(match.end).find("\\boxed") != text_.npos) return boxed;
      Extraction phrase = Phrase();
      return phrase.found() && HasDigit(phrase.answer()) ? phrase : boxed;
    }
    for (const auto step : {&Extractor::Tag, &Extractor::Hash, &Extractor::JsonMember, &Extractor::Phrase, &Extractor::Fenced, &Extractor::Bare,
                            &Extractor::Bold, &Extractor::LastMathOrNumber}) {
      if (Extraction found = (this->*step)(); found.found()) return found;
    }
    return Take(ExtractMethod::kWhole, StripMarks(text_));
  }

 private:
  Extraction Take(ExtractMethod method, std::string_view text) const {
    Extraction out;
    out.method = text.empty() ? ExtractMethod::kNone : method;
    out.text = text;
    out.begin = static_cast<std::size_t>(text.data() - response_.data());
    out.end = out.begin + text.size();
    return out;
  }

  static bool EndsWithFinal(std::string_view before) {
    before = Blankless(before);
    return before.ends_with("final") || before.ends_with("Final");
  }

  // Without "y_2 =" at the end.
  static std::string_view WithoutLabel(std::string_view gap) {
    std::string_view rest = Blankless(gap);
    if (!rest.ends_with("=")) return gap;
    rest = Blankless(rest.substr(0, rest.size() - 1));
    std::size_t end = rest.size();
    while (end > 0 && (IsAsciiAlpha(rest[end - 1]) || IsAsciiDigit(rest[end - 1]) || rest[end - 1] == '_' || rest[end - 1] == '{' || rest[end - 1] == '}'))
      --end;
    const std::string_view label = rest.substr(end);
    const bool named = !label.empty() && IsAsciiAlpha(label[0]) && (label.size() == 1 || label[1] == '_');
    return named ? rest.substr(0, end) : gap;
  }

  // Nothing but blanks, commas, dollar signs and words for "and" or "or" stands between two boxes.
  static bool Joins(std::string_view gap) {
    if (gap.size() > 40) return false;
    gap = WithoutLabel(gap);
    std::size_t i = 0;
    while (i < gap.size()) {
      const char c = gap[i];
      if (IsAsciiSpace(c) || c == ',' || c == ';' || c == '$' || c == '{' || c == '}' || c == '(' || c == ')' || c == '[' || c == ']') {
        ++i;
      } else if (c == '\\') {
        std::size_t end = i + 1;
        while (end < gap.size() && IsAsciiAlpha(gap[end])) ++end;
        const std::string_view command = gap.substr(i + 1, end - i - 1);
        if (!command.empty() && command != "quad" && command != "qquad" && command != "text" && command != "mathrm" && command != "textbf") return false;
        i = command.empty() ? i + 2 : end;
      } else if (IsAsciiAlpha(c)) {
        std::size_t end = i;
        while (end < gap.size() && IsAsciiAlpha(gap[end])) ++end;
        const std::string_view word = gap.substr(i, end - i);
        if (word.size() < 2 || (!IsAnd(word) && !IsOr(word))) return false;
        i = end;
      } else {
        return false;
      }
    }
    return true;
  }

  Extraction Boxed() const {
    const std::vector<Span> boxes = FindBoxes(text_);
    if (boxes.empty()) return {};
    std::size_t first = boxes.size() - 1;
    while (first > 0 && Joins(text_.substr(boxes[first - 1].end, boxes[first].begin - boxes[first - 1].end))) --first;
    const bool joined = first + 1 < boxes.size();
    const std::string_view last = Blankless(boxes.back().Inner(text_));
    Extraction out = Take(ExtractMethod::kBoxed, joined ? text_.substr(boxes[first].begin, boxes.back().end - boxes[first].begin) : last);
    if (joined && std::all_of(boxes.begin() + static_cast<long>(first), boxes.end(), [&](const Span& box) { return Blankless(box.Inner(text_)) == last; })) {
      out = Take(ExtractMethod::kBoxed, last);  // the same answer said twice
    }
    if (joined && out.text != last) {
      const std::string_view between = text_.substr(boxes[first].end, boxes.back().begin - boxes[first].end);
      if (between.find("or") == between.npos) out.last_box = last;
    }
    out.several_boxes =
        std::any_of(boxes.begin(), boxes.begin() + static_cast<long>(first), [&](const Span& box) { return Blankless(box.Inner(text_)) != last; });
    out.negated = EndsWithNegation(text_.substr(0, boxes[first].begin)) || StartsWithNegation(out.text.starts_with("\\text{") ? out.text.substr(6) : out.text);
    return out;
  }

  Extraction Tag() const {
    const std::size_t close = text_.rfind("</answer>");
    if (close == text_.npos) return {};
    const std::size_t open = text_.rfind("<answer>", close);
    if (open == text_.npos) return {};
    return Refined(ExtractMethod::kAnswerTag, text_.substr(open + 8, close - open - 8), true);
  }

  Extraction Hash() const {
    for (std::size_t at = text_.rfind("####"); at != text_.npos; at = at == 0 ? text_.npos : text_.rfind("####", at - 1)) {
      std::string_view line = text_.substr(at + 4);
      line = Blankless(line.substr(0, line.find('\n')));
      // "#### Step 3" is a heading.
      const bool answer = !line.empty() && (options_.want == Want::kText || CountProseWords(line) <= kBareWords) &&
                          (!IsAsciiAlpha(line.front()) || line.size() == 1 || !HasDigit(line) || line.find('=') != line.npos) && line.front() != '#';
      if (answer) return Refined(ExtractMethod::kHash, line, true);
    }
    return {};
  }

  Extraction JsonMember() const {
    const std::string_view body = Blankless(text_);
    if (body.empty() || body.front() != '{' || body.back() != '}' || body.find("\"") == body.npos) return {};
    const auto json = ParseJson(body);
    if (!json) return {};
    for (const std::string_view key : {"final_answer", "answer"}) {
      const Json* value = json->Find(key);
      if (value == nullptr || !(value->is_string() || value->is_number())) continue;
      Extraction out = Take(ExtractMethod::kJson, body);
      out.owned = value->is_string() ? value->string() : value->number_text();
      out.text = {};
      return out;
    }
    return {};
  }

  Extraction Phrase() const {
    const PhraseMatch match = FindAnswerPhrase(text_);
    if (!match.found) return {};
    std::string_view tail = text_.substr(match.end);
    if (options_.want == Want::kText) {
      if (const std::string_view block = BlockBelow(tail); !block.empty()) return Take(ExtractMethod::kPhrase, block);
    }
    while (!tail.empty() && (IsAsciiSpace(tail.front()) || tail.front() == '*')) tail.remove_prefix(1);
    // A displayed formula may span lines; else the answer ends with its sentence.
    const std::vector<Span> math = FindMath(tail.substr(0, std::min<std::size_t>(tail.size(), 4'000)));
    const std::size_t from = !math.empty() && math[0].begin == 0 ? math[0].end : 0;
    tail = tail.substr(0, from + SentenceEnd(tail.substr(from)));
    Extraction out = Refined(ExtractMethod::kPhrase, tail, false);
    out.negated |= EndsWithNegation(text_.substr(0, match.end));
    return out;
  }

  // "Answer:" and nothing else on its line, then lines up to an empty one or the end: an answer of several lines, or one in a fence.
  static std::string_view BlockBelow(std::string_view tail) {
    const std::size_t line = tail.find('\n');
    if (line == tail.npos || tail.substr(0, line).find_first_not_of("*:_ \t\r") != tail.npos) return {};
    std::string_view block = tail.substr(line + 1);
    while (block.starts_with('\n') || block.starts_with("\r\n")) block.remove_prefix(block.front() == '\r' ? 2 : 1);
    if (block.starts_with("```")) {
      const auto blocks = FencedBlocks(block);
      return blocks.empty() ? std::string_view() : WithoutEdgeLines(blocks.front().content);
    }
    block = WithoutEdgeLines(block.substr(0, std::min(block.find("\n\n"), block.find("\n\r\n"))));
    return block.find('\n') == block.npos ? std::string_view() : block;
  }

  // Without line breaks at the ends; blanks stay, for they may be part of a drawing.
  static std::string_view WithoutEdgeLines(std::string_view text) {
    while (!text.empty() && (text.front() == '\n' || text.front() == '\r')) text.remove_prefix(1);
    while (!text.empty() && IsAsciiSpace(text.back())) text.remove_suffix(1);
    return text;
  }

  // The response ends with a fenced block: what it was asked for, where that is a text.
  Extraction Fenced() const {
    if (options_.want != Want::kText || !Blankless(text_).ends_with("```")) return {};
    const auto blocks = FencedBlocks(Blankless(text_));
    return blocks.empty() ? Extraction{} : Take(ExtractMethod::kFence, WithoutEdgeLines(blocks.back().content));
  }

  // Picks the answer out of a short text that announces or holds it.
  Extraction Refined(ExtractMethod method, std::string_view tail, bool keep_whole) const {
    const std::string_view whole = StripMarks(tail);
    Extraction out = Take(method, whole);
    if (const std::vector<Span> boxes = FindBoxes(whole); !boxes.empty()) return Take(method, Blankless(boxes.back().Inner(whole)));
    out.negated = StartsWithNegation(whole);
    if (options_.want == Want::kText || CountProseWords(whole) <= kBareWords) return out;
    for (const Span& span : FindMath(whole)) {
      if (options_.want == Want::kMath && HasDigit(span.Inner(whole))) return Denied(Take(method, Signed(span, whole)), out.negated, whole);
    }
    if (keep_whole && options_.want == Want::kMath) return out;
    const NumberSpan number = FindFirstNumber(whole);
    if (number.found()) return Denied(Take(method, whole.substr(number.begin, number.end - number.begin)), out.negated, whole);
    return out;
  }

  // What stands in a span of mathematics; with it where a word before it is its sign.
  static std::string_view Signed(const Span& math, std::string_view text) {
    const std::size_t begin = SignWordBegin(text, math.begin);
    return begin < math.begin ? text.substr(begin, math.end - begin) : Blankless(math.Inner(text));
  }

  Extraction Denied(Extraction out, bool negated, std::string_view context) const {
    const std::string_view before = context.substr(0, static_cast<std::size_t>(out.text.data() - context.data()));
    out.negated = negated || EndsWithNegation(before);
    return out;
  }

  // The response is nothing but an answer.
  Extraction Bare() const {
    const std::string_view whole = StripMarks(text_);
    if (whole.size() > 2'000 || CountProseWords(whole) > (options_.want == Want::kText ? 24 : 40)) return {};
    const std::vector<Span> math = FindMath(whole);
    std::size_t words = 0, at = 0;
    for (const Span& span : math) {
      words += CountProseWords(whole.substr(at, span.begin - at));
      at = span.end;
    }
    words += CountProseWords(whole.substr(at));
    const bool digits = HasDigit(whole);
    if (words > (math.empty() ? kBareWords : 0) && (digits || !math.empty())) return {};
    if (digits && whole.find("**") != whole.npos && options_.want != Want::kText) return {};
    if (options_.want == Want::kNumber && words > 0 && IsAsciiAlpha(whole.front()) && whole.find('=') == whole.npos) return {};
    Extraction out = Take(ExtractMethod::kWhole, whole);
    out.negated = StartsWithNegation(whole);
    return out;
  }

  Extraction Bold() const {
    const Span bold = FindLastBold(text_);
    if (bold.end == 0 || bold.inner_end - bold.inner_begin > 120) return {};
    const std::string_view inner = Blankless(bold.Inner(text_));
    if (options_.want != Want::kText && (inner.empty() || !HasDigit(inner) || CountProseWords(inner) > kBareWords || IsAsciiAlpha(inner.front()) ||
                                         inner.back() == ':' || inner.back() == '.')) {
      if (!(inner.size() > 1 && inner.back() == '.' && HasDigit(inner) && !IsAsciiAlpha(inner.front()))) return {};
    }
    if (FindFirstNumber(text_.substr(bold.end)).found()) return {};
    Extraction out = Refined(ExtractMethod::kBold, inner, false);
    out.negated |= EndsWithNegation(text_.substr(0, bold.begin));
    return out;
  }

  Extraction LastMathOrNumber() const {
    const NumberSpan number = FindLastNumber(text_);
    if (options_.want == Want::kMath) {
      const std::vector<Span> math = FindMath(text_);
      for (std::size_t i = math.size(); i-- > 0;) {
        const std::string_view inner = Signed(math[i], text_);
        if (number.found() && number.begin >= math[i].end) break;
        if (inner.empty() || (number.found() && !HasDigit(inner) && CountProseWords(inner) == 0 && inner.size() < 3)) continue;
        Extraction out = Take(ExtractMethod::kLastMath, inner);
        out.negated = EndsWithNegation(text_.substr(0, math[i].begin));
        return out;
      }
    }
    if (!number.found()) return {};
    Extraction out = Take(ExtractMethod::kLastNumber, text_.substr(number.begin, number.end - number.begin));
    const std::string_view before = text_.substr(0, number.begin);
    out.negated = EndsWithNegation(before);
    out.listed = EndsList(before);
    return out;
  }

  // "…, 41, " or "41 or " stands before the number.
  static bool EndsList(std::string_view before) {
    before = before.substr(before.size() - std::min<std::size_t>(before.size(), 80));
    std::string_view rest = Blankless(before);
    for (const std::string_view word : {"or", "oder", "ou", "или", "或", "または", "또는"}) {
      if (rest.ends_with(word) && HasDigit(rest.substr(rest.size() - std::min(rest.size(), word.size() + 12)))) return true;
    }
    std::size_t items = 0;
    while (rest.ends_with(",") || rest.ends_with(";") || rest.ends_with("\n") || rest.ends_with("and")) {
      rest = Blankless(rest.substr(0, rest.size() - (rest.ends_with("and") ? 3 : 1)));
      if (rest.ends_with(",")) continue;
      std::size_t digits = 0;
      while (!rest.empty() && (IsAsciiDigit(rest.back()) || rest.back() == '.')) {
        rest.remove_suffix(1);
        ++digits;
      }
      if (digits == 0) break;
      ++items;
      rest = Blankless(rest);
    }
    return items >= 2;
  }

  std::string_view response_;
  const ExtractOptions& options_;
  std::string_view text_;
};

}  // namespace

std::string_view AfterReasoning(std::string_view response) {
  // One pass over the tags; most responses hold none.
  std::array<std::size_t, kReasoningTags.size()> opened{}, closed{};  // end of the last tag of each kind, 0 where there is none
  for (std::size_t at = response.find('<'); at != response.npos; at = response.find('<', at + 1)) {
    const bool closes = at + 1 < response.size() && response[at + 1] == '/';
    const std::string_view name = response.substr(at + (closes ? 2 : 1));
    for (std::size_t i = 0; i < kReasoningTags.size(); ++i) {
      const std::size_t size = kReasoningTags[i].size();
      if (name.size() > size && name[size] == '>' && name.substr(0, size) == kReasoningTags[i]) {
        (closes ? closed : opened)[i] = at + (closes ? 3 : 2) + size;
      }
    }
  }
  std::size_t end = 0;
  for (std::size_t i = 0; i < kReasoningTags.size(); ++i) {
    if (opened[i] > closed[i]) return {};
    end = std::max(end, closed[i]);
  }
  return response.substr(end);
}

std::string_view Name(ExtractMethod method) {
  switch (method) {
    case ExtractMethod::kNone: return "none";
    case ExtractMethod::kBoxed: return "boxed";
    case ExtractMethod::kAnswerTag: return "answer_tag";
    case ExtractMethod::kHash: return "hash";
    case ExtractMethod::kJson: return "json";
    case ExtractMethod::kPhrase: return "final_answer_phrase";
    case ExtractMethod::kBold: return "bold";
    case ExtractMethod::kLastMath: return "last_math";
    case ExtractMethod::kLastNumber: return "last_number";
    case ExtractMethod::kFence: return "fence";
    case ExtractMethod::kWhole: return "whole";
  }
  return "none";
}

ExtractOptions::From ExtractFrom(std::string_view name) {
  if (name == "none") return ExtractOptions::From::kNone;
  if (name == "boxed") return ExtractOptions::From::kBoxed;
  return ExtractOptions::From::kAuto;
}

std::string Extraction::Describe() const {
  if (!found()) return "no answer found";
  std::string shown(answer().substr(0, 60));
  if (answer().size() > 60) {
    while (!shown.empty() && !IsValidUtf8(shown)) shown.pop_back();
    shown += "…";
  }
  std::string out = "extracted '" + shown + "' (" + std::string(Name(method)) + ")";
  if (several_boxes) out += ", other boxes differ";
  if (negated) out += ", denied";
  if (listed) out += ", one of a list";
  return out;
}

Extraction ExtractAnswer(std::string_view response, const ExtractOptions& options) { return Extractor(response, options).Run(); }

}  // namespace rlar
