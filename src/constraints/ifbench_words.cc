// IFBench (Pyatkin et al., 2025): words:* and sentence:*. What each mode answers is listed in docs/instructions.md.
#include <algorithm>
#include <unordered_map>

#include "base/text.h"
#include "constraints/constraint.h"
#include "constraints/counts.h"
#include "constraints/syllables.h"
#include "constraints/verb_tagger.h"
#include "constraints/words.h"
#include "text/punkt.h"
#include "text/treebank.h"
#include "text/unicode.h"

namespace rlar {
namespace {

bool HasLetter(std::string_view word) {
  bool found = false;
  ForEachCodePoint(word, [&](char32_t c, std::size_t, std::size_t) { found |= IsAlnum(c) && !(c < 0x80 && IsAsciiDigit(static_cast<char>(c))); });
  return found;
}

// The words of a text in lower case: without ASCII marks as published, without marks of any script when fixed. Calls
// f(words).
template <class F>
bool OfPlainWords(std::string_view text, bool fixed, F f) {
  const std::string lower = fixed ? UnicodeLower(text) : WithoutPunctuation(UnicodeLower(text));
  return f(fixed ? BareWords(lower) : SplitBlanks(lower));
}

Result<Constraint> AlphabetLoop(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    return OfPlainWords(text, fixed, [](const std::vector<std::string_view>& words) {
      if (words.empty()) return false;
      char32_t expected = FirstChar(words[0]);
      if (expected < 'a' || expected > 'z') return false;
      for (const std::string_view word : words) {
        if (FirstChar(word) != expected) return false;
        expected = expected == 'z' ? 'a' : expected + 1;
      }
      return true;
    });
  });
}

Result<Constraint> ThreeVowels(const ConstraintArgs&) {
  return Constraint([](std::string_view text) {
    if (Strip(text).find('\n') != std::string_view::npos) return false;
    const std::string lower = UnicodeLower(text);
    return std::count_if(std::begin("aeiou"), std::end("aeiou") - 1, [&](char vowel) { return lower.find(vowel) != lower.npos; }) <= 3;
  });
}

bool HasCluster(std::string_view word) {
  constexpr std::string_view kConsonants = "bcdfghjklmnpqrstvwxyz";
  const auto consonant = [&](char c) { return kConsonants.find(c) != kConsonants.npos; };
  for (std::size_t i = 1; i < word.size(); ++i) {
    if (consonant(word[i - 1]) && consonant(word[i])) return true;
  }
  return false;
}

// Numbers and lone marks need no cluster when fixed.
Result<Constraint> ConsonantClusters(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const std::string lower = UnicodeLower(text);
    const auto words = SplitBlanks(lower);
    return std::all_of(words.begin(), words.end(), [&](std::string_view word) { return HasCluster(word) || (fixed && !HasLetter(word)); });
  });
}

std::u32string Reversed(std::u32string text) {
  std::reverse(text.begin(), text.end());
  return text;
}

Result<Constraint> TenPalindromes(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    return OfPlainWords(text, fixed, [fixed](const std::vector<std::string_view>& words) {
      return std::count_if(words.begin(), words.end(), [&](std::string_view word) {
               const std::u32string chars = Decode(word);
               return chars.size() >= 5 && chars == Reversed(chars) && (!fixed || HasLetter(word));
             }) >= 10;
    });
  });
}

bool IsPrime(std::size_t n) {
  if (n < 2) return false;
  for (std::size_t d = 2; d * d <= n; ++d) {
    if (n % d == 0) return false;
  }
  return true;
}

// As published no word is longer than 97.
Result<Constraint> PrimeLengths(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    return OfPlainWords(text, fixed, [fixed](const std::vector<std::string_view>& words) {
      return std::all_of(words.begin(), words.end(), [&](std::string_view word) {
        const std::size_t length = CodePointCount(word);
        return (fixed || length <= 97) && IsPrime(length);
      });
    });
  });
}

