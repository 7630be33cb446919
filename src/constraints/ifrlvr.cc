// The 29 training types of IF-RLVR (Pyatkin et al., 2025; IFEvalG). What each mode answers is listed in
// docs/instructions.md.
#include <re2/re2.h>

#include <algorithm>
#include <unordered_set>

#include "base/text.h"
#include "constraints/constraint.h"
#include "constraints/counts.h"
#include "constraints/pattern.h"
#include "constraints/words.h"
#include "text/punkt.h"
#include "text/treebank.h"
#include "text/unicode.h"

namespace rlar {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// How often a keyword occurs: as a regular expression anywhere as published, as a word of its own when fixed; never by
// case.
class KeywordCount {
 public:
  static Result<KeywordCount> Make(const ConstraintArgs& args, std::string_view name) {
    const auto keyword = args.Word(name);
    if (!keyword) return keyword.error();
    auto pattern = KeywordPattern::Make(*keyword, args.context().fixed(), false);
    if (!pattern) return args.Bad(name, pattern.error().message);
    return KeywordCount(args.context().fixed() ? UnicodeLower(*keyword) : std::string(), std::move(*pattern));
  }
  std::size_t operator()(std::string_view text) const { return word_.empty() ? pattern_.Count(text) : CountWholeWord(text, word_); }

 private:
  KeywordCount(std::string word, KeywordPattern pattern) : word_(std::move(word)), pattern_(std::move(pattern)) {}
  std::string word_;
  KeywordPattern pattern_;
};

// As published the words before and after are regular expressions, and only the last phrase must differ from the first.
Result<Constraint> RepeatPhrase(const ConstraintArgs& args) {
  const bool fixed = args.context().fixed();
  const auto phrase = args.Word("phrase");
  if (!phrase) return phrase.error();
  const auto times = args.Positive("small_n");
  if (!times) return times.error();
  std::vector<std::string> words;
  for (const std::string_view word : SplitBlanks(*phrase)) words.emplace_back(word);
  const auto quoted = [&](const std::string& word) { return fixed ? re2::RE2::QuoteMeta(word) : word; };
  re2::RE2::Options options;
  options.set_log_errors(false);
  const auto pattern = std::make_shared<const re2::RE2>(quoted(words.front()) + " .*? " + quoted(words.back()), options);
  if (!pattern->ok()) return args.Bad("phrase", "is no regular expression: " + pattern->error());
  return Constraint([words, pattern, times = *times, fixed](std::string_view text) {
    std::int64_t found = 0;
    std::size_t differences = 0;
    re2::StringPiece match;
    for (std::size_t from = 0; from <= text.size();) {
      if (!pattern->Match({text.data(), text.size()}, from, text.size(), re2::RE2::UNANCHORED, &match, 1)) break;
      from = static_cast<std::size_t>(match.data() - text.data()) + std::max<std::size_t>(match.size(), 1);
      const auto said = SplitBlanks({match.data(), match.size()});
      if (said.size() != words.size()) return false;
      differences = 0;
      for (std::size_t i = 0; i < words.size(); ++i) differences += said[i] != words[i];
      if (differences > 1 || (fixed && differences != 1)) return false;
      ++found;
    }
    return found == times && differences == 1;
  });
}

// Without the blanks at both ends; in lower case as published, for "verbatim" means the same case.
std::string CopyKey(std::string_view text, bool fixed) { return fixed ? std::string(Strip(text)) : UnicodeLower(Strip(text)); }

Result<std::string> PromptToRepeat(const ConstraintArgs& args) {
  const auto prompt = args.Text("prompt_to_repeat");
  if (prompt && prompt->empty()) return args.Bad("prompt_to_repeat", "is empty");
  return prompt;
}

Result<Constraint> Copy(const ConstraintArgs& args) {
  const auto prompt = PromptToRepeat(args);
  if (!prompt) return prompt.error();
  const bool fixed = args.context().fixed();
  return Constraint([wanted = CopyKey(*prompt, fixed), fixed](std::string_view text) { return CopyKey(text, fixed) == wanted; });
}

Result<Constraint> CopyMultiple(const ConstraintArgs& args) {
  const auto prompt = PromptToRepeat(args);
  if (!prompt) return prompt.error();
  const auto times = args.Positive("N");
  if (!times) return times.error();
  const bool fixed = args.context().fixed();
  return Constraint([wanted = CopyKey(*prompt, fixed), times = static_cast<std::size_t>(*times), fixed](std::string_view text) {
    const auto parts = SplitOn(text, "******");
    return parts.size() == times && std::all_of(parts.begin(), parts.end(), [&](std::string_view part) { return CopyKey(part, fixed) == wanted; });
  });
}

// The character at n_end is left out as published.
Result<Constraint> CopySpan(const ConstraintArgs& args) {
  const bool fixed = args.context().fixed();
  const auto prompt = PromptToRepeat(args);
  if (!prompt) return prompt.error();
  const auto begin = fixed ? args.Count("n_start") : args.Positive("n_start");
  if (!begin) return begin.error();
  const auto end = args.Positive("n_end");
  if (!end) return end.error();
  const std::u32string chars = Decode(*prompt);
  const auto to = std::min(chars.size(), static_cast<std::size_t>(*end) + (fixed ? 1 : 0));
  std::string span;
  for (auto i = static_cast<std::size_t>(*begin); i < to; ++i) AppendUtf8(span, chars[i]);
  return Constraint([wanted = CopyKey(span, fixed), fixed](std::string_view text) { return CopyKey(text, fixed) == wanted; });
}

// Sentences with hyphens between them and no blanks there. As published what is behind the shorter list is not looked
// at.
Result<Constraint> SentenceHyphens(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    std::string apart(text);
    std::replace(apart.begin(), apart.end(), '-', ' ');
    const auto sentences = RuleSentences(apart);
    const auto parts = Split(text, '-');
    if (fixed && parts.size() != sentences.size()) return false;
    for (std::size_t i = 0; i < std::min(parts.size(), sentences.size()); ++i) {
      if (Strip(parts[i]) != parts[i] || parts[i] != sentences[i]) return false;
    }
    return true;
  });
}

