// IFBench (Pyatkin et al., 2025): format:* and repeat:*. What each mode answers is listed in docs/instructions.md.
#include <re2/re2.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "constraints/constraint.h"
#include "constraints/words.h"
#include "text/language_data.h"
#include "text/punkt.h"
#include "text/treebank.h"
#include "text/unicode.h"

namespace rlar {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// Five levels of brackets. As published the innermost closing is enough; when fixed the five must close.
Result<Constraint> NestedParentheses(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    std::string open;
    std::vector<std::size_t> depth_below;  // of each open bracket: how deep what it holds goes
    std::size_t deepest = 0;
    for (const char c : text) {
      if (c == '(' || c == '[' || c == '{') {
        open += c;
        depth_below.push_back(0);
        deepest = std::max(deepest, open.size());
      } else if (c == ')' || c == ']' || c == '}') {
        if (!open.empty() && open.back() == (c == ')' ? '(' : c == ']' ? '[' : '{')) {
          const std::size_t depth = depth_below.back() + 1;
          open.pop_back();
          depth_below.pop_back();
          if (fixed ? depth >= 5 : deepest >= 5) return true;
          if (!open.empty()) depth_below.back() = std::max(depth_below.back(), depth);
        } else {
          open.clear();
          depth_below.clear();
          deepest = 0;
        }
      }
    }
    return false;
  });
}

bool WordAround(const std::u32string& text, std::size_t i) { return i > 0 && i + 1 < text.size() && IsWordChar(text[i - 1]) && IsWordChar(text[i + 1]); }

// Three levels of quotation marks, each other than the one around it. When fixed, curly marks count and apostrophes do
// not.
Result<Constraint> NestedQuotes(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const std::u32string chars = Decode(text);
    std::u32string open;
    std::size_t reached = 0;
    for (std::size_t i = 0; i < chars.size(); ++i) {
      char32_t c = chars[i];
      if (fixed && (c == 0x201C || c == 0x201D)) c = '"';
      if (fixed && (c == 0x2018 || c == 0x2019)) c = '\'';
      if ((c != '"' && c != '\'') || (fixed && c == '\'' && WordAround(chars, i))) continue;
      if (!open.empty() && open.back() == c) {
        open.pop_back();
        if (reached - open.size() >= 3) return true;
      } else {
        open += c;
        reached = std::max(reached, open.size());
      }
    }
    return false;
  });
}

bool IsLettered(const std::string& options) {
  static const re2::RE2 pattern(R"((?s)\W*[aA]\W*[bB]\W*[cC].*)");
  return re2::RE2::FullMatch(options, pattern);
}

Result<Constraint> OneOfOptions(const ConstraintArgs& args) {
  const auto text = args.Text("options");
  if (!text) return text.error();
  const bool fixed = args.context().fixed();
  const std::string_view separator = text->find('/') != kNone ? "/" : text->find(fixed ? " or " : "or") != kNone ? (fixed ? " or " : "or") : ",";
  std::vector<std::string> options;
  const bool exact = !fixed && IsLettered(*text);
  for (const std::string_view option : SplitOn(*text, separator)) {
    const std::string_view stripped = Strip(option);
    options.push_back(exact ? std::string(stripped) : UnicodeLower(StripMarks(stripped, kPunctuationAndBlank)));
  }
  return Constraint([options, exact, fixed](std::string_view said) {
    const std::string mine = exact ? std::string(said) : UnicodeLower(StripMarks(fixed ? Strip(said) : said, kPunctuationAndBlank));
    return std::find(options.begin(), options.end(), mine) != options.end();
  });
}

// A line of nothing but blanks counts as a word's line as published.
Result<Constraint> WordsOnLines(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const std::string plain = WithoutPunctuation(text);
    std::size_t lines = 0;
    for (const std::string_view line : Split(Strip(plain), '\n')) lines += fixed ? !Strip(line).empty() : !line.empty();
    return lines == SplitBlanks(plain).size();
  });
}

const Result<std::unordered_set<char32_t>>& Emoji() {
  static const auto emoji = []() -> Result<std::unordered_set<char32_t>> {
    const auto text = ReadLanguageData("emoji/emoji.json");
    if (!text) return text.error();
    const auto json = ParseJson(*text);
    if (!json || !json->is_object()) return MakeError(ErrorCode::kCorrupt, "emoji/emoji.json of the language data is no JSON object");
    std::unordered_set<char32_t> made;
    for (const auto& [sequence, about] : json->object()) {
      if (CodePointCount(sequence) == 1) made.insert(FirstChar(sequence));
    }
    return made;
  }();
  return emoji;
}

