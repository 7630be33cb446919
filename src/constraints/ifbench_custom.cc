// IFBench (Pyatkin et al., 2025): custom:*, each made for one prompt. What each mode answers is listed in
// docs/instructions.md.
#include <re2/re2.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "base/text.h"
#include "constraints/constraint.h"
#include "constraints/python_csv.h"
#include "constraints/words.h"
#include "text/spans.h"
#include "text/unicode.h"

namespace rlar {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

Result<Constraint> Multiples(const ConstraintArgs&) {
  return Constraint([](std::string_view text) {
    std::vector<std::string> numbers;
    bool in_number = false;
    ForEachCodePoint(text, [&](char32_t c, std::size_t, std::size_t) {
      const int digit = DigitValue(c);
      if (digit >= 0 && !in_number) numbers.emplace_back();
      // Digits of other scripts are digits, but no text equal to "14".
      if (digit >= 0) AppendUtf8(numbers.back(), c);
      in_number = digit >= 0;
    });
    return numbers == std::vector<std::string>{"14", "21", "28", "35", "42", "49"};
  });
}

// Length of a question's own text, if it has five options.
std::optional<std::size_t> QuestionLength(std::string_view question) {
  static const re2::RE2 option(R"([A-Ea-e][.|)][\s\x{0b}]*[\p{L}\p{N}_])");
  std::string asked;
  int options = 0;
  for (const std::string_view raw : Split(question, '\n')) {
    const std::string_view line = Strip(raw);
    if (option.Match({line.data(), line.size()}, 0, line.size(), re2::RE2::ANCHOR_START, nullptr, 0)) {
      ++options;
    } else if (options == 0) {
      (asked += ' ').append(line);
    }
  }
  if (options != 5) return std::nullopt;
  return CodePointCount(Strip(asked));
}

Result<Constraint> MultipleChoiceQuestions(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view raw) {
    static const re2::RE2 label(R"(\n*(?:Question \p{Nd}+[.|):;]?[\s\x{0b}]*))");
    const std::string_view text = fixed ? Strip(raw) : raw;
    if (text.substr(0, 8) != "Question") return false;
    std::vector<std::string_view> questions;
    re2::StringPiece found;
    std::size_t from = 0;
    while (label.Match({text.data(), text.size()}, from, text.size(), re2::RE2::UNANCHORED, &found, 1)) {
      const auto at = static_cast<std::size_t>(found.data() - text.data());
      questions.push_back(text.substr(from, at - from));
      from = at + found.size();
    }
    questions.push_back(text.substr(from));
    std::erase_if(questions, [](std::string_view question) { return Strip(question).empty(); });
    if (questions.size() != 4) return false;
    std::size_t before = 0;
    for (std::size_t i = 0; i < questions.size(); ++i) {
      const auto length = QuestionLength(Strip(questions[i]));
      if (!length || (i > 0 && *length <= before)) return false;
      before = *length;
    }
    return true;
  });
}

// Without diacritics and whatever else ASCII has no letter for.
std::string ToAscii(std::string_view text) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(error);
  const auto wide = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
  icu::UnicodeString apart = U_SUCCESS(error) ? nfkd->normalize(wide, error) : wide;
  std::string out;
  for (int i = 0; i < apart.length(); ++i) {
    if (apart[i] < 0x80) out += static_cast<char>(apart[i]);
  }
  return out;
}

Result<Constraint> ReverseLines(const ConstraintArgs&) {
  return Constraint([](std::string_view text) {
    std::vector<std::string> lines;
    for (const std::string_view line : Split(text, '\n')) {
      const std::string_view bare = StripMarks(line, kPunctuationAndBlank);
      if (bare.empty() || (lines.empty() && bare.find("Zimbabwe") == kNone)) continue;
      lines.push_back(ToAscii(bare));
    }
    return lines.size() >= 52 && std::is_sorted(lines.begin(), lines.end(), std::greater<>());
  });
}

