// The 25 instruction types of IFEval (Zhou et al., 2023). Where the official code is a regular expression, the function here says
// what that expression comes to.
#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"
#include "constraints/constraint.h"
#include "constraints/counts.h"
#include "constraints/pattern.h"
#include "constraints/python_json.h"
#include "constraints/words.h"
#include "text/fence.h"
#include "text/language.h"
#include "text/punkt.h"
#include "text/treebank.h"
#include "text/unicode.h"

namespace rlar {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

Result<std::vector<KeywordPattern>> MakePatterns(const ConstraintArgs& args, std::string_view name, bool whole_words) {
  const auto keywords = args.Texts(name);
  if (!keywords) return keywords.error();
  std::vector<KeywordPattern> patterns;
  for (const std::string& keyword : *keywords) {
    auto pattern = KeywordPattern::Make(keyword, args.context().fixed(), whole_words);
    if (!pattern) return args.Bad(name, pattern.error().message);
    patterns.push_back(std::move(*pattern));
  }
  return patterns;
}

Result<Constraint> KeywordsExist(const ConstraintArgs& args) {
  auto patterns = MakePatterns(args, "keywords", args.context().fixed());
  if (!patterns) return patterns.error();
  return Constraint([patterns = std::move(*patterns)](std::string_view text) {
    return std::all_of(patterns.begin(), patterns.end(), [&](const KeywordPattern& one) { return one.Found(text); });
  });
}

Result<Constraint> ForbiddenWords(const ConstraintArgs& args) {
  auto patterns = MakePatterns(args, "forbidden_words", true);
  if (!patterns) return patterns.error();
  return Constraint([patterns = std::move(*patterns)](std::string_view text) {
    return std::none_of(patterns.begin(), patterns.end(), [&](const KeywordPattern& one) { return one.Found(text); });
  });
}

Result<Constraint> KeywordFrequency(const ConstraintArgs& args) {
  const auto keyword = args.Text("keyword");
  if (!keyword) return keyword.error();
  auto pattern = KeywordPattern::Make(Strip(*keyword), args.context().fixed(), args.context().fixed());
  if (!pattern) return args.Bad("keyword", pattern.error().message);
  return CompareByArgs(args, "frequency", "relation", [pattern = std::move(*pattern)](std::string_view text) { return pattern.Count(text); });
}

}  // namespace

Result<Constraint> LetterFrequency(const ConstraintArgs& args) {
  const auto letter = args.Text("letter");
  if (!letter) return letter.error();
  const std::string lower = UnicodeLower(Strip(*letter));
  const bool is_letter = lower.size() == 1 && lower[0] >= 'a' && lower[0] <= 'z';
  if (!is_letter && !args.context().fixed()) return args.Bad("letter", "is no letter a-z; the official code would draw one at random");
  if (CodePointCount(lower) != 1) return args.Bad("letter", "must be one character");
  return CompareByArgs(args, "let_frequency", "let_relation", [lower](std::string_view text) {
    const std::string folded = UnicodeLower(text);
    std::size_t count = 0;
    for (std::size_t at = folded.find(lower); at != kNone; at = folded.find(lower, at + lower.size())) ++count;
    return count;
  });
}

