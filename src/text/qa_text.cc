#include "text/qa_text.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "text/porter.h"
#include "text/spans.h"
#include "text/unicode.h"

namespace rlar {
namespace {

using WordMap = std::unordered_map<std::string_view, int>;

const WordMap& SmallNumbers() {
  static const WordMap map{{"zero", 0},      {"one", 1},      {"two", 2},      {"three", 3},      {"four", 4},      {"five", 5},      {"six", 6},
                           {"seven", 7},     {"eight", 8},    {"nine", 9},     {"ten", 10},       {"eleven", 11},   {"twelve", 12},   {"thirteen", 13},
                           {"fourteen", 14}, {"fifteen", 15}, {"sixteen", 16}, {"seventeen", 17}, {"eighteen", 18}, {"nineteen", 19}, {"twenty", 20},
                           {"thirty", 30},   {"forty", 40},   {"fifty", 50},   {"sixty", 60},     {"seventy", 70},  {"eighty", 80},   {"ninety", 90},
                           {"once", 1},      {"twice", 2},    {"first", 1},    {"third", 3},      {"fourth", 4},    {"fifth", 5},     {"sixth", 6},
                           {"seventh", 7},   {"eighth", 8},   {"ninth", 9},    {"tenth", 10},     {"eleventh", 11}, {"twelfth", 12},  {"twentieth", 20}};
  return map;
}

// Capital numerals of two letters or more that are no usual word.
const WordMap& RomanNumerals() {
  static const WordMap map{{"II", 2},   {"III", 3},   {"IV", 4},   {"VI", 6},  {"VII", 7},  {"VIII", 8},  {"IX", 9},     {"XI", 11},
                           {"XII", 12}, {"XIII", 13}, {"XIV", 14}, {"XV", 15}, {"XVI", 16}, {"XVII", 17}, {"XVIII", 18}, {"XIX", 19}};
  return map;
}

const std::unordered_map<std::string_view, double>& Scales() {
  static const std::unordered_map<std::string_view, double> map{{"hundred", 1e2}, {"thousand", 1e3}, {"million", 1e6}, {"billion", 1e9}, {"trillion", 1e12}};
  return map;
}

constexpr std::array<std::string_view, 12> kMonths{"january", "february", "march",     "april",   "may",      "june",
                                                   "july",    "august",   "september", "october", "november", "december"};

std::string_view MonthOf(std::string_view lower, bool capital) {
  if (lower == "sept" && capital) return kMonths[8];
  for (const std::string_view month : kMonths) {
    if (lower == month || (capital && lower.size() == 3 && month.starts_with(lower))) return month;
  }
  return {};
}

// Letters that are marked by a stroke or joined, which no decomposition takes apart.
std::string_view PlainLetters(char32_t c) {
  switch (c) {
    case 0xD8: return "O";
    case 0xF8: return "o";
    case 0xDF: return "ss";
    case 0xE6: return "ae";
    case 0xC6: return "AE";
    case 0x153: return "oe";
    case 0x152: return "OE";
    case 0x141: return "L";
    case 0x142: return "l";
    case 0x110:
    case 0xD0: return "D";
    case 0x111:
    case 0xF0: return "d";
    case 0xDE: return "Th";
    case 0xFE: return "th";
    case 0x131: return "i";
    default: return {};
  }
}

bool IsApostrophe(char32_t c) { return c == '\'' || c == '`' || c == 0x2019 || c == 0x2018 || c == 0x2BB || c == 0x2BC; }
bool IsLatinOrDigit(char32_t c) {
  if (c < 0x80) return IsAsciiAlpha(static_cast<char>(c)) || IsAsciiDigit(static_cast<char>(c));
  return c < 0x250 && u_isalpha(static_cast<UChar32>(c));
}

// Compatibility forms folded, accents, apostrophes and possessive "'s" removed. Other marks stay as they are.
std::string Fold(std::string_view text, bool& hidden_marks) {
  std::u32string wide;
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    wide.assign(text.begin(), text.end());
  } else {
    UErrorCode error = U_ZERO_ERROR;
    static const icu::Normalizer2* const kDecompose = icu::Normalizer2::getNFKDInstance(error);
    static const icu::Normalizer2* const kCompose = icu::Normalizer2::getNFCInstance(error);
    const auto source = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
    icu::UnicodeString bare;
    const icu::UnicodeString apart = kDecompose->normalize(source, error);
    for (int i = 0; i < apart.length(); i = apart.moveIndex32(i, 1)) {
      const UChar32 c = apart.char32At(i);
      if (c < 0x300 || c > 0x36F) bare.append(c);
    }
    const icu::UnicodeString together = kCompose->normalize(bare, error);
    for (int i = 0; i < together.length(); i = together.moveIndex32(i, 1)) wide += static_cast<char32_t>(together.char32At(i));
  }
  std::string out;
  out.reserve(text.size() + 8);
  for (std::size_t i = 0; i < wide.size(); ++i) {
    const char32_t c = wide[i], next = i + 1 < wide.size() ? wide[i + 1] : 0;
    if (IsInvisible(c)) {
      hidden_marks |= i > 0 && IsLatinOrDigit(wide[i - 1]) && IsLatinOrDigit(next);
      continue;
    }
    if (IsApostrophe(c)) {
      const bool possessive = (next == 's' || next == 'S') && i > 0 && IsAlnum(wide[i - 1]) && (i + 2 >= wide.size() || !IsAlnum(wide[i + 2]));
      i += possessive;
      continue;
    }
    if (c < 0x80)
      out += static_cast<char>(c);
    else if (const std::string_view plain = PlainLetters(c); !plain.empty())
      out += plain;
    else if (c == 0x2212)
      out += '-';
    else
      AppendUtf8(out, c);
  }
  return out;
}

bool IsUnspaced(char32_t c) {
  if (c < 0xE00) return false;
  if ((c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x4DBF)) return true;
  return (c >= 0x0E00 && c <= 0x0EFF) || (c >= 0x1000 && c <= 0x109F) || (c >= 0x1780 && c <= 0x17FF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x20000 && c <= 0x3FFFF);
}

// Combining vowel signs belong to the letter before them.
bool IsWordPart(char32_t c) {
  if (c < 0x80) return IsAsciiAlpha(static_cast<char>(c));
  return IsAlnum(c) || (U_GET_GC_MASK(static_cast<UChar32>(c)) & U_GC_M_MASK) != 0;
}

std::string Decimal(double value) {
  if (value == std::floor(value) && std::fabs(value) < 1e15) return std::to_string(static_cast<long long>(value));
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
  return {buffer.data(), end};
}

class Reader {
 public:
  explicit Reader(std::string_view text) { out_.text = Fold(text, out_.hidden_marks); }

