// IFBench (Pyatkin et al., 2025): count:* and ratio:*. What each mode answers is listed in docs/instructions.md.
#include <unicode/uchar.h>

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "constraints/constraint.h"
#include "constraints/counts.h"
#include "constraints/words.h"
#include "text/language_data.h"
#include "text/punkt.h"
#include "text/treebank.h"
#include "text/unicode.h"

namespace rlar {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

Result<Constraint> WordCountRange(const ConstraintArgs& args) {
  const auto least = args.Count("min_words");
  if (!least) return least.error();
  const auto most = args.Count("max_words");
  if (!most) return most.error();
  return Constraint([least = *least, most = *most](std::string_view text) {
    const auto words = static_cast<std::int64_t>(CountWordRuns(text));
    return least <= words && words <= most;
  });
}

Result<Constraint> UniqueWordCount(const ConstraintArgs& args) {
  const auto wanted = args.Count("N");
  if (!wanted) return wanted.error();
  return Constraint([wanted = *wanted, fixed = args.context().fixed()](std::string_view text) {
    const std::string lower = UnicodeLower(text);
    std::unordered_set<std::string_view> unique;
    for (const std::string_view word : SplitBlanks(lower)) unique.insert(StripMarks(word, kPunctuationAndBlank));
    if (fixed) unique.erase(std::string_view());  // what is nothing but marks
    return static_cast<std::int64_t>(unique.size()) >= wanted;
  });
}

const Result<std::unordered_set<std::string>>& EnglishStopwords() {
  static const auto words = []() -> Result<std::unordered_set<std::string>> {
    const auto text = ReadLanguageData("stopwords/english");
    if (!text) return text.error();
    std::unordered_set<std::string> made;
    for (const std::string_view line : Split(*text, '\n')) {
      if (!Trim(line).empty()) made.emplace(Trim(line));
    }
    return made;
  }();
  return words;
}

Result<Constraint> StopWords(const ConstraintArgs& args) {
  const auto most = args.Number("percentage");
  if (!most) return most.error();
  if (!EnglishStopwords()) return EnglishStopwords().error();
  return Constraint([most = *most](std::string_view text) {
    std::size_t words = 0, stopwords = 0;
    ForEachWordRun(text, [&](std::string_view word) {
      ++words;
      stopwords += EnglishStopwords()->contains(UnicodeLower(word));
    });
    return words > 0 && static_cast<double>(stopwords) / static_cast<double>(words) * 100 <= most;
  });
}

struct SentenceKinds {
  std::int64_t statements = 0, questions = 0, exclamations = 0;
};

SentenceKinds CountKinds(std::string_view text) {
  SentenceKinds kinds;
  for (const std::string& sentence : RuleSentences(text)) {
    if (sentence.empty()) continue;
    kinds.statements += sentence.back() == '.';
    kinds.questions += sentence.back() == '?';
    kinds.exclamations += sentence.back() == '!';
  }
  return kinds;
}

// Without any sentence of the kinds asked for, their numbers are equal as published.
Result<Constraint> SentenceType(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const SentenceKinds kinds = CountKinds(text);
    return kinds.statements == 2 * kinds.questions && (!fixed || kinds.questions > 0);
  });
}

Result<Constraint> SentenceBalance(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const SentenceKinds kinds = CountKinds(text);
    return kinds.statements == kinds.questions && kinds.questions == kinds.exclamations && (!fixed || kinds.questions > 0);
  });
}

constexpr std::string_view kConjunctions[] = {"and", "but", "for", "nor", "or", "so", "yet"};

Result<Constraint> Conjunctions(const ConstraintArgs& args) {
  const auto wanted = args.Count("small_n");
  if (!wanted) return wanted.error();
  return Constraint([wanted = *wanted, fixed = args.context().fixed()](std::string_view text) {
    std::set<std::string> unique;
    for (const std::string_view word : SplitBlanks(text)) {
      const std::string lower = UnicodeLower(StripMarks(word, kPunctuationAndBlank));
      // As published "and", "And" and "and," are three.
      if (std::find(std::begin(kConjunctions), std::end(kConjunctions), lower) != std::end(kConjunctions)) {
        unique.insert(fixed ? lower : std::string(word));
      }
    }
    return static_cast<std::int64_t>(unique.size()) >= wanted;
  });
}

// The names that the instruction itself lists.
constexpr std::string_view kNames[] = {"Emma",     "Liam",   "Sophia",    "Jackson",   "Olivia", "Noah",     "Ava",     "Lucas",   "Isabella", "Mason",
                                       "Mia",      "Ethan",  "Charlotte", "Alexander", "Amelia", "Benjamin", "Harper",  "Leo",     "Zoe",      "Daniel",
                                       "Chloe",    "Samuel", "Lily",      "Matthew",   "Grace",  "Owen",     "Abigail", "Gabriel", "Ella",     "Jacob",
                                       "Scarlett", "Nathan", "Victoria",  "Elijah",    "Layla",  "Nicholas", "Audrey",  "David",   "Hannah",   "Christopher",
                                       "Penelope", "Thomas", "Nora",      "Andrew",    "Aria",   "Joseph",   "Claire",  "Ryan",    "Stella",   "Jonathan"};

