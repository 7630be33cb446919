#include "constraints/words.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace rlar {
namespace {

constexpr std::array<bool, 256> MarkTable() {
  std::array<bool, 256> table{};
  for (const char c : kPunctuation) table[static_cast<unsigned char>(c)] = true;
  return table;
}
constexpr auto kIsPunctuation = MarkTable();

// A dot that ends nothing, and the end of a sentence: bytes that UTF-8 never has.
constexpr char kDot = '\xFE', kEnd = '\xFF';

bool StartsAt(std::string_view text, std::size_t i, std::string_view word) { return text.compare(i, word.size(), word) == 0; }

template <std::size_t N>
std::string_view FirstOf(std::string_view text, std::size_t i, const std::string_view (&words)[N]) {
  for (const std::string_view word : words) {
    if (StartsAt(text, i, word)) return word;
  }
  return {};
}

bool LetterDot(std::string_view text, std::size_t i) { return i + 1 < text.size() && IsAsciiAlpha(text[i]) && text[i + 1] == '.'; }
bool CapitalDot(std::string_view text, std::size_t i) { return LetterDot(text, i) && text[i] <= 'Z'; }

// Bytes of the blank at `i`, 0 for none.
std::size_t BlankAt(std::string_view text, std::size_t i) {
  if (i >= text.size() || text[i] == kDot || text[i] == kEnd || (text[i] & 0xC0) == 0x80) return 0;
  std::size_t next = i;
  return IsSpace(NextCodePoint(text, next)) ? next - i : 0;
}

constexpr std::string_view kTitles[] = {"Mr", "Mrs", "Ms", "Dr", "Prof", "Capt", "Cpt", "Lt", "Wherever"};
constexpr std::string_view kOpeners[] = {"He", "She", "It", "They", "Their", "Our", "We", "But", "However", "That", "This"};

// Length of a word at `i` that begins a sentence (with the blank after it where one is asked for); 0 for none.
std::size_t StarterAt(std::string_view text, std::size_t i) {
  if (i > text.size()) return 0;
  if (const auto title = FirstOf(text, i, kTitles); !title.empty()) return title.size();
  for (const std::string_view word : kOpeners) {
    if (!StartsAt(text, i, word)) continue;
    if (const std::size_t blank = BlankAt(text, i + word.size())) return word.size() + blank;
  }
  return 0;
}

// Copies `text`, giving `rewrite(i, out)` the word at each place where `first(text[i])`; it returns how much it
// replaced.
template <class First, class Rewrite>
void Pass(std::string& text, First first, Rewrite rewrite) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t taken = first(text[i]) ? rewrite(i, out) : 0;
    if (taken == 0) out += text[i++];
    i += taken;
  }
  text = std::move(out);
}

void MarkTitles(std::string& text) {
  constexpr std::string_view kPrefixes[] = {"Mr.", "St.", "Mrs.", "Ms.", "Dr."};
  Pass(
      text, [](char c) { return c == 'M' || c == 'S' || c == 'D'; },
      [&](std::size_t i, std::string& out) -> std::size_t {
        const std::string_view found = FirstOf(text, i, kPrefixes);
        if (found.empty()) return 0;
        out.append(found.substr(0, found.size() - 1)) += kDot;
        return found.size();
      });
}

// Addresses, decimal points and runs of dots.
void MarkDots(std::string& text) {
  constexpr std::string_view kDomains[] = {"com", "net", "org", "io", "gov", "edu", "me"};
  for (std::size_t i = text.find('.'); i != text.npos; i = text.find('.', i + 1)) {
    if (!FirstOf(text, i + 1, kDomains).empty()) text[i] = kDot;
  }
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '.' && IsAsciiDigit(text[i - 1]) && IsAsciiDigit(text[i + 1])) {
      text[i] = kDot;
      ++i;  // its second digit is no first digit of another
      ++i;
    }
  }
  Pass(
      text, [](char c) { return c == '.'; },
      [&](std::size_t i, std::string& out) -> std::size_t {
        const std::size_t end = std::min(text.find_first_not_of('.', i), text.size());
        if (end - i < 2) return 0;
        out.append(end - i, kDot) += kEnd;
        return end - i;
      });
}

