#include "text/punkt.h"

#include <unicode/uchar.h>

#include <array>
#include <optional>

#include "base/text.h"
#include "text/language_data.h"
#include "text/unicode.h"

namespace rlar {
namespace {

enum Orthography { kMidUpper = 4, kBeginLower = 16, kUpper = 2 | 4 | 8, kLower = 16 | 32 | 64 };

constexpr std::size_t kNone = std::string_view::npos;

// Length of the character at `i`; 0 at the end.
std::size_t CharSize(std::string_view text, std::size_t i) {
  if (i >= text.size()) return 0;
  std::size_t next = i;
  NextCodePoint(text, next);
  return next - i;
}

char32_t CharAt(std::string_view text, std::size_t i) { return i < text.size() ? NextCodePoint(text, i) : U'\0'; }

bool IsBlankAt(std::string_view text, std::size_t i) { return i < text.size() && IsSpace(CharAt(text, i)); }

bool IsCurlyQuote(char32_t c) { return c == 0x2018 || c == 0x2019 || c == 0x201C || c == 0x201D || c == 0xAB || c == 0xBB; }

// Marks that no word holds.
bool IsNonWord(char32_t c) { return (c < 0x80 && c != 0 && std::string_view(")\";}]*:@'({[?!").find(static_cast<char>(c)) != kNone) || IsCurlyQuote(c); }

bool IsCloser(char32_t c) { return (c < 0x80 && c != 0 && std::string_view("\"')]}").find(static_cast<char>(c)) != kNone) || IsCurlyQuote(c); }

bool CannotBeginWord(char c) { return std::string_view("(\"`{[:;&#*@)}],-").find(c) != kNone; }

// Length of a run of dashes or stops, or of stops with blanks between them (". . ."), at `i`; 0 if there is none.
std::size_t MultiMark(std::string_view text, std::size_t i) {
  const char c = text[i];
  if (c != '-' && c != '.') return 0;
  std::size_t end = i;
  while (end < text.size() && text[end] == c) ++end;
  if (end - i >= 2) return end - i;
  if (c == '-') return 0;
  // (stop blank){2,} stop, the longest.
  std::size_t at = i, pairs = 0, last_good = 0;
  while (at < text.size() && text[at] == '.') {
    if (pairs >= 2) last_good = at + 1;
    if (!IsBlankAt(text, at + 1)) break;
    at += 1 + CharSize(text, at + 1);
    ++pairs;
  }
  return last_good == 0 ? 0 : last_good - i;
}

// Whether a word that reaches to `i` ends there.
bool EndsWord(std::string_view text, std::size_t i) {
  if (i >= text.size()) return true;
  const char32_t c = CharAt(text, i);
  if (IsSpace(c) || IsNonWord(c) || MultiMark(text, i) != 0) return true;
  if (c != ',') return false;
  if (i + 1 >= text.size()) return true;
  const char32_t next = CharAt(text, i + 1);
  return IsSpace(next) || IsNonWord(next) || MultiMark(text, i + 1) != 0;
}

std::size_t TokenSize(std::string_view text, std::size_t i) {
  if (const std::size_t marks = MultiMark(text, i)) return marks;
  std::size_t end = i + CharSize(text, i);
  if (CannotBeginWord(text[i])) return end - i;
  while (!EndsWord(text, end)) end += CharSize(text, end);
  return end - i;
}

// -?[.,]?\d[\d,.-]*\.?
bool IsNumeric(std::string_view token) {
  std::size_t i = 0;
  if (i < token.size() && token[i] == '-') ++i;
  if (i < token.size() && (token[i] == '.' || token[i] == ',')) ++i;
  if (i >= token.size() || !u_isdigit(static_cast<UChar32>(CharAt(token, i)))) return false;
  while (i < token.size()) {
    const char32_t c = CharAt(token, i);
    if (!u_isdigit(static_cast<UChar32>(c)) && c != ',' && c != '.' && c != '-') return false;
    i += CharSize(token, i);
  }
  return true;
}

struct Token {
  std::string_view text;
  std::string type;  // lower case; numbers are all alike
  bool ends_in_stop = false, sentence_break = false, abbreviation = false, ellipsis = false;