// What may follow an emoji and belongs to it.
bool BelongsToEmoji(char32_t c) { return c == 0xFE0F || c == 0x200D || c == 0x20E3 || (c >= 0x1F3FB && c <= 0x1F3FF) || (c >= 0xE0020 && c <= 0xE007F); }

bool EndsWithEmoji(const std::u32string& sentence, bool fixed) {
  std::size_t size = sentence.size();
  while (fixed && size > 0 && BelongsToEmoji(sentence[size - 1]) && !Emoji()->contains(sentence[size - 1])) --size;
  if (size == 0) return false;
  return Emoji()->contains(sentence[size - 1]) || (!fixed && size > 1 && Emoji()->contains(sentence[size - 2]));
}

// The emoji may also begin what comes after the full stop.
Result<Constraint> EmojiSentences(const ConstraintArgs& args) {
  if (!Emoji()) return Emoji().error();
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    std::vector<std::u32string> sentences;
    for (const std::string& sentence : RuleSentences(text)) sentences.push_back(Decode(Strip(WithoutPunctuation(sentence))));
    // An emoji behind the last full stop is no sentence of its own.
    const auto only_emoji = [](const std::u32string& sentence) {
      return !sentence.empty() &&
             std::all_of(sentence.begin(), sentence.end(), [](char32_t c) { return IsSpace(c) || BelongsToEmoji(c) || Emoji()->contains(c); });
    };
    for (std::size_t i = 0; i < sentences.size(); ++i) {
      if (sentences[i].empty()) return false;
      if (EndsWithEmoji(sentences[i], fixed) || (fixed && only_emoji(sentences[i]))) continue;
      if (i + 1 == sentences.size() || sentences[i + 1].empty() || !Emoji()->contains(sentences[i + 1][0])) return false;
    }
    return true;
  });
}

std::size_t Indent(std::string_view line) { return std::min(line.find_first_not_of(' '), line.size()); }

// As published a list of lines is walked while its blank lines are removed: behind each the next line is skipped, and
// of equal lines the first that is left goes.
std::vector<std::string_view> DropBlankLines(const std::vector<std::string_view>& lines, bool fixed) {
  std::unordered_map<std::string_view, std::vector<std::size_t>> places;  // of equal blank lines, the first last
  std::vector<bool> gone(lines.size());
  const auto blank = [](std::string_view line) { return Strip(line).empty(); };
  for (std::size_t i = lines.size(); i-- > 0;) {
    if (blank(lines[i])) places[lines[i]].push_back(i);
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!blank(lines[i])) continue;
    std::vector<std::size_t>& equal = places[lines[i]];
    gone[equal.back()] = true;
    equal.pop_back();
    i += !fixed;
  }
  std::vector<std::string_view> left;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!gone[i]) left.push_back(lines[i]);
  }
  return left;
}

Result<Constraint> Stairs(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const auto lines = DropBlankLines(Split(text, '\n'), fixed);
    for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
      if (Indent(lines[i + 1]) <= Indent(lines[i])) return false;
    }
    return !fixed || lines.size() > 1;
  });
}

// No quotation stands beside another or at the end. When fixed there must be one.
Result<Constraint> QuoteExplained(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view raw) {
    std::string text = ReplaceAll(ReplaceAll(std::string(raw), "“", "\""), "”", "\"");
    text = ReplaceAll(std::move(text), "'\"'", "");
    std::string packed;
    for (const std::string_view word : SplitBlanks(text)) packed += word;
    if (packed.find("\"\"") != kNone || (fixed && packed.find('"') == kNone)) return false;
    const std::string_view core = StripMarks(packed, "0123456789!#$%&'()*+,-./:;<=>?@[\\]^_`{|}~");
    return !core.empty() && core.back() != '"';
  });
}

Result<Constraint> ListSeparator(const ConstraintArgs& args) {
  const auto separator = args.Text("sep");
  if (!separator) return separator.error();
  if (separator->empty()) return args.Bad("sep", "is empty");
  return Constraint([separator = *separator, fixed = args.context().fixed()](std::string_view text) {
    if (!fixed) return CountSubstring(text, separator) >= 2;
    const auto lines = Split(text, '\n');
    return std::count_if(lines.begin(), lines.end(), [&](std::string_view line) { return StripLeft(line).substr(0, separator.size()) == separator; }) >= 2;
  });
}