Result<Constraint> NoAdjacentLetters(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const auto words = fixed ? BareWords(text) : SplitBlanks(text);
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      std::string first, second;
      AppendUtf8(first, FirstChar(words[i]));
      AppendUtf8(second, FirstChar(words[i + 1]));
      const std::u32string a = Decode(UnicodeLower(first)), b = Decode(UnicodeLower(second));
      if (a.size() != 1 || b.size() != 1) return false;
      if (b[0] - a[0] == 1 && (!fixed || (IsAlnum(a[0]) && IsAlnum(b[0])))) return false;
    }
    return true;
  });
}

// Marks behind a bracket are no word when fixed.
Result<Constraint> SquareBrackets(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const auto words = SplitBlanks(text);
    return std::all_of(words.begin(), words.end(), [fixed](std::string_view word) {
      if (fixed) word = StripMarksRight(StripMarksLeft(word, "\"'(*_"), ".,;:!?\"')*_-");
      return (fixed && BareWords(word).empty()) || (!word.empty() && word.front() == '[' && word.back() == ']');
    });
  });
}

Result<Constraint> WordOnce(const ConstraintArgs& args) {
  auto count = KeywordCount::Make(args, "keyword");
  if (!count) return count.error();
  return Constraint([count = std::move(*count)](std::string_view text) { return count(text) == 1; });
}

// The instruction asks for a number of times, and the published check for no fewer, or for fewer.
Result<Constraint> WordCountDifferent(const ConstraintArgs& args) {
  auto count = KeywordCount::Make(args, "keyword");
  if (!count) return count.error();
  if (!args.context().fixed()) return CompareByArgs(args, "frequency", "relation", std::move(*count));
  const auto times = args.Count("frequency");
  if (!times) return times.error();
  return Constraint([count = std::move(*count), times = static_cast<std::size_t>(*times)](std::string_view text) { return count(text) == times; });
}

// As published only between two blanks.
Result<Constraint> ExcludeWord(const ConstraintArgs& args) {
  const auto keyword = args.Word("keyword");
  if (!keyword) return keyword.error();
  if (args.context().fixed()) {
    return Constraint([word = UnicodeLower(*keyword)](std::string_view text) { return CountWholeWord(text, word) == 0; });
  }
  return Constraint([part = " " + *keyword + " "](std::string_view text) { return text.find(part) == kNone; });
}

Result<Constraint> TwoParagraphsByStars(const ConstraintArgs&) {
  return Constraint([](std::string_view text) { return CountParts(text, "***") == 2; });
}

// As published two blank lines in a row are a paragraph without text.
Result<Constraint> TwoParagraphs(const ConstraintArgs& args) {
  if (!args.context().fixed()) return Constraint([](std::string_view text) { return CountParts(text, "\n\n") == 2; });
  return Constraint([](std::string_view text) {
    const auto parts = SplitOn(text, "\n\n");
    return std::count_if(parts.begin(), parts.end(), [](std::string_view part) { return !Strip(part).empty(); }) == 2;
  });
}

Result<Constraint> FirstWordOfSentences(const ConstraintArgs& args) {
  const auto wanted = args.Word("first_word");
  if (!wanted) return wanted.error();
  return Constraint([wanted = UnicodeLower(*wanted), fixed = args.context().fixed()](std::string_view text) {
    const auto sentences = RuleSentences(text);
    return std::all_of(sentences.begin(), sentences.end(), [&](const std::string& sentence) {
      const auto words = fixed ? BareWords(sentence) : SplitBlanks(sentence);
      return !words.empty() && UnicodeLower(words[0]) == wanted;
    });
  });
}