  QaText Run() {
    const std::string_view text = out_.text;
    out_.words.reserve(text.size() / 5 + 1);
    while (at_ < text.size()) {
      std::size_t next = at_;
      const char32_t c = NextCodePoint(text, next);
      if (DigitValue(c) >= 0)
        ReadNumber();
      else if (IsUnspaced(c))
        ReadIdeograph(next);
      else if (IsWordPart(c))
        ReadWord();
      else
        ReadMark(c, next);
    }
    for (QaWord& word : out_.words) {
      const bool latin = word.text.size() > 3 && std::all_of(word.text.begin(), word.text.end(), IsAsciiAlpha);
      word.stem = latin ? PorterStem(word.text) : word.text;
      out_.joined += word.text;
    }
    return std::move(out_);
  }

 private:
  QaWord& Add(std::string text, std::size_t begin) {
    QaWord& word = out_.words.emplace_back();
    word.text = std::move(text);
    word.begin = begin;
    word.clause = clause_;
    word.sentence = sentence_;
    word.before = before_;
    clause_ = sentence_ = false;
    before_ = ' ';
    glued_to_ = at_;
    return word;
  }

  void AddNumber(double value, std::size_t begin) {
    // "twenty-five", "two hundred", "1.5 million", "minus 5"
    QaWord* last = out_.words.empty() ? nullptr : &out_.words.back();
    if (last != nullptr && last->number && words_only_ && (before_ == ' ' || before_ == '-') && !clause_ && spelled_) {
      const double tens = last_value_;
      if (tens >= 20 && tens < 100 && std::fmod(tens, 10) == 0 && value >= 1 && value < 10) return Replace(tens + value);
      if (tens >= 100 && std::fmod(tens, 100) == 0 && value >= 1 && value < 100) return Replace(tens + value);
    }
    last_value_ = value;
    spelled_ = words_only_;
    Add(Decimal(value), begin).number = true;
  }
  void Replace(double value) {
    out_.words.back().text = Decimal(value);
    last_value_ = value;
    clause_ = sentence_ = false;
    before_ = ' ';
    glued_to_ = at_;
  }