// A letter with a dot between blanks, acronyms before a word that begins a sentence, and acronyms elsewhere.
void MarkInitials(std::string& text) {
  Pass(
      text, [](char c) { return !IsAsciiAlpha(c); },
      [&](std::size_t i, std::string& out) -> std::size_t {
        const std::size_t blank = BlankAt(text, i);
        if (blank == 0 || !LetterDot(text, i + blank) || !StartsAt(text, i + blank + 2, " ")) return 0;
        ((out += ' ') += text[i + blank]) += kDot;
        out += ' ';
        return blank + 3;
      });
  Pass(
      text, [](char c) { return c >= 'A' && c <= 'Z'; },
      [&](std::size_t i, std::string& out) -> std::size_t {
        if (!CapitalDot(text, i) || !CapitalDot(text, i + 2)) return 0;
        for (const std::size_t size : {std::size_t{6}, std::size_t{4}}) {
          if ((size == 6 && !CapitalDot(text, i + 4)) || !StartsAt(text, i + size, " ")) continue;
          const std::size_t starter = StarterAt(text, i + size + 1);
          if (starter == 0) continue;
          (out.append(text, i, size) += kEnd).append(text, i + size, 1 + starter);
          return size + 1 + starter;
        }
        return 0;
      });
  for (const std::size_t letters : {std::size_t{3}, std::size_t{2}}) {
    for (std::size_t i = 0; i + 2 * letters <= text.size();) {
      std::size_t k = 0;
      while (k < letters && LetterDot(text, i + 2 * k)) ++k;
      if (k == letters) {
        for (k = 0; k < letters; ++k) text[i + 2 * k + 1] = kDot;
      }
      i += k == letters ? 2 * letters : 1;
    }
  }
}

void MarkSuffixes(std::string& text) {
  constexpr std::string_view kSuffixes[] = {" Inc.", " Ltd.", " Jr.", " Sr.", " Co."};
  const auto blank = [](char c) { return c == ' '; };
  Pass(text, blank, [&](std::size_t i, std::string& out) -> std::size_t {
    const std::string_view found = FirstOf(text, i, kSuffixes);
    if (found.empty() || !StartsAt(text, i + found.size(), " ")) return 0;
    const std::size_t starter = StarterAt(text, i + found.size() + 1);
    if (starter == 0) return 0;
    (out.append(found.substr(0, found.size() - 1)) += kEnd).append(text, i + found.size(), 1 + starter);
    return found.size() + 1 + starter;
  });
  for (const std::string_view suffix : kSuffixes) {
    for (std::size_t i = text.find(suffix); i != text.npos; i = text.find(suffix, i + 1)) text[i + suffix.size() - 1] = kDot;
  }
  for (std::size_t i = text.find(' '); i != text.npos; i = text.find(' ', i + 1)) {
    if (LetterDot(text, i + 1)) text[i + 2] = kDot;
  }
}

}  // namespace

bool IsAsciiPunctuation(char c) { return kIsPunctuation[static_cast<unsigned char>(c)]; }

std::string WithoutPunctuation(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!IsAsciiPunctuation(c)) out += c;
  }
  return out;
}

std::string_view StripMarksLeft(std::string_view text, std::string_view marks) {
  const std::size_t begin = text.find_first_not_of(marks);
  return begin == text.npos ? std::string_view() : text.substr(begin);
}

std::string_view StripMarksRight(std::string_view text, std::string_view marks) {
  const std::size_t last = text.find_last_not_of(marks);
  return last == text.npos ? std::string_view() : text.substr(0, last + 1);
}