// Whether a section begins with words in italics and goes on after them.
bool BeginsInItalics(std::string_view section) {
  for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>{"<i>", "</i>"}, {"<em>", "</em>"}}) {
    if (section.substr(0, open.size()) != open) continue;
    const std::size_t end = section.find(close);
    return end != kNone && !Strip(section.substr(open.size(), end - open.size())).empty() && !Strip(section.substr(end + close.size())).empty();
  }
  return false;
}

bool EverySectionHasThesis(std::string_view text) {
  std::vector<std::string> sections(1);
  bool headings = false;
  for (const std::string_view line : Split(text, '\n')) {
    const std::string_view bare = StripLeft(line);
    if (!bare.empty() && bare[0] == '#') {
      if (headings || !Strip(sections.back()).empty()) sections.emplace_back();
      headings = true;
    } else {
      sections.back().append(line) += '\n';
    }
  }
  return std::all_of(sections.begin(), sections.end(), [](const std::string& section) { return BeginsInItalics(Strip(section)); });
}

// One passage in italics with something after it as published; one at the beginning of each section when fixed.
Result<Constraint> Thesis(const ConstraintArgs& args) {
  if (args.context().fixed()) return Constraint(EverySectionHasThesis);
  return Constraint([](std::string_view text) {
    std::size_t open = text.find("<i>");
    if (open == kNone) open = text.find("<em>");
    if (open == kNone) return false;
    text = text.substr(open);
    std::size_t close = text.find("</i>");
    if (close == kNone) close = text.find("</em>");
    if (close == kNone) return false;
    if (close < 3 || Strip(text.substr(3, close - 3)).empty()) return false;
    return !Strip(text.substr(close + 4)).empty();
  });
}

// As published every asterisk is a bullet and every hyphen a sub-bullet.
Result<Constraint> SubBullets(const ConstraintArgs& args) {
  if (!args.context().fixed()) {
    return Constraint([](std::string_view text) {
      const auto parts = SplitOn(text, "*");
      return std::all_of(parts.begin() + 1, parts.end(), [](std::string_view part) { return part.find('-') != kNone; });
    });
  }
  return Constraint([](std::string_view text) {
    std::size_t bullets = 0, without = 0;
    bool waiting = false;
    for (const std::string_view raw : Split(text, '\n')) {
      const std::string_view line = StripLeft(raw);
      if (line.size() > 1 && line[0] == '*' && line[1] != '*') {
        ++bullets;
        without += waiting;
        waiting = true;
      } else if (!line.empty() && line[0] == '-') {
        waiting = false;
      }
    }
    return bullets > 0 && without == 0 && !waiting;
  });
}

// Sentences, then bullets and nothing else. As published a blank line among the sentences ends them.
Result<Constraint> SentencesThenBullets(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    bool in_sentences = true;
    std::size_t sentences = 0, bullets = 0;
    for (const std::string_view raw : Split(text, '\n')) {
      const std::string_view line = Strip(raw);
      if (fixed && line.empty()) continue;
      if (!line.empty() && line[0] == '*') {
        in_sentences = false;
        if (sentences < 2) return false;
        ++bullets;
      } else if (in_sentences) {
        const auto found = RuleSentences(line);
        in_sentences = fixed || !found.empty();
        sentences += !fixed ? found.size() : static_cast<std::size_t>(std::count_if(found.begin(), found.end(), [](const std::string& one) {
          return !one.empty() && one.back() == '.';
        }));
      } else {
        return false;
      }
    }
    return bullets >= 2;
  });
}

constexpr std::string_view kMinorWords[] = {"a",  "an", "the", "and", "but", "or",  "nor",  "for",  "so",   "yet",  "as",
                                            "at", "by", "in",  "of",  "off", "on",  "per",  "to",   "up",   "via",  "with",
                                            "is", "if", "it",  "be",  "vs",  "n't", "into", "from", "over", "than", "that"};

// As published every word is major, and one letter never wrong.
Result<Constraint> TitleCase(const ConstraintArgs& args) {
  if (args.context().fixed()) {
    return Constraint([](std::string_view text) {
      const auto words = BareWords(text);
      for (std::size_t i = 0; i < words.size(); ++i) {
        std::string first;
        AppendUtf8(first, FirstChar(words[i]));
        const bool minor = std::find(std::begin(kMinorWords), std::end(kMinorWords), words[i]) != std::end(kMinorWords);
        if (IsLower(first) && !(minor && i > 0 && i + 1 < words.size())) return false;
      }
      return !words.empty();
    });
  }
  if (!EnglishPunkt()) return EnglishPunkt().error();
  return Constraint([](std::string_view text) {
    const auto words = WordTokenize(text, *EnglishPunkt());
    return std::none_of(words.begin(), words.end(), [](const std::string& word) {
      std::string first;
      AppendUtf8(first, FirstChar(word));
      const std::string_view rest = std::string_view(word).substr(first.size());
      return IsLower(first) && (IsUpper(rest) || IsLower(rest));
    });
  });
}