Result<Constraint> StartVerb(const ConstraintArgs& args) {
  if (!EnglishPunkt()) return EnglishPunkt().error();
  auto tagger = VerbTagger::Load(args.context().tagger);
  if (!tagger) return tagger.error();
  return Constraint([tagger = *tagger](std::string_view text) {
    const auto words = WordTokenize(text, *EnglishPunkt());
    return !words.empty() && tagger->FirstTag(words).find("VB") != std::string::npos;
  });
}

Result<Constraint> Repeats(const ConstraintArgs& args) {
  const auto most = args.Count("small_n");
  if (!most) return most.error();
  return Constraint([most = *most, fixed = args.context().fixed()](std::string_view text) {
    return OfPlainWords(text, fixed, [most](const std::vector<std::string_view>& words) {
      std::unordered_map<std::string_view, std::int64_t> counts;
      return std::all_of(words.begin(), words.end(), [&](std::string_view word) { return ++counts[word] <= most; });
    });
  });
}

Result<Constraint> OddEvenSyllables(const ConstraintArgs& args) {
  const auto& syllables = SyllableCounter::Get();
  if (!syllables) return syllables.error();
  return Constraint([fixed = args.context().fixed(), &syllables = *syllables](std::string_view text) {
    return OfPlainWords(text, fixed, [&](const std::vector<std::string_view>& words) {
      int before = -1;
      for (const std::string_view word : words) {
        if (fixed && !HasLetter(word)) continue;  // a number has syllables that nobody counted
        const int parity = syllables.Count(word) % 2;
        if (parity == before) return false;
        before = parity;
      }
      return true;
    });
  });
}

// Words of a sentence after dropping the marks at its end or beginning; a word keeps those at its other end as
// published.
Result<Constraint> LastFirst(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const auto sentences = RuleSentences(text);
    for (std::size_t i = 0; i + 1 < sentences.size(); ++i) {
      const auto ends = fixed ? BareWords(sentences[i]) : SplitBlanks(StripMarksRight(sentences[i], kPunctuationAndBlank));
      const auto begins = fixed ? BareWords(sentences[i + 1]) : SplitBlanks(StripMarksLeft(sentences[i + 1], kPunctuationAndBlank));
      if (ends.empty() || begins.empty() || UnicodeLower(ends.back()) != UnicodeLower(begins.front())) return false;
    }
    return true;
  });
}

// A paragraph of nothing but marks fails as published, and is a divider when fixed.
Result<Constraint> ParagraphLastFirst(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const std::string lower = UnicodeLower(text);
    for (const std::string_view line : Split(lower, '\n')) {
      if (Strip(line).empty()) continue;
      const auto words = fixed ? BareWords(line) : SplitBlanks(StripMarks(Strip(line), kPunctuationAndBlank));
      if (words.empty() ? !fixed : words.front() != words.back()) return false;
    }
    return true;
  });
}

Result<Constraint> NoConsecutive(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    return OfPlainWords(text, fixed, [](const std::vector<std::string_view>& words) {
      for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (FirstChar(words[i]) == FirstChar(words[i + 1])) return false;
      }
      return true;
    });
  });
}

// Second and second to last word. The marks are words as published: "…  key ." has key second to last.
Result<Constraint> WordsPosition(const ConstraintArgs& args) {
  const auto keyword = args.Word("keyword");
  if (!keyword) return keyword.error();
  if (args.context().fixed()) {
    return Constraint([keyword = UnicodeLower(*keyword)](std::string_view text) {
      const auto words = BareWords(text);
      return words.size() >= 2 && UnicodeLower(words[1]) == keyword && UnicodeLower(words[words.size() - 2]) == keyword;
    });
  }
  if (!EnglishPunkt()) return EnglishPunkt().error();
  return Constraint([keyword = *keyword](std::string_view text) {
    const auto words = WordTokenize(text, *EnglishPunkt());
    return words.size() >= 2 && words[1] == keyword && words[words.size() - 2] == keyword;
  });
}