std::string_view StripMarks(std::string_view text, std::string_view marks) { return StripMarksLeft(StripMarksRight(text, marks), marks); }

std::vector<std::string> RuleSentences(std::string_view raw) {
  std::string text = " ";
  text.append(raw).append("  ");
  std::replace(text.begin(), text.end(), '\n', ' ');
  // The official code writes its marks into the text as "<prd>" and "<stop>": where a response does, they act as well.
  text = ReplaceAll(ReplaceAll(std::move(text), "<prd>", std::string(1, kDot)), "<stop>", std::string(1, kEnd));
  MarkTitles(text);
  MarkDots(text);
  text = ReplaceAll(std::move(text), "Ph.D.",
                    {"Ph\xFE"
                     "D\xFE",
                     5});
  MarkInitials(text);
  MarkSuffixes(text);
  text = ReplaceAll(std::move(text), ".”", "”.");
  text = ReplaceAll(std::move(text), ".\"", "\".");
  text = ReplaceAll(std::move(text), "!\"", "\"!");
  text = ReplaceAll(std::move(text), "?\"", "\"?");
  std::vector<std::string> sentences;
  std::string sentence;
  for (const char c : text) {
    if (c != kEnd) sentence += c == kDot ? '.' : c;
    if (c != kEnd && c != '.' && c != '?' && c != '!') continue;
    sentences.emplace_back(Strip(sentence));
    sentence.clear();
  }
  if (!Strip(sentence).empty()) sentences.emplace_back(Strip(sentence));
  return sentences;
}

std::size_t CountWordRuns(std::string_view text) {
  std::size_t count = 0;
  ForEachWordRun(text, [&](std::string_view) { ++count; });
  return count;
}

std::size_t CountSubstring(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != text.npos; at = text.find(part, at + part.size())) ++count;
  return count;
}

std::size_t CountWholeWord(std::string_view text, std::string_view lower_word) {
  const std::string lower = UnicodeLower(text);
  const auto word_at = [&](std::size_t i) {
    std::size_t next = i;
    return i < lower.size() && IsWordChar(NextCodePoint(lower, next));
  };
  const auto word_before = [&](std::size_t i) {
    if (i == 0) return false;
    for (--i; i > 0 && (lower[i] & 0xC0) == 0x80;) --i;
    return word_at(i);
  };
  std::size_t count = 0;
  for (std::size_t at = lower.find(lower_word); at != lower.npos; at = lower.find(lower_word, at + 1)) {
    count += !word_before(at) && !word_at(at + lower_word.size());
  }
  return count;
}

bool IsDigits(std::string_view word) {
  bool all = !word.empty();
  ForEachCodePoint(word, [&](char32_t c, std::size_t, std::size_t) {
    const auto type = static_cast<UNumericType>(u_getIntPropertyValue(static_cast<UChar32>(c), UCHAR_NUMERIC_TYPE));
    all = all && (type == U_NT_DECIMAL || type == U_NT_DIGIT);
  });
  return all;
}

char32_t FirstChar(std::string_view word) {
  std::size_t i = 0;
  return word.empty() ? 0 : NextCodePoint(word, i);
}

bool IsMark(char32_t c) {
  if (c < 0x80) return IsAsciiPunctuation(static_cast<char>(c));
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_P_MASK | U_GC_S_MASK)) != 0;
}

std::vector<std::string_view> BareWords(std::string_view text) {
  std::vector<std::string_view> words;
  for (const std::string_view word : SplitBlanks(text)) {
    std::size_t begin = std::string_view::npos, end = 0;
    ForEachCodePoint(word, [&](char32_t c, std::size_t at, std::size_t size) {
      if (IsMark(c) || IsInvisible(c)) return;
      begin = std::min(begin, at);
      end = at + size;
    });
    if (begin != std::string_view::npos) words.push_back(word.substr(begin, end - begin));
  }
  return words;
}

}  // namespace rlar