Result<Constraint> PersonNames(const ConstraintArgs& args) {
  const auto wanted = args.Count("N");
  if (!wanted) return wanted.error();
  return Constraint([wanted = *wanted, fixed = args.context().fixed()](std::string_view text) {
    std::unordered_set<std::string_view> words;
    if (fixed) ForEachWordRun(text, [&](std::string_view word) { words.insert(word); });
    // As published "Avalanche" mentions Ava.
    return std::count_if(std::begin(kNames), std::end(kNames),
                         [&](std::string_view name) { return fixed ? words.contains(name) : text.find(name) != kNone; }) >= wanted;
  });
}

std::unordered_set<std::string> CharTrigrams(std::string_view text) {
  std::unordered_set<std::string> grams;
  std::vector<std::size_t> starts;
  ForEachCodePoint(text, [&](char32_t, std::size_t at, std::size_t) { starts.push_back(at); });
  starts.push_back(text.size());
  for (std::size_t i = 0; i + 3 < starts.size(); ++i) grams.emplace(text.substr(starts[i], starts[i + 3] - starts[i]));
  return grams;
}

std::unordered_set<std::string> WordTrigrams(std::string_view text) {
  std::unordered_set<std::string> grams;
  const std::string lower = UnicodeLower(text);
  const auto words = BareWords(lower);
  for (std::size_t i = 0; i + 2 < words.size(); ++i) {
    grams.insert((std::string(words[i]) + ' ').append(words[i + 1]).append(" ").append(words[i + 2]));
  }
  return grams;
}

// Trigrams are of characters as published, of words when fixed.
Result<Constraint> TrigramOverlap(const ConstraintArgs& args) {
  const auto reference = args.Text("reference_text");
  if (!reference) return reference.error();
  const auto percentage = args.Number("percentage");
  if (!percentage) return percentage.error();
  const auto trigrams = args.context().fixed() ? WordTrigrams : CharTrigrams;
  return Constraint([trigrams, wanted = *percentage, reference = trigrams(*reference)](std::string_view text) {
    const auto said = trigrams(text);
    if (said.empty()) return false;
    const auto shared = std::count_if(said.begin(), said.end(), [&](const std::string& gram) { return reference.contains(gram); });
    const double overlap = static_cast<double>(shared) / static_cast<double>(said.size()) * 100;
    return wanted - 2 <= overlap && overlap <= wanted + 2;
  });
}

bool IsDigitAt(std::string_view text, std::size_t& i) {
  std::size_t next = i;
  const auto c = static_cast<UChar32>(NextCodePoint(text, next));
  if (u_charType(c) != U_DECIMAL_DIGIT_NUMBER) return false;
  i = next;
  return true;
}

// Runs of digits. With `separators` a point or comma between digits belongs to the number.
std::int64_t CountNumbers(std::string_view text, bool separators) {
  std::int64_t count = 0;
  bool in_number = false;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t at = i;
    if (IsDigitAt(text, at)) {
      count += !in_number;
      in_number = true;
      i = at;
      continue;
    }
    std::size_t behind = i + 1;
    const bool joins = separators && in_number && (text[i] == '.' || text[i] == ',') && behind < text.size() && IsDigitAt(text, behind);
    in_number = joins;
    NextCodePoint(text, i);
  }
  return count;
}

Result<Constraint> Numbers(const ConstraintArgs& args) {
  const auto wanted = args.Count("N");
  if (!wanted) return wanted.error();
  if (args.context().fixed()) {
    return Constraint([wanted = *wanted](std::string_view text) { return CountNumbers(text, true) == wanted; });
  }
  // Marks are taken out first: "3-4" is one number.
  return Constraint([wanted = *wanted](std::string_view text) { return CountNumbers(WithoutPunctuation(text), false) == wanted; });
}

Result<Constraint> EveryPunctuation(const ConstraintArgs&) {
  return Constraint([](std::string_view text) {
    std::size_t at = text.find("?!");
    if (at == kNone) at = text.find("!?");
    if (at == kNone && text.find("‽") == kNone) return false;
    // The interrobang is not the question mark or the exclamation mark.
    return std::all_of(std::begin(".,!?;:"), std::end(".,!?;:") - 1, [&](char mark) {
      if (at == kNone) return text.find(mark) != kNone;
      return text.substr(0, at).find(mark) != kNone || text.find(mark, at + 2) != kNone;
    });
  });
}