Result<Constraint> ReverseWords(const ConstraintArgs&) {
  return Constraint([](std::string_view text) {
    const std::string plain = WithoutPunctuation(UnicodeLower(Strip(text)));
    std::string turned;
    const auto words = SplitBlanks(plain);
    for (auto word = words.rbegin(); word != words.rend(); ++word) {
      if (!turned.empty()) turned += ' ';
      turned.append(*word);
    }
    if (turned.find("bald eagle") == kNone) return false;
    // One sentence, which without marks it is unless other scripts' marks end it.
    const auto sentences = RuleSentences(turned);
    return std::find(sentences.begin(), sentences.end(), turned) != sentences.end();
  });
}

Result<Constraint> ReverseLetters(const ConstraintArgs&) {
  return Constraint([](std::string_view text) { return UnicodeLower(text).find("elgae dlab") != kNone; });
}

// Marks before the first word are no letters of it when fixed.
Result<Constraint> SentenceAlphabet(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const auto sentences = RuleSentences(text);
    if (sentences.size() != 26) return false;
    for (std::size_t i = 0; i < 26; ++i) {
      const std::string lower = UnicodeLower(sentences[i]);
      const auto words = fixed ? BareWords(lower) : SplitBlanks(lower);
      if (words.empty() || FirstChar(words[0]) != 'a' + i) return false;
    }
    return true;
  });
}

// European capitals north of 45°, from north to south; the official list leaves Kyiv out.
constexpr std::string_view kCapitals[] = {"Reykjavik", "Helsinki", "Oslo",       "Tallinn",   "Stockholm", "Riga",     "Moscow",   "Copenhagen", "Vilnius",
                                          "Minsk",     "Dublin",   "Berlin",     "Amsterdam", "Warsaw",    "London",   "Brussels", "Prague",     "Luxembourg",
                                          "Paris",     "Vienna",   "Bratislava", "Budapest",  "Vaduz",     "Chisinau", "Bern",     "Ljubljana",  "Zagreb"};

Result<Constraint> EuropeanCapitals(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view raw) {
    const std::string text = ToAscii(raw);
    std::vector<std::string_view> said;
    for (const std::string_view part : Split(text, ',')) {
      std::string_view name = Strip(part);
      if (fixed) name = StripMarks(name, kPunctuationAndBlank);
      if (!name.empty()) said.push_back(name);
    }
    if (fixed && said.size() > 16 && (said[16] == "Kyiv" || said[16] == "Kiev")) said.erase(said.begin() + 16);
    return std::equal(said.begin(), said.end(), std::begin(kCapitals), std::end(kCapitals));
  });
}

using Table = std::vector<std::vector<std::string>>;

// The table of a response: as written as published, without its blank lines when fixed.
std::optional<Table> TableOf(std::string_view text, char delimiter, bool fixed) {
  auto table = ReadPythonCsv(text, delimiter);
  if (table && fixed) std::erase_if(*table, [](const std::vector<std::string>& row) { return row.empty(); });
  return table;
}

Result<Constraint> CityCsv(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const auto table = TableOf(fixed ? Strip(text) : text, ',', fixed);
    if (!table || table->size() != 8 || (*table)[0] != std::vector<std::string>{"ID", "Country", "City", "Year", "Count"}) return false;
    return std::all_of(table->begin(), table->end(), [](const std::vector<std::string>& row) { return row.size() == 5; });
  });
}

// The first line names the columns, each with or without quotation marks, with blanks of `blanks` behind the delimiter.
bool HasHeader(std::string_view text, std::initializer_list<std::string_view> names, char delimiter, std::string_view blanks) {
  std::string_view line = Strip(text.substr(0, text.find('\n')));
  for (const std::string_view name : names) {
    if (name != *names.begin()) {
      if (line.empty() || line[0] != delimiter) return false;
      line = StripMarksLeft(line.substr(1), blanks);
    }
    const bool quoted = !line.empty() && line[0] == '"';
    if (quoted) line.remove_prefix(1);
    if (line.substr(0, name.size()) != name) return false;
    line.remove_prefix(name.size());
    if (quoted && (line.empty() || line[0] != '"')) return false;
    if (quoted) line.remove_prefix(1);
  }
  return line.empty();
}