  void ReadNumber() {
    const std::string_view text = out_.text;
    const std::size_t begin = at_;
    std::string digits;
    bool point = false;
    while (at_ < text.size()) {
      std::size_t next = at_;
      const char32_t c = NextCodePoint(text, next);
      if (const int digit = DigitValue(c); digit >= 0) {
        digits += static_cast<char>('0' + digit);
      } else if (c == ',' && !point && GroupAt(next)) {
      } else if (c == '.' && !point && next < text.size() && IsAsciiDigit(text[next])) {
        digits += '.';
        point = true;
      } else {
        break;
      }
      at_ = next;
    }
    if (point) {
      while (digits.back() == '0') digits.pop_back();
      if (digits.back() == '.') digits.pop_back();
    }
    const bool minus = begin > 0 && text[begin - 1] == '-' && (begin == 1 || text[begin - 2] == ' ' || text[begin - 2] == '(');
    if (minus) digits.insert(digits.begin(), '-');
    words_only_ = false;
    spelled_ = false;
    last_value_ = digits.size() < 18 ? std::strtod(digits.c_str(), nullptr) : 0;
    Add(std::move(digits), begin).number = true;
  }

  // Three digits and no fourth: ",000". "1, 776" is written like that too.
  bool GroupAt(std::size_t at) const {
    const std::string& text = out_.text;
    for (std::size_t i = 0; i < 3; ++i) {
      if (at + i >= text.size() || !IsAsciiDigit(text[at + i])) return false;
    }
    return at + 3 >= text.size() || !IsAsciiDigit(text[at + 3]);
  }

  void ReadIdeograph(std::size_t next) {
    const std::size_t begin = at_;
    at_ = next;
    words_only_ = false;
    Add(out_.text.substr(begin, next - begin), begin).ideograph = true;
  }

  void ReadWord() {
    const std::string_view text = out_.text;
    const std::size_t begin = at_;
    bool ascii = true;
    while (at_ < text.size()) {
      std::size_t next = at_;
      const char32_t c = NextCodePoint(text, next);
      if (!IsWordPart(c) || IsUnspaced(c) || DigitValue(c) >= 0) break;
      // "ofBengal": blanks get lost where pages are copied.
      if (c >= 'A' && c <= 'Z' && at_ > begin + 1 && text[at_ - 1] >= 'a' && text[at_ - 1] <= 'z') break;
      ascii &= c < 0x80;
      at_ = next;
    }
    // "U.S.A.", "B.R.": the letters are one word.
    std::string raw(text.substr(begin, at_ - begin));
    while (raw.size() < 8 && SingleLettersAt(begin, raw)) {
    }
    std::string lower = ascii ? AsciiLower(raw) : UnicodeLower(raw);
    Meaning(raw, std::move(lower), begin);
  }

  // Takes ".X" behind a single letter if a further stop or the end of the word follows.
  bool SingleLettersAt(std::size_t begin, std::string& raw) {
    const std::string_view text = out_.text;
    if (at_ - begin != 2 * raw.size() - 1 || at_ + 1 >= text.size() || text[at_] != '.' || !IsAsciiAlpha(text[at_ + 1])) return false;
    if (at_ + 2 < text.size() && (IsAsciiAlpha(text[at_ + 2]) || static_cast<unsigned char>(text[at_ + 2]) >= 0x80)) return false;
    raw += text[at_ + 1];
    at_ += 2;
    return true;
  }