namespace {

Result<Constraint> ResponseLanguage(const ConstraintArgs& args) {
  const auto language = args.Text("language");
  if (!language) return language.error();
  if (!Languages()) return Languages().error();
  return Constraint([language = *language, fixed = args.context().fixed()](std::string_view text) {
    const std::string detected = Languages()->Detect(text);
    return detected == language || (detected.empty() && !fixed);
  });
}

Result<Constraint> NumberOfSentences(const ConstraintArgs& args) {
  if (!EnglishPunkt()) return EnglishPunkt().error();
  return CompareByArgs(args, "num_sentences", "relation", [](std::string_view text) { return SplitSentences(text, *EnglishPunkt()).size(); });
}

Result<Constraint> NumberOfWords(const ConstraintArgs& args) { return CompareByArgs(args, "num_words", "relation", CountWordRuns); }

Result<Constraint> NumberOfParagraphs(const ConstraintArgs& args) {
  const auto wanted = args.Count("num_paragraphs");
  if (!wanted) return wanted.error();
  return Constraint([wanted = *wanted](std::string_view text) { return CountParts(text, "***") == wanted; });
}

// The first word without quotation marks before it and without what follows a mark in it.
std::string FirstWord(std::string_view paragraph) {
  std::string_view word = paragraph;
  for (std::size_t i = 0; i < paragraph.size();) {
    const std::size_t at = i;
    if (IsSpace(NextCodePoint(paragraph, i))) {
      word = paragraph.substr(0, at);
      break;
    }
  }
  while (!word.empty() && word[0] == '\'') word.remove_prefix(1);
  while (!word.empty() && word[0] == '"') word.remove_prefix(1);
  return UnicodeLower(word.substr(0, word.find_first_of(".,?!'\"")));
}

Result<Constraint> NthParagraphFirstWord(const ConstraintArgs& args) {
  const auto wanted = args.Count("num_paragraphs");
  if (!wanted) return wanted.error();
  const auto nth = args.Count("nth_paragraph");
  if (!nth) return nth.error();
  const auto first = args.Text("first_word");
  if (!first) return first.error();
  if (*nth == 0 || *nth > *wanted) return args.Bad("nth_paragraph", "must be 1 to num_paragraphs; the official code would draw it at random");
  return Constraint([wanted = *wanted, nth = *nth, first = UnicodeLower(*first), fixed = args.context().fixed()](std::string_view text) {
    auto paragraphs = SplitOn(text, "\n\n");
    const auto blank = [](std::string_view paragraph) { return Strip(paragraph).empty(); };
    const auto count = static_cast<std::int64_t>(paragraphs.size()) - std::count_if(paragraphs.begin(), paragraphs.end(), blank);
    // The official code counts without the blank paragraphs, but finds the nth among all.
    if (fixed) std::erase_if(paragraphs, blank);
    if (count != wanted || nth > count) return false;
    const std::string_view paragraph = Strip(paragraphs[static_cast<std::size_t>(nth - 1)]);
    return !paragraph.empty() && FirstWord(paragraph) == first;
  });
}

// \[.*?\]
std::size_t CountPlaceholders(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t open = text.find('['); open != kNone;) {
    const std::size_t stop = text.find_first_of("]\n", open);
    if (stop == kNone) break;
    count += text[stop] == ']';
    open = text.find('[', stop);
  }
  return count;
}

Result<Constraint> NumberOfPlaceholders(const ConstraintArgs& args) {
  const auto wanted = args.Count("num_placeholders");
  if (!wanted) return wanted.error();
  return Compare(CountPlaceholders, *wanted, true);
}

// `word` with `blank` standing for one optional blank: "p. p. s" finds "p.p.s".
bool FindsSpaced(std::string_view text, std::string_view word) {
  const auto matches = [&](std::size_t i) {
    for (const char c : word) {
      if (c == ' ') {
        std::size_t next = i;
        if (i < text.size() && IsSpace(NextCodePoint(text, next))) i = next;
      } else if (i >= text.size() || text[i++] != c) {
        return false;
      }
    }
    return true;
  };
  for (std::size_t i = text.find(word[0]); i != kNone; i = text.find(word[0], i + 1)) {
    if (matches(i)) return true;
  }
  return false;
}

Result<Constraint> Postscript(const ConstraintArgs& args) {
  const auto marker = args.Text("postscript_marker");
  if (!marker) return marker.error();
  const std::string stripped(Strip(*marker));
  if (!args.context().fixed() && stripped == "P.P.S") return Constraint([](std::string_view text) { return FindsSpaced(UnicodeLower(text), "p. p. s"); });
  if (!args.context().fixed() && stripped == "P.S.") return Constraint([](std::string_view text) { return FindsSpaced(UnicodeLower(text), "p. s."); });
  auto pattern = KeywordPattern::Make(UnicodeLower(stripped), args.context().fixed(), false);
  if (!pattern) return args.Bad("postscript_marker", pattern.error().message);
  return Constraint([pattern = std::move(*pattern)](std::string_view text) { return pattern.Found(UnicodeLower(text)); });
}

// ^\s*\*[^\*].*$ and ^\s*-.*$ with blanks and blank lines before the mark. `[^\*]` may be the newline, and then the next line is
// part of the bullet.
std::size_t CountBullets(std::string_view text, char mark) {
  std::size_t count = 0;
  for (std::size_t line = 0; line <= text.size();) {
    const std::string_view rest = text.substr(line);
    const std::size_t at = text.size() - StripLeft(rest).size();
    bool bullet = at < text.size() && text[at] == mark;
    if (bullet && mark == '*') bullet = at + 1 < text.size() && text[at + 1] != '*';
    std::size_t from = at;  // where the search for the next line begins
    if (bullet) {
      ++count;
      from = mark == '*' ? at + 2 : at + 1;
      if (mark == '*' && text[at + 1] == '\n') {
        // The bullet may end right behind the newline, where a line begins again.
        const std::size_t end = std::min(text.find('\n', from), text.size());
        if (end == from) {
          line = from;
          continue;
        }
      }
    }
    const std::size_t end = text.find('\n', from);
    if (end == kNone) break;
    line = end + 1;
  }
  return count;
}