// `".*[^\d\w\s].*"` at the beginning of a field.
bool HasSpecialInQuotes(std::string_view field) {
  if (field.empty() || field[0] != '"') return false;
  const std::string_view line = field.substr(0, field.find('\n'));
  const std::size_t last = line.rfind('"');
  if (last == 0) return false;
  bool special = false;
  ForEachCodePoint(line.substr(1, last - 1), [&](char32_t c, std::size_t, std::size_t) { special |= !IsWordChar(c) && !IsSpace(c); });
  return special;
}

Result<Constraint> SpecialCharacterCsv(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view raw) {
    const std::string_view text = fixed ? Strip(raw) : raw;
    if (!HasHeader(text, {"ProductID", "Category", "Brand", "Price", "Stock"}, ',', " \t")) return false;
    const auto table = TableOf(ReplaceAll(std::string(text), "\"", "\"\"\""), ',', fixed);
    if (!table || table->size() != 15) return false;
    bool special = false;
    for (auto row = table->begin() + 1; row != table->end(); ++row) {
      if (row->size() != 5) return false;
      special |= std::any_of(row->begin(), row->end(), HasSpecialInQuotes);
      if (special && !fixed) return true;  // the rows behind it do not count as published
    }
    return special;
  });
}

Result<Constraint> QuotedCsv(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view raw) {
    const std::string_view text = fixed ? Strip(raw) : raw;
    if (!HasHeader(text, {"StudentID", "Subject", "Grade", "Semester", "Score"}, '\t', " ")) return false;
    const auto table = TableOf(ReplaceAll(std::string(text), "\"", "\"\"\""), '\t', fixed);
    if (!table || table->size() != 4) return false;
    return std::all_of(table->begin(), table->end(), [](const std::vector<std::string>& row) {
      return row.size() == 5 && std::all_of(row.begin(), row.end(), [](std::string_view field) {
               const std::string_view bare = Strip(field);
               return !bare.empty() && bare.front() == '"' && bare.back() == '"';
             });
    });
  });
}

// YYYY-MM-DD of Napoleon's life. As published there are a month and a day 0, and a 29 February each year.
bool IsDate(std::string_view raw, bool fixed) {
  const std::u32string date = Decode(raw);
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') return false;
  const auto number = [&](std::size_t begin, std::size_t end) {
    int value = 0;
    for (; begin < end; ++begin) {
      const int digit = DigitValue(date[begin]);
      if (digit < 0 || value < 0) return -1;
      value = value * 10 + digit;
    }
    return value;
  };
  const int year = number(0, 4), month = number(5, 7), day = number(8, 10);
  if (year < 1769 || year > 1821 || month < 0 || day < 0 || month > 12) return false;
  if (fixed && (month == 0 || day == 0)) return false;
  const bool leap = !fixed || (year % 4 == 0 && year != 1800);
  const bool is_short = month == 4 || month == 6 || month == 9 || month == 11;
  if (month == 0) return true;
  return day <= (month == 2 ? (leap ? 29 : 28) : is_short ? 30 : 31);
}

Result<Constraint> DateList(const ConstraintArgs& args) {
  return Constraint([fixed = args.context().fixed()](std::string_view text) {
    const auto dates = Split(Strip(text), ',');
    return std::all_of(dates.begin(), dates.end(), [fixed](std::string_view date) { return IsDate(Strip(date), fixed); });
  });
}

constexpr ConstraintType kTypes[] = {
    {"custom:multiples", Multiples},
    {"custom:mcq_count_length", MultipleChoiceQuestions},
    {"custom:reverse_newline", ReverseLines},
    {"custom:word_reverse", ReverseWords},
    {"custom:character_reverse", ReverseLetters},
    {"custom:sentence_alphabet", SentenceAlphabet},
    {"custom:european_capitals_sort", EuropeanCapitals},
    {"custom:csv_city", CityCsv},
    {"custom:csv_special_character", SpecialCharacterCsv},
    {"custom:csv_quotes", QuotedCsv},
    {"custom:date_format_list", DateList},
};

}  // namespace

std::span<const ConstraintType> IfbenchCustomConstraints() { return kTypes; }

}  // namespace rlar