bool IsJapanese(std::string_view word, bool fixed) {
  bool found = false;
  ForEachCodePoint(word, [&](char32_t c, std::size_t, std::size_t) {
    found |= (c >= 0x3040 && c <= 0x30FF) || (c >= 0x4E00 && c <= 0x9FFF);
    // The iteration mark, half-width katakana and rarer characters.
    found |= fixed && (c == 0x3005 || (c >= 0x31F0 && c <= 0x31FF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0xFF66 && c <= 0xFF9D));
  });
  return found;
}

Result<Constraint> JapaneseWords(const ConstraintArgs& args) {
  const auto cycle = args.Count("N");
  if (!cycle) return cycle.error();
  if (*cycle == 0) return args.Bad("N", "must be 1 or more");
  return Constraint([cycle = static_cast<std::size_t>(*cycle), fixed = args.context().fixed()](std::string_view text) {
    const auto words = SplitBlanks(text);
    for (std::size_t i = cycle - 1; i < words.size(); i += cycle) {
      const std::string_view word = StripMarks(words[i], kPunctuationAndBlank);
      if (!word.empty() && !IsDigits(word) && !IsJapanese(word, fixed)) return false;
    }
    return true;
  });
}

const std::unordered_set<std::string_view>& Pronouns() {
  static const std::unordered_set<std::string_view> pronouns{
      "i",   "me",  "my",      "mine", "myself", "we",   "us",      "our", "ours", "ourselves", "you",  "your", "yours", "yourself", "yourselves", "he",
      "him", "his", "himself", "she",  "her",    "hers", "herself", "it",  "its",  "itself",    "they", "them", "their", "theirs",   "themselves"};
  return pronouns;
}

Result<Constraint> PronounCount(const ConstraintArgs& args) {
  const auto wanted = args.Count("N");
  if (!wanted) return wanted.error();
  return Constraint([wanted = *wanted, fixed = args.context().fixed()](std::string_view text) {
    std::int64_t count = 0;
    if (fixed) {
      // The pronoun in "I'm" counts.
      const std::string lower = UnicodeLower(text);
      ForEachWordRun(lower, [&](std::string_view word) { count += Pronouns().contains(word); });
      return count >= wanted;
    }
    std::string plain = UnicodeLower(text);
    std::replace(plain.begin(), plain.end(), '/', ' ');
    plain = WithoutPunctuation(plain);
    for (const std::string_view word : SplitBlanks(plain)) count += Pronouns().contains(word);
    return count >= wanted;
  });
}

Result<Constraint> KeywordsMultiple(const ConstraintArgs& args) {
  constexpr std::size_t kCounts[] = {1, 2, 3, 5, 7};
  std::vector<std::string> keywords;
  for (const std::string_view name : {"keyword1", "keyword2", "keyword3", "keyword4", "keyword5"}) {
    const auto keyword = args.Word(name);
    if (!keyword) return keyword.error();
    keywords.push_back(UnicodeLower(*keyword));
  }
  return Constraint([keywords, kCounts, fixed = args.context().fixed()](std::string_view text) {
    const std::string lower = UnicodeLower(text);
    for (std::size_t i = 0; i < keywords.size(); ++i) {
      if ((fixed ? CountWholeWord(lower, keywords[i]) : CountSubstring(lower, keywords[i])) != kCounts[i]) return false;
    }
    return true;
  });
}

// Three sentences of one length. That their words differ is asked for, but not checked as published.
Result<Constraint> SentenceWords(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const auto sentences = RuleSentences(text);
    if (sentences.size() != 3) return false;
    const std::size_t length = CodePointCount(sentences[0]);
    std::unordered_set<std::string> seen;
    for (const std::string& sentence : sentences) {
      if (CodePointCount(sentence) != length) return false;
      if (!fixed) continue;
      const std::string lower = UnicodeLower(sentence);
      for (const std::string_view word : BareWords(lower)) {
        if (!seen.emplace(word).second) return false;
      }
    }
    return true;
  });
}

constexpr ConstraintType kTypes[] = {
    {"count:word_count_range", WordCountRange},
    {"count:unique_word_count", UniqueWordCount},
    {"count:conjunctions", Conjunctions},
    {"count:person_names", PersonNames},
    {"count:numbers", Numbers},
    {"count:punctuation", EveryPunctuation},
    {"count:words_japanese", JapaneseWords},
    {"count:pronouns", PronounCount},
    {"count:keywords_multiple", KeywordsMultiple},
    {"ratio:stop_words", StopWords},
    {"ratio:sentence_type", SentenceType},
    {"ratio:sentence_balance", SentenceBalance},
    {"ratio:overlap", TrigramOverlap},
    {"ratio:sentence_words", SentenceWords},
};

}  // namespace

std::span<const ConstraintType> IfbenchCountConstraints() { return kTypes; }

}  // namespace rlar