Result<Constraint> FirstWordOfAnswer(const ConstraintArgs& args) {
  const auto wanted = args.Word("first_word");
  if (!wanted) return wanted.error();
  return Constraint([wanted = UnicodeLower(*wanted), fixed = args.context().fixed()](std::string_view text) {
    const auto words = fixed ? BareWords(text) : SplitBlanks(text);
    return !words.empty() && UnicodeLower(words[0]) == wanted;
  });
}

// The word without anything but word characters, in lower case.
std::string WordCharsOf(std::string_view word) {
  std::string out;
  ForEachCodePoint(word, [&](char32_t c, std::size_t at, std::size_t size) {
    if (IsWordChar(c)) out.append(word.substr(at, size));
  });
  return UnicodeLower(out);
}

Result<Constraint> LastWordOfSentences(const ConstraintArgs& args) {
  const auto wanted = args.Word("last_word");
  if (!wanted) return wanted.error();
  return Constraint([wanted = UnicodeLower(*wanted), fixed = args.context().fixed()](std::string_view text) {
    const auto sentences = RuleSentences(text);
    return std::all_of(sentences.begin(), sentences.end(), [&](const std::string& sentence) {
      const auto words = fixed ? BareWords(sentence) : SplitBlanks(sentence);
      return !words.empty() && (fixed ? UnicodeLower(words.back()) : WordCharsOf(words.back())) == wanted;
    });
  });
}

Result<Constraint> LastWordOfAnswer(const ConstraintArgs& args) {
  const auto wanted = args.Word("last_word");
  if (!wanted) return wanted.error();
  return Constraint([wanted = UnicodeLower(*wanted), fixed = args.context().fixed()](std::string_view text) {
    const auto words = fixed ? BareWords(text) : SplitBlanks(text);
    return !words.empty() && (fixed ? UnicodeLower(words.back()) : WordCharsOf(words.back())) == wanted;
  });
}

// A word that is left over at the end is not looked at as published.
Result<Constraint> BigramWrapping(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const auto words = SplitBlanks(text);
    const auto opens = [](std::string_view word) { return word.substr(0, 2) == "<<"; };
    const auto closes = [](std::string_view word) { return word.size() >= 2 && word.substr(word.size() - 2) == ">>"; };
    for (std::size_t i = 0; i < words.size(); i += 2) {
      const bool pair = i + 1 < words.size();
      if (!pair && !fixed) break;
      if (!opens(words[i]) || !closes(words[pair ? i + 1 : i])) return false;
    }
    return true;
  });
}

Result<Constraint> NoneOf(const ConstraintArgs& args, std::string_view mark, std::initializer_list<std::string_view> others) {
  std::vector<std::string_view> marks{mark};
  if (args.context().fixed()) marks.insert(marks.end(), others);  // of other scripts
  return Constraint(
      [marks](std::string_view text) { return std::none_of(marks.begin(), marks.end(), [&](std::string_view one) { return text.find(one) != kNone; }); });
}

Result<Constraint> NoDot(const ConstraintArgs& args) { return NoneOf(args, ".", {"。", "…", "．", "۔", "।"}); }
Result<Constraint> NoExclamation(const ConstraintArgs& args) { return NoneOf(args, "!", {"！", "¡", "‼"}); }

Result<Constraint> LowercaseWords(const ConstraintArgs& args) {
  const auto most = args.context().fixed() ? args.Count("N") : args.Positive("N");
  if (!most) return most.error();
  return Constraint([most = *most, fixed = args.context().fixed()](std::string_view text) {
    std::int64_t count = 0;
    ForEachWordRun(text, [&](std::string_view word) {
      count += fixed ? IsLower(word) : std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
    });
    return count <= most;
  });
}

Result<Constraint> LetterCounting(const ConstraintArgs& args) {
  const auto threshold = args.Positive("N");
  if (!threshold) return threshold.error();
  return CompareByArgs(args, "N", "relation", [](std::string_view text) { return std::count_if(text.begin(), text.end(), IsAsciiAlpha); });
}

