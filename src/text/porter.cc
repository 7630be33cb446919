#include "text/porter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace rlar {
namespace {

bool IsVowelLetter(char c) { return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u'; }

// A word cut by steps; y is a consonant where the letter before it is none, or where it begins the word.
class Word {
 public:
  explicit Word(std::string_view text) : text_(text) {}
  std::string Take() { return std::move(text_); }
  std::size_t size() const { return text_.size(); }
  bool EndsWith(std::string_view suffix) const {
    return text_.size() >= suffix.size() && std::string_view(text_).substr(text_.size() - suffix.size()) == suffix;
  }
  void Replace(std::size_t suffix_size, std::string_view by) { text_.replace(text_.size() - suffix_size, suffix_size, by); }
  char last(std::size_t back = 0) const { return text_[text_.size() - 1 - back]; }

  bool IsConsonant(std::size_t i) const {
    if (text_[i] != 'y') return !IsVowelLetter(text_[i]);
    std::size_t run = 0;
    while (run < i && text_[i - run] == 'y') ++run;
    const bool first = text_[i - run] == 'y' || !IsVowelLetter(text_[i - run]);
    return run % 2 == 0 ? first : !first;
  }
  // The number of vowel-consonant changes in the first `n` letters.
  int Measure(std::size_t n) const {
    int changes = 0;
    bool before = true;
    for (std::size_t i = 0; i < n; ++i) {
      const bool consonant = text_[i] == 'y' ? i == 0 || !before : !IsVowelLetter(text_[i]);
      changes += consonant && !before;
      before = consonant;
    }
    return changes;
  }
  bool HasVowel(std::size_t n) const {
    for (std::size_t i = 0; i < n; ++i) {
      if (!IsConsonant(i)) return true;
    }
    return false;
  }
  bool EndsDouble() const { return size() >= 2 && last() == last(1) && IsConsonant(size() - 1); }
  // Whether the first `n` letters end consonant, vowel, consonant other than w, x, y; or are vowel, consonant (NLTK).
  bool EndsShort(std::size_t n) const {
    if (n == 2) return !IsConsonant(0) && IsConsonant(1);
    if (n < 3) return false;
    const char c = text_[n - 1];
    return IsConsonant(n - 3) && !IsConsonant(n - 2) && IsConsonant(n - 1) && c != 'w' && c != 'x' && c != 'y';
  }

 private:
  std::string text_;
};

struct Rule {
  std::string_view suffix, by;
};

// The first rule whose suffix stands there decides, whether or not its stem is long enough.
template <std::size_t kSize>
void Apply(Word& word, const std::array<Rule, kSize>& rules, int above) {
  for (const Rule& rule : rules) {
    if (!word.EndsWith(rule.suffix)) continue;
    if (word.Measure(word.size() - rule.suffix.size()) > above) word.Replace(rule.suffix.size(), rule.by);
    return;
  }
}

constexpr std::array<Rule, 21> kStep2{{{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"},   {"anci", "ance"},   {"izer", "ize"},    {"bli", "ble"},
                                       {"alli", "al"},     {"entli", "ent"},   {"eli", "e"},       {"ousli", "ous"},   {"ization", "ize"}, {"ation", "ate"},
                                       {"ator", "ate"},    {"alism", "al"},    {"iveness", "ive"}, {"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"},
                                       {"iviti", "ive"},   {"biliti", "ble"},  {"fulli", "ful"}}};
constexpr std::array<Rule, 7> kStep3{{{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""}}};
constexpr std::array<std::string_view, 19> kStep4{"al",  "ance", "ence", "er",  "ic",  "able", "ible", "ant", "ement", "ment",
                                                  "ent", "ion",  "ou",   "ism", "ate", "iti",  "ous",  "ive", "ize"};

void Step1a(Word& word) {
  if (word.EndsWith("ies")) return word.Replace(word.size() == 4 ? 1 : 2, "");
  if (word.EndsWith("sses")) return word.Replace(2, "");
  if (word.EndsWith("s") && !word.EndsWith("ss")) word.Replace(1, "");
}

void Step1b(Word& word) {
  if (word.EndsWith("ied")) return word.Replace(word.size() == 4 ? 1 : 2, "");
  if (word.EndsWith("eed")) {
    if (word.Measure(word.size() - 3) > 0) word.Replace(1, "");
    return;
  }
  if (word.EndsWith("ed") && word.HasVowel(word.size() - 2)) {
    word.Replace(2, "");
  } else if (word.EndsWith("ing") && word.HasVowel(word.size() - 3)) {
    word.Replace(3, "");
  } else {
    return;
  }
  if (word.EndsWith("at") || word.EndsWith("bl") || word.EndsWith("iz")) {
    word.Replace(0, "e");
  } else if (word.EndsDouble()) {
    if (word.last() != 'l' && word.last() != 's' && word.last() != 'z') word.Replace(1, "");
  } else if (word.Measure(word.size()) == 1 && word.EndsShort(word.size())) {
    word.Replace(0, "e");
  }
}

void Step2(Word& word) {
  while (word.EndsWith("alli") && word.Measure(word.size() - 4) > 0) word.Replace(2, "");
  // The stem of "logi" is measured with its o and l kept.
  if (word.EndsWith("logi")) {
    if (word.Measure(word.size() - 3) > 0) word.Replace(1, "");
    return;
  }
  Apply(word, kStep2, 0);
}

void Step4(Word& word) {
  for (const std::string_view suffix : kStep4) {
    if (!word.EndsWith(suffix)) continue;
    const std::size_t stem = word.size() - suffix.size();
    if (word.Measure(stem) <= 1) return;
    if (suffix == "ion" && word.last(3) != 's' && word.last(3) != 't') return;
    return word.Replace(suffix.size(), "");
  }
}

void Step5(Word& word) {
  if (word.EndsWith("e")) {
    const int measure = word.Measure(word.size() - 1);
    if (measure > 1 || (measure == 1 && !word.EndsShort(word.size() - 1))) word.Replace(1, "");
  }
  if (word.EndsWith("ll") && word.Measure(word.size() - 1) > 1) word.Replace(1, "");
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 16> kIrregular{{{"sky", "sky"},
                                                                                    {"skies", "sky"},
                                                                                    {"dying", "die"},
                                                                                    {"lying", "lie"},
                                                                                    {"tying", "tie"},
                                                                                    {"news", "news"},
                                                                                    {"innings", "inning"},
                                                                                    {"inning", "inning"},
                                                                                    {"outings", "outing"},
                                                                                    {"outing", "outing"},
                                                                                    {"cannings", "canning"},
                                                                                    {"canning", "canning"},
                                                                                    {"howe", "howe"},
                                                                                    {"proceed", "proceed"},
                                                                                    {"exceed", "exceed"},
                                                                                    {"succeed", "succeed"}}};

}  // namespace

std::string PorterStem(std::string_view text) {
  for (const auto& [form, stem] : kIrregular) {
    if (text == form) return std::string(stem);
  }
  if (CodePointCount(text) <= 2) return std::string(text);
  Word word(text);
  Step1a(word);
  Step1b(word);
  if (word.EndsWith("y") && word.size() > 2 && word.IsConsonant(word.size() - 2)) word.Replace(1, "i");
  Step2(word);
  Apply(word, kStep3, 0);
  Step4(word);
  Step5(word);
  return word.Take();
}

}  // namespace rlar