  explicit Token(std::string_view token) : text(token), type(IsNumeric(token) ? "##number##" : UnicodeLower(token)), ends_in_stop(token.back() == '.') {}
  std::string_view TypeWithoutStop() const {
    const std::string_view view = type;
    return view.size() > 1 && view.back() == '.' ? view.substr(0, view.size() - 1) : view;
  }
  std::string_view TypeWithoutBreak() const { return sentence_break ? TypeWithoutStop() : std::string_view(type); }
  std::string_view FirstChar() const { return text.substr(0, CharSize(text, 0)); }
  // One letter and a stop.
  bool IsInitial() const {
    const std::size_t size = CharSize(text, 0);
    const char32_t c = CharAt(text, 0);
    return text.size() == size + 1 && text.back() == '.' && IsWordChar(c) && !u_isdigit(static_cast<UChar32>(c));
  }
};

bool Contains(const std::unordered_set<std::string>& set, std::string_view word) { return set.count(std::string(word)) > 0; }

void JudgeByType(Token& token, const PunktModel& model) {
  const std::string_view text = token.text;
  if (text == "." || text == "?" || text == "!") {
    token.sentence_break = true;
  } else if (text.size() >= 2 && text.find_first_not_of('.') == kNone) {
    token.ellipsis = true;
  } else if (token.ends_in_stop && text.substr(text.size() - 2) != "..") {
    const std::string lower = UnicodeLower(text.substr(0, text.size() - 1));
    const std::string_view behind_dash = std::string_view(lower).substr(lower.rfind('-') + 1);
    (model.abbreviations.count(lower) > 0 || Contains(model.abbreviations, behind_dash) ? token.abbreviation : token.sentence_break) = true;
  }
}

int ContextOf(const PunktModel& model, std::string_view type) {
  const auto at = model.orthographic.find(std::string(type));
  return at == model.orthographic.end() ? 0 : at->second;
}

// Whether the token begins a sentence, by how its word is written elsewhere; nullopt where that says nothing.
std::optional<bool> BeginsSentence(const Token& token, const PunktModel& model) {
  if (token.text.size() == 1 && std::string_view(";:,.!?").find(token.text[0]) != kNone) return false;
  const int context = ContextOf(model, token.TypeWithoutBreak());
  if (IsUpper(token.FirstChar()) && (context & kLower) && !(context & kMidUpper)) return true;
  if (IsLower(token.FirstChar()) && ((context & kUpper) || !(context & kBeginLower))) return false;
  return std::nullopt;
}

void JudgeByNext(Token& token, const Token& next, const PunktModel& model) {
  if (!token.ends_in_stop) return;
  const std::string_view type = token.TypeWithoutStop(), next_type = next.TypeWithoutBreak();
  const bool initial = token.IsInitial();
  if (Contains(model.collocations, std::string(type) + "\t" + std::string(next_type))) {
    token.sentence_break = false;
    return;
  }
  if ((token.abbreviation || token.ellipsis) && !initial) {
    if (BeginsSentence(next, model) == true || (IsUpper(next.FirstChar()) && Contains(model.sentence_starters, next_type))) {
      token.sentence_break = true;
      return;
    }
  }
  if (!initial && type != "##number##") return;
  const auto begins = BeginsSentence(next, model);
  const bool always_upper = !begins && initial && IsUpper(next.FirstChar()) && !(ContextOf(model, next_type) & kLower);
  if (begins == false || always_upper) token.sentence_break = false;
}

// Whether the words before and behind a stop, with it, hold a boundary that is not at their end.
bool HasBreak(std::string_view context, const PunktModel& model) {
  std::vector<Token> tokens;
  for (const std::string_view line : Split(context, '\n')) {
    for (std::size_t i = 0; i < line.size();) {
      if (IsBlankAt(line, i)) {
        i += CharSize(line, i);
        continue;
      }
      const std::size_t size = TokenSize(line, i);
      tokens.emplace_back(line.substr(i, size));
      JudgeByType(tokens.back(), model);
      i += size;
    }
  }
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    JudgeByNext(tokens[i], tokens[i + 1], model);
    if (tokens[i].sentence_break) return true;
  }
  return false;
}

// A stop, question or exclamation mark that may end a sentence.
struct Candidate {
  std::size_t at = 0;             // of the mark
  std::size_t word = 0;           // of the word before it
  std::size_t behind = 0;         // end of what stands behind it
  std::size_t next_word = kNone;  // begin of the next word, unless a mark follows at once
};

std::vector<Candidate> FindCandidates(std::string_view text) {
  std::vector<Candidate> found;
  Candidate previous;
  bool have_previous = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '.' && text[i] != '?' && text[i] != '!') continue;
    Candidate candidate{.at = i};
    if (i + 1 < text.size() && IsNonWord(CharAt(text, i + 1))) {
      candidate.behind = i + 1 + CharSize(text, i + 1);
    } else {
      std::size_t next = i + 1;
      while (IsBlankAt(text, next)) next += CharSize(text, next);
      if (next == i + 1 || next >= text.size()) continue;
      candidate.next_word = next;
      while (next < text.size() && !IsBlankAt(text, next)) next += CharSize(text, next);
      candidate.behind = next;
    }
    // The word begins behind the last blank since the previous mark. NLTK takes a blank at once behind that for none.
    const std::size_t from = have_previous ? previous.at : 0;
    std::size_t blank = i;
    while (blank > from && !IsAsciiSpace(text[blank - 1])) --blank;
    candidate.word = blank > from + 1 ? blank : (have_previous ? previous.word : 0);
    if (have_previous && previous.at <= candidate.word) found.push_back(previous);
    previous = candidate;
    have_previous = true;
  }
  if (have_previous) found.push_back(previous);
  return found;
}