// Three paragraphs. As published blank ones count against it and marks are words.
Result<Constraint> CountingComposition(const ConstraintArgs& args) {
  const auto sentences = args.Positive("n_sent");
  if (!sentences) return sentences.error();
  const auto words = args.Positive("n_words");
  if (!words) return words.error();
  const bool fixed = args.context().fixed();
  if (!fixed && !EnglishPunkt()) return EnglishPunkt().error();
  return Constraint([=, n_sent = static_cast<std::size_t>(*sentences), n_words = static_cast<std::size_t>(*words)](std::string_view raw) {
    const std::string text = fixed ? ReplaceAll(std::string(raw), "* * *", "***") : std::string(raw);
    auto paragraphs = SplitOn(text, "***");
    if (fixed) std::erase_if(paragraphs, [](std::string_view paragraph) { return Strip(paragraph).empty(); });
    for (const std::string_view paragraph : paragraphs) {
      const auto said = RuleSentences(paragraph);
      if (said.size() != n_sent) return false;
      for (const std::string& sentence : said) {
        if ((fixed ? BareWords(sentence).size() : WordTokenize(sentence, *EnglishPunkt()).size()) != n_words) return false;
      }
    }
    return paragraphs.size() == 3;
  });
}

// As published marks are words, and words differ by case.
Result<Constraint> UniqueWords(const ConstraintArgs& args) {
  const bool fixed = args.context().fixed();
  if (!fixed && !EnglishPunkt()) return EnglishPunkt().error();
  return Constraint([fixed](std::string_view text) {
    std::unordered_set<std::string> seen;
    if (!fixed) {
      const auto words = WordTokenize(text, *EnglishPunkt());
      return std::all_of(words.begin(), words.end(), [&](const std::string& word) { return seen.insert(word).second; });
    }
    const std::string lower = UnicodeLower(text);
    const auto words = BareWords(lower);
    return std::all_of(words.begin(), words.end(), [&](std::string_view word) { return seen.emplace(word).second; });
  });
}

Result<Constraint> IncrementWord(const ConstraintArgs& args) {
  auto once = KeywordCount::Make(args, "keyword1");
  if (!once) return once.error();
  auto twice = KeywordCount::Make(args, "keyword2");
  if (!twice) return twice.error();
  return Constraint([once = std::move(*once), twice = std::move(*twice)](std::string_view text) { return once(text) == 1 && twice(text) == 2; });
}

// As published one letter is a palindrome.
Result<Constraint> Palindrome(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const std::string lower = fixed ? UnicodeLower(text) : std::string(text);
    const auto words = fixed ? BareWords(lower) : SplitBlanks(lower);
    return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
      const std::u32string chars = Decode(word);
      return std::equal(chars.begin(), chars.end(), chars.rbegin()) && (!fixed || chars.size() >= 3);
    });
  });
}

Result<Constraint> StartEnd(const ConstraintArgs& args) {
  if (args.context().fixed()) {
    return Constraint([](std::string_view text) {
      const auto words = SplitBlanks(text);
      if (words.size() < 2) return false;
      const auto first = BareWords(words.front());  // nothing may stand behind the last word, not even a mark
      return !first.empty() && UnicodeLower(first[0]) == UnicodeLower(words.back());
    });
  }
  if (!EnglishPunkt()) return EnglishPunkt().error();
  return Constraint([](std::string_view text) {
    const auto words = WordTokenize(text, *EnglishPunkt());
    return words.size() >= 2 && UnicodeLower(words.front()) == UnicodeLower(words.back());
  });
}

constexpr ConstraintType kTypes[] = {
    {"copy:repeat_phrase", RepeatPhrase},
    {"copy:copy", Copy},
    {"copy:copying_simple", Copy},
    {"copy:copying_multiple", CopyMultiple},
    {"new:copy_span_idx", CopySpan},
    {"detectable_format:sentence_hyphens", SentenceHyphens},
    {"detectable_format:square_brackets", SquareBrackets},
    {"detectable_format:bigram_wrapping", BigramWrapping},
    {"keywords:no_adjacent_consecutive", NoAdjacentLetters},
    {"keywords:word_once", WordOnce},
    {"keywords:word_count_different_numbers", WordCountDifferent},
    {"keywords:exclude_word_harder", ExcludeWord},
    {"keywords:palindrome", Palindrome},
    {"keywords:keyword_specific_position", KeywordPosition},
    {"keywords:start_end", StartEnd},
    {"paragraphs:paragraphs", TwoParagraphsByStars},
    {"paragraphs:paragraphs2", TwoParagraphs},
    {"first_word:first_word_sent", FirstWordOfSentences},
    {"first_word:first_word_answer", FirstWordOfAnswer},
    {"last_word:last_word_sent", LastWordOfSentences},
    {"last_word:last_word_answer", LastWordOfAnswer},
    {"punctuation:punctuation_dot", NoDot},
    {"punctuation:punctuation_exclamation", NoExclamation},
    {"count:lowercase_counting", LowercaseWords},
    {"count:counting_composition", CountingComposition},
    {"count:count_unique", UniqueWords},
    {"count:count_increment_word", IncrementWord},
    {"letters:letter_counting", LetterCounting},
    {"letters:letter_counting2", LetterFrequency},
};

}  // namespace

std::span<const ConstraintType> IfrlvrConstraints() { return kTypes; }

}  // namespace rlar