  void Meaning(std::string_view raw, std::string lower, std::size_t begin) {
    const bool capital = raw != lower;
    if (lower == "a" || lower == "an" || lower == "the") {
      before_ = before_ == 0 ? 0 : ' ';
      return;
    }
    QaWord* last = out_.words.empty() ? nullptr : &out_.words.back();
    const bool after_number = last != nullptr && last->number;
    if (after_number && glued_to_ == begin && (lower == "st" || lower == "nd" || lower == "rd" || lower == "th")) {
      glued_to_ = at_;
      return;
    }
    if (const auto small = SmallNumbers().find(lower); small != SmallNumbers().end()) {
      words_only_ = true;
      return AddNumber(small->second, begin);
    }
    if (const auto roman = RomanNumerals().find(raw); roman != RomanNumerals().end()) {
      words_only_ = false;
      return AddNumber(roman->second, begin);
    }
    if (const auto scale = Scales().find(lower); scale != Scales().end() && after_number && !clause_ && last_value_ > 0 && last_value_ < 1e6) {
      spelled_ = true;
      return Replace(last_value_ * scale->second);
    }
    words_only_ = false;
    if (const std::string_view month = MonthOf(lower, capital); !month.empty()) lower = month;
    if (lower == "jnr" || lower == "junior") lower = "jr";
    Add(std::move(lower), begin).capital = capital;
  }

  void ReadMark(char32_t c, std::size_t next) {
    if (c == '&' || c == '%') {
      const std::size_t begin = at_;
      at_ = next;
      words_only_ = false;
      Add(c == '&' ? "and" : "percent", begin);
      return;
    }
    at_ = next;
    if (c == '\n' || c == '!' || c == '?' || c == 0x3002 || c == 0xFF01 || c == 0xFF1F) sentence_ = clause_ = true;
    if (c == '.') sentence_ |= next >= out_.text.size() || out_.text[next] == ' ' || out_.text[next] == '\n';
    if (!IsSpace(c) && c != '-' && c != '"' && c != '*') clause_ = true;
    if (c < 0x80 && !IsSpace(c)) before_ = static_cast<char>(c);
  }

  QaText out_;
  std::size_t at_ = 0;
  std::size_t glued_to_ = 0;  // end of the last word
  bool clause_ = true, sentence_ = true;
  char before_ = 0;
  bool words_only_ = false, spelled_ = false;
  double last_value_ = 0;
};

bool OneEdit(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size()), longer = std::max(a.size(), b.size());
  std::size_t front = 0, back = 0;
  while (front < shorter && a[front] == b[front]) ++front;
  while (back < shorter - front && a[a.size() - 1 - back] == b[b.size() - 1 - back]) ++back;
  if (longer - front - back <= 1) return true;
  return a.size() == b.size() && longer - front - back == 2 && a[front] == b[front + 1] && a[front + 1] == b[front];
}

bool IsAsciiWord(std::string_view text) { return std::all_of(text.begin(), text.end(), IsAsciiAlpha); }

}  // namespace

QaText ReadQaText(std::string_view text) { return Reader(text).Run(); }

bool IsQaStopWord(std::string_view word) {
  static const std::unordered_set<std::string_view> kWords{"of", "in", "on", "at", "to", "for", "by", "with", "and", "or", "is", "was", "are", "were", "be",
                                                           "been", "it", "its", "he", "she", "his", "her", "they", "their", "as", "from", "that", "this",
                                                           "which", "who", "i", "you", "has", "have", "had", "did", "does", "do", "not", "also", "into", "than",
                                                           "then", "there", "about", "during", "between",
                                                           // parts of names
                                                           "van", "von", "de", "der", "da", "di", "del", "la", "le", "el", "al", "bin", "ibn"};
  return kWords.contains(word);
}

double WordLikeness(const QaWord& wanted, const QaWord& said) {
  if (wanted.text == said.text || wanted.stem == said.stem) return 1;
  const std::size_t shorter = std::min(wanted.text.size(), said.text.size()), longer = std::max(wanted.text.size(), said.text.size());
  if (shorter < 6 || wanted.text[0] != said.text[0] || wanted.number || said.number) return 0;
  if (!IsAsciiWord(wanted.text) || !IsAsciiWord(said.text)) return 0;
  // A name that is cut short is no slip.
  if (wanted.capital && wanted.text.starts_with(said.text)) return 0;
  if (longer - shorter <= 1 && OneEdit(wanted.text, said.text)) return .9;
  if (wanted.capital) return 0;
  std::size_t common = 0;
  while (common < shorter && wanted.text[common] == said.text[common]) ++common;
  return common >= 5 && 100 * common >= 65 * longer ? .8 : 0;
}

}  // namespace rlar