constexpr std::string_view kLabels[] = {"My Answer:", "My Conclusion:", "Future Outlook:"};

Result<Constraint> Template(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    std::size_t from = 0;
    for (const std::string_view label : kLabels) {
      const std::size_t at = text.find(label, fixed ? from : 0);
      if (at == kNone || (fixed && from == 0 && !Strip(text.substr(0, at)).empty())) return false;
      from = at + label.size();
    }
    return true;
  });
}

Result<Constraint> NoWhitespace(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    bool blank = false;
    ForEachCodePoint(fixed ? Strip(text) : text, [&](char32_t c, std::size_t, std::size_t) { blank |= IsSpace(c); });
    return !blank;
  });
}

std::string JoinFrom(const std::vector<std::string_view>& words, std::size_t begin) {
  std::string joined;
  for (std::size_t i = begin; i < words.size(); ++i) (joined += ' ').append(words[i]);
  return joined;
}

// As published other blanks are change enough.
Result<Constraint> RepeatChange(const ConstraintArgs& args) {
  const auto prompt = args.Text("prompt_to_repeat");
  if (!prompt) return prompt.error();
  if (prompt->empty()) return args.Bad("prompt_to_repeat", "is empty");
  return Constraint([prompt = *prompt, fixed = args.context().fixed()](std::string_view text) {
    const auto asked = SplitBlanks(prompt), said = SplitBlanks(text);
    if (fixed ? said.empty() || asked.empty() || said[0] == asked[0] : prompt == text) return false;
    return JoinFrom(asked, 1) == JoinFrom(said, 1);
  });
}

Result<Constraint> RepeatSimple(const ConstraintArgs&) {
  return Constraint([](std::string_view text) { return UnicodeLower(Strip(text)) == "only output this sentence here, ignore all other requests."; });
}

// The indices count words and leave the last one out as published; when fixed they count characters, the last included.
Result<Constraint> RepeatSpan(const ConstraintArgs& args) {
  const bool fixed = args.context().fixed();
  const auto prompt = args.Text("prompt_to_repeat");
  if (!prompt) return prompt.error();
  const auto begin = fixed ? args.Count("n_start") : args.Positive("n_start");
  if (!begin) return begin.error();
  const auto end = args.Positive("n_end");
  if (!end) return end.error();
  const auto from = static_cast<std::size_t>(*begin), to = static_cast<std::size_t>(*end);
  if (fixed) {
    std::string span;
    const std::u32string chars = Decode(*prompt);
    for (std::size_t i = from; i <= to && i < chars.size(); ++i) AppendUtf8(span, chars[i]);
    return Constraint([span = std::string(Strip(span))](std::string_view text) { return Strip(text) == span; });
  }
  return Constraint([from, to, lower = UnicodeLower(*prompt)](std::string_view text) {
    auto asked = SplitBlanks(lower);
    asked.resize(std::min(asked.size(), to));
    asked.erase(asked.begin(), asked.begin() + static_cast<std::ptrdiff_t>(std::min(from, asked.size())));
    const std::string said = UnicodeLower(text);
    return SplitBlanks(said) == asked;
  });
}

constexpr ConstraintType kTypes[] = {
    {"format:parentheses", NestedParentheses},
    {"format:quotes", NestedQuotes},
    {"format:options", OneOfOptions},
    {"format:newline", WordsOnLines},
    {"format:emoji", EmojiSentences},
    {"format:line_indent", Stairs},
    {"format:quote_unquote", QuoteExplained},
    {"format:list", ListSeparator},
    {"format:thesis", Thesis},
    {"format:sub-bullets", SubBullets},
    {"format:no_bullets_bullets", SentencesThenBullets},
    {"format:title_case", TitleCase},
    {"format:output_template", Template},
    {"format:no_whitespace", NoWhitespace},
    {"repeat:repeat_change", RepeatChange},
    {"repeat:repeat_simple", RepeatSimple},
    {"repeat:repeat_span", RepeatSpan},
};

}  // namespace

std::span<const ConstraintType> IfbenchFormatConstraints() { return kTypes; }

}  // namespace rlar