Result<Constraint> NumberOfBullets(const ConstraintArgs& args) {
  const auto wanted = args.Count("num_bullets");
  if (!wanted) return wanted.error();
  if (!args.context().fixed()) {
    return Constraint(
        [wanted = *wanted](std::string_view text) { return static_cast<std::int64_t>(CountBullets(text, '*') + CountBullets(text, '-')) == wanted; });
  }
  // As it reads: lines that begin with a mark and a blank; rules like "---" and words like "-5" are none.
  return Constraint([wanted = *wanted](std::string_view text) {
    std::int64_t bullets = 0;
    for (const std::string_view raw : Split(text, '\n')) {
      const std::string_view line = StripLeft(raw);
      bullets +=
          line.size() > 1 && (line[0] == '*' || line[0] == '-' || line[0] == '+') && (line[1] == ' ' || line[1] == '\t') && !Strip(line.substr(1)).empty();
    }
    return bullets == wanted;
  });
}

constexpr std::string_view kOptions[] = {"My answer is yes.", "My answer is no.", "My answer is maybe."};

Result<Constraint> ConstrainedResponse(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    return std::any_of(std::begin(kOptions), std::end(kOptions),
                       [&](std::string_view option) { return fixed ? Strip(text) == option : text.find(option) != kNone; });
  });
}

// \*[^\n\*]*\* with something inside, and \*\*[^\n\*]*\*\* likewise.
std::size_t CountHighlights(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t open = text.find('*'); open != kNone;) {
    const std::size_t stop = text.find_first_of("*\n", open + 1);
    if (stop == kNone) break;
    if (text[stop] == '*') {
      count += !Strip(text.substr(open + 1, stop - open - 1)).empty();
      open = text.find('*', stop + 1);
    } else {
      open = text.find('*', stop);
    }
  }
  for (std::size_t open = text.find("**"); open != kNone;) {
    const std::size_t stop = text.find_first_of("*\n", open + 2);
    if (stop == kNone) break;
    if (text.substr(stop, 2) == "**") {
      count += !Strip(text.substr(open + 2, stop - open - 2)).empty();
      open = text.find("**", stop + 2);
    } else {
      open = text.find("**", open + 1);
    }
  }
  return count;
}

Result<Constraint> NumberOfHighlights(const ConstraintArgs& args) {
  const auto wanted = args.Count("num_highlights");
  if (!wanted) return wanted.error();
  return Compare(CountHighlights, *wanted, true);
}

constexpr std::string_view kBlankClass = R"([\s\x{0b}\x{1c}-\x{1f}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}])";

Result<Constraint> MultipleSections(const ConstraintArgs& args) {
  const auto splitter = args.Text("section_spliter");
  if (!splitter) return splitter.error();
  const auto wanted = args.Count("num_sections");
  if (!wanted) return wanted.error();
  re2::RE2::Options options;
  options.set_log_errors(false);
  std::string source(Strip(*splitter));
  if (args.context().fixed()) source = re2::RE2::QuoteMeta(source);
  const auto regex = std::make_shared<const re2::RE2>(source + std::string(kBlankClass) + R"(?\p{Nd}+)", options);
  if (!regex->ok()) return args.Bad("section_spliter", "is no regular expression: " + regex->error());
  return Compare(
      [regex](std::string_view text) {
        re2::StringPiece rest(text.data(), text.size());
        std::size_t count = 0;
        while (re2::RE2::FindAndConsume(&rest, *regex)) ++count;
        return count;
      },
      *wanted, true);
}

Result<Constraint> JsonFormat(const ConstraintArgs& args) {
  if (args.context().fixed()) {
    return Constraint([](std::string_view text) {
      const std::string_view whole = Strip(text);
      return ParseJson(whole[0] == '`' ? OnlyFencedBlock(whole).value_or(whole) : whole).has_value();
    });
  }
  return Constraint([](std::string_view text) {
    std::string_view value = Strip(text);
    for (const std::string_view prefix : {"```json", "```Json", "```JSON", "```"}) {
      if (value.substr(0, prefix.size()) == prefix) value.remove_prefix(prefix.size());
    }
    if (value.size() >= 3 && value.substr(value.size() - 3) == "```") value.remove_suffix(3);
    return IsPythonJson(Strip(value));
  });
}

// <<[^\n]+>> that holds something besides its brackets.
bool HasTitle(std::string_view text) {
  for (const std::string_view line : Split(text, '\n')) {
    const std::size_t open = line.find("<<"), close = line.rfind(">>");
    if (open == kNone || close == kNone || close < open + 3) continue;
    std::string_view title = line.substr(open, close + 2 - open);
    while (!title.empty() && title.front() == '<') title.remove_prefix(1);
    while (!title.empty() && title.back() == '>') title.remove_suffix(1);
    if (!Strip(title).empty()) return true;
  }
  return false;
}