// Length of the alliterations of a sentence: of all together as published, of the longest when fixed.
std::int64_t Alliteration(std::string_view sentence, bool fixed) {
  const std::string lower = UnicodeLower(sentence);
  std::vector<char32_t> first;
  if (fixed) {
    for (const std::string_view word : BareWords(lower)) first.push_back(FirstChar(word));
  } else {
    for (const std::string_view word : SplitBlanks(lower)) {
      if (const std::string_view bare = StripMarksLeft(word, kPunctuationAndBlank); !bare.empty()) first.push_back(FirstChar(bare));
    }
  }
  std::int64_t sum = 0, run = 0, longest = 0;
  for (std::size_t i = 0; i + 1 < first.size(); ++i) {
    run = first[i] != first[i + 1] ? 0 : run == 0 ? 2 : run + 1;
    sum += run == 2 ? 2 : run > 2 ? 1 : 0;
    longest = std::max(longest, run);
  }
  return fixed ? longest : sum;
}

Result<Constraint> AlliterationIncrement(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    std::int64_t before = -1;
    for (const std::string& sentence : RuleSentences(text)) {
      const std::int64_t length = Alliteration(sentence, fixed);
      if (length <= before) return false;
      before = length;
    }
    return true;
  });
}

Result<Constraint> SentenceKeyword(const ConstraintArgs& args) {
  const auto word = args.Text("word");
  if (!word) return word.error();
  if (word->empty()) return args.Bad("word", "is empty; the official code would draw it at random");
  const auto n = args.Count("N");
  if (!n) return n.error();
  return Constraint([word = UnicodeLower(*word), n = static_cast<std::size_t>(*n), fixed = args.context().fixed()](std::string_view text) {
    const auto sentences = RuleSentences(text);
    if (sentences.size() < n || sentences.empty()) return false;
    // The sentence before the first is the last, as Python indexes.
    const std::string lower = UnicodeLower(sentences[n == 0 ? sentences.size() - 1 : n - 1]);
    return fixed ? CountWholeWord(lower, word) > 0 : lower.find(word) != lower.npos;
  });
}

Result<Constraint> SentenceIncrement(const ConstraintArgs& args) {
  const auto more = args.Count("small_n");
  if (!more) return more.error();
  return Constraint([more = static_cast<std::size_t>(*more), fixed = args.context().fixed()](std::string_view text) {
    const auto sentences = RuleSentences(text);
    std::size_t before = 0;
    for (std::size_t i = 0; i < sentences.size(); ++i) {
      const std::size_t words = fixed ? BareWords(sentences[i]).size() : SplitBlanks(WithoutPunctuation(sentences[i])).size();
      if (i > 0 && words != before + more) return false;
      before = words;
    }
    return !sentences.empty();
  });
}

constexpr ConstraintType kTypes[] = {
    {"words:alphabet", AlphabetLoop},
    {"words:vowel", ThreeVowels},
    {"words:consonants", ConsonantClusters},
    {"words:palindrome", TenPalindromes},
    {"words:prime_lengths", PrimeLengths},
    {"words:start_verb", StartVerb},
    {"words:repeats", Repeats},
    {"words:odd_even_syllables", OddEvenSyllables},
    {"words:last_first", LastFirst},
    {"words:paragraph_last_first", ParagraphLastFirst},
    {"words:no_consecutive", NoConsecutive},
    {"words:keywords_specific_position", KeywordPosition},
    {"words:words_position", WordsPosition},
    {"sentence:alliteration_increment", AlliterationIncrement},
    {"sentence:keyword", SentenceKeyword},
    {"sentence:increment", SentenceIncrement},
};

}  // namespace

std::span<const ConstraintType> IfbenchWordConstraints() { return kTypes; }

}  // namespace rlar