struct Span {
  std::size_t begin = 0, end = 0;
};

std::vector<Span> CutAtBreaks(std::string_view text, const PunktModel& model) {
  std::vector<Span> spans;
  std::size_t begin = 0;
  for (const Candidate& candidate : FindCandidates(text)) {
    if (!HasBreak(text.substr(candidate.word, candidate.behind - candidate.word), model)) continue;
    spans.push_back({begin, candidate.at + 1});
    begin = candidate.next_word != kNone ? candidate.next_word : candidate.at + 1;
  }
  spans.push_back({begin, StripRight(text).size()});
  return spans;
}

// Length of the closing marks (and in `blanks` of them with the blanks behind) that begin `text` and end there; 0 if none do.
std::size_t ClosingMarks(std::string_view text, std::size_t& with_blanks) {
  std::size_t end = 0;
  while (end < text.size() && IsCloser(CharAt(text, end))) end += CharSize(text, end);
  with_blanks = end;
  while (IsBlankAt(text, with_blanks)) with_blanks += CharSize(text, with_blanks);
  const bool closes = end > 0 && (end == text.size() || with_blanks > end || text.substr(end, 2) == "--");
  if (!closes) with_blanks = 0;
  return closes ? end : 0;
}

}  // namespace

std::vector<std::string_view> SplitSentences(std::string_view text, const PunktModel& model) {
  std::vector<std::string_view> sentences;
  const std::vector<Span> spans = CutAtBreaks(text, model);
  std::size_t taken = 0;  // from the begin of the next span, by the one before
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const std::size_t begin = spans[i].begin + taken;
    std::size_t end = spans[i].end;
    taken = 0;
    bool closed = false;
    if (i + 1 < spans.size() && spans[i + 1].end > spans[i + 1].begin) {
      const Span next = spans[i + 1];
      const std::size_t marks = ClosingMarks(text.substr(next.begin, next.end - next.begin), taken);
      closed = marks > 0;
      if (closed) end = next.begin + marks;
    }
    if (end > begin || closed) sentences.push_back(end > begin ? text.substr(begin, end - begin) : std::string_view());
  }
  return sentences;
}

Result<PunktModel> LoadPunktModel(const std::string& language) {
  PunktModel model;
  const std::string folder = "punkt/" + language + "/";
  std::array<std::string, 4> files;
  static constexpr std::array<const char*, 4> kNames{"abbrev_types.txt", "sent_starters.txt", "collocations.tab", "ortho_context.tab"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    auto content = ReadLanguageData(folder + kNames[i]);
    if (!content) return content.error();
    files[i] = std::move(*content);
  }
  for (const auto line : Split(files[0], '\n')) model.abbreviations.emplace(line);
  for (const auto line : Split(files[1], '\n')) model.sentence_starters.emplace(line);
  for (const auto line : Split(files[2], '\n')) model.collocations.emplace(line);
  for (const auto line : Split(files[3], '\n')) {
    const std::size_t tab = line.find('\t');
    if (tab == line.npos) continue;
    model.orthographic[std::string(line.substr(0, tab))] = std::atoi(std::string(line.substr(tab + 1)).c_str());
  }
  return model;
}

const Result<PunktModel>& EnglishPunkt() {
  static const Result<PunktModel> model = LoadPunktModel("english");
  return model;
}

const PunktModel& SmallPunkt() {
  static const PunktModel model{.abbreviations = {"mr", "mrs", "ms",  "dr",  "prof", "st",  "jr",  "sr",  "vs",  "etc",    "e.g",  "i.e",
                                                  "no", "fig", "inc", "ltd", "co",   "u.s", "u.k", "a.m", "p.m", "approx", "dept", "est"},
                                .collocations = {},
                                .sentence_starters = {},
                                .orthographic = {}};
  return model;
}

}  // namespace rlar