Result<Constraint> Title(const ConstraintArgs&) { return Constraint(HasTitle); }

Result<Constraint> TwoResponses(const ConstraintArgs&) {
  return Constraint([](std::string_view text) {
    if (CountParts(text, "******") != 2) return false;
    std::vector<std::string_view> said;
    for (const std::string_view part : SplitOn(text, "******")) {
      if (!Strip(part).empty()) said.push_back(Strip(part));
    }
    return said[0] != said[1];
  });
}

Result<Constraint> RepeatPrompt(const ConstraintArgs& args) {
  const auto prompt = args.Text("prompt_to_repeat");
  if (!prompt) return prompt.error();
  return Constraint(
      [wanted = UnicodeLower(Strip(*prompt))](std::string_view text) { return UnicodeLower(Strip(text)).compare(0, wanted.size(), wanted) == 0; });
}

Result<Constraint> EndPhrase(const ConstraintArgs& args) {
  const auto phrase = args.Text("end_phrase");
  if (!phrase) return phrase.error();
  return Constraint([wanted = UnicodeLower(Strip(*phrase))](std::string_view text) {
    std::string_view said = Strip(text);
    while (!said.empty() && said.front() == '"') said.remove_prefix(1);
    while (!said.empty() && said.back() == '"') said.remove_suffix(1);
    const std::string lower = UnicodeLower(said);
    return lower.size() >= wanted.size() && lower.compare(lower.size() - wanted.size(), wanted.size(), wanted) == 0;
  });
}

Result<Constraint> Quotation(const ConstraintArgs&) {
  return Constraint([](std::string_view text) {
    const std::string_view said = Strip(text);
    return said.size() > 1 && said.front() == '"' && said.back() == '"';
  });
}

Result<Constraint> CapitalWordFrequency(const ConstraintArgs& args) {
  if (!EnglishPunkt()) return EnglishPunkt().error();
  return CompareByArgs(args, "capital_frequency", "capital_relation", [](std::string_view text) {
    const auto words = WordTokenize(text, *EnglishPunkt());
    return std::count_if(words.begin(), words.end(), [](const std::string& word) { return IsUpper(word); });
  });
}

Result<Constraint> English(bool (*has_case)(std::string_view), bool fixed) {
  if (!Languages()) return Languages().error();
  return Constraint([has_case, fixed](std::string_view text) {
    if (!has_case(text)) return false;
    const std::string detected = Languages()->Detect(text);
    return detected == "en" || (detected.empty() && !fixed);
  });
}

Result<Constraint> EnglishCapital(const ConstraintArgs& args) { return English(IsUpper, args.context().fixed()); }
Result<Constraint> EnglishLowercase(const ConstraintArgs& args) { return English(IsLower, args.context().fixed()); }

Result<Constraint> NoComma(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    if (text.find(',') != kNone) return false;
    // Commas of other scripts are commas as well.
    return !fixed || (text.find("，") == kNone && text.find("、") == kNone && text.find("،") == kNone);
  });
}

constexpr ConstraintType kTypes[] = {
    {"keywords:existence", KeywordsExist},
    {"keywords:frequency", KeywordFrequency},
    {"keywords:forbidden_words", ForbiddenWords},
    {"keywords:letter_frequency", LetterFrequency},
    {"language:response_language", ResponseLanguage},
    {"length_constraints:number_sentences", NumberOfSentences},
    {"length_constraints:number_paragraphs", NumberOfParagraphs},
    {"length_constraints:number_words", NumberOfWords},
    {"length_constraints:nth_paragraph_first_word", NthParagraphFirstWord},
    {"detectable_content:number_placeholders", NumberOfPlaceholders},
    {"detectable_content:postscript", Postscript},
    {"detectable_format:number_bullet_lists", NumberOfBullets},
    {"detectable_format:constrained_response", ConstrainedResponse},
    {"detectable_format:number_highlighted_sections", NumberOfHighlights},
    {"detectable_format:multiple_sections", MultipleSections},
    {"detectable_format:json_format", JsonFormat},
    {"detectable_format:title", Title},
    {"combination:two_responses", TwoResponses},
    {"combination:repeat_prompt", RepeatPrompt},
    {"startend:end_checker", EndPhrase},
    {"startend:quotation", Quotation},
    {"change_case:capital_word_frequency", CapitalWordFrequency},
    {"change_case:english_capital", EnglishCapital},
    {"change_case:english_lowercase", EnglishLowercase},
    {"punctuation:no_comma", NoComma},
};

}  // namespace

std::span<const ConstraintType> IfevalConstraints() { return kTypes; }

}  // namespace rlar
