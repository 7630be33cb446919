#include "text/choice.h"

#include <algorithm>

#include "base/text.h"
#include "text/extract.h"
#include "text/phrases.h"

namespace rlar {
namespace {

constexpr std::u32string_view kScripts[] = {U"ABCDEFGHIJ", U"abcdefghij",          U"АБВГДЕЖЗИК",           U"абвгдежзик",           U"ΑΒΓΔΕΖΗΘΙΚ",
                                            U"αβγδεζηθικ", U"أبجدهوزحطي",          U"कखगघङचछजझञ",           U"কখগঘঙচছজঝঞ",           U"ก ข ค ง จ",
                                            U"กขคงจฉชซฌญ", U"אבגדהוזחטי",          U"甲乙丙丁戊己庚辛壬癸", U"가나다라마바사아자차", U"アイウエオカキクケコ",
                                            U"①②③④⑤⑥⑦⑧⑨⑩", U"ＡＢＣＤＥＦＧＨＩＪ"};

bool IsWordCodePoint(char32_t cp) {
  if (cp < 0x80) return IsAsciiAlpha(static_cast<char>(cp)) || IsAsciiDigit(static_cast<char>(cp)) || cp == '_' || cp == '\'';
  // Scripts without blanks between words may touch a letter: "答案是C".
  return cp >= 0xC0 && cp != 0xD7 && cp != 0xF7 && cp < 0x2000;
}

// Letters of scripts without blanks between words: they close a word only for a label of such a script ("나" in "나는").
bool IsDenseLetter(char32_t cp) { return cp >= 0x3041 && cp < 0xD7A4; }

struct Letter {
  std::size_t begin = 0, end = 0;
  int index = -1;
  bool upper = false;   // or of a script without case
  bool marked = false;  // "(C)", "C)", "**C**", "C:" or at the end of the text
};

// Every label letter that stands alone.
std::vector<Letter> FindLetters(std::string_view text) {
  std::vector<Letter> out;
  char32_t before = ' ';
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t start = i;
    const char32_t cp = NextCodePoint(text, i);
    const int index = LabelIndex(cp);
    if (index >= 0 && !IsWordCodePoint(before) && !(IsDenseLetter(cp) && IsDenseLetter(before))) {
      std::size_t next = i;
      const char32_t after = next < text.size() ? NextCodePoint(text, next) : U' ';
      const bool apostrophe = after == '\'' || after == 0x2019;
      if (!IsWordCodePoint(after) && !apostrophe && !(IsDenseLetter(cp) && IsDenseLetter(after))) {
        Letter letter{start, i, index, !(cp >= 'a' && cp <= 'z'), false};
        const bool closes = after == ')' || after == '*' || after == '}' || after == ']' || after == ':' || after == 0xFF09;
        const bool opens = before == '(' || before == '*' || before == '{' || before == '[' || before == 0xFF08;
        letter.marked = closes || opens || Trim(text.substr(i)).empty() || (after == '.' && Trim(text.substr(0, start)).empty());
        out.push_back(letter);
      }
    }
    before = cp;
  }
  return out;
}

// What \text{…} holds where that is all there is.
std::string_view InsideTextCommand(std::string_view text) {
  for (const std::string_view command : {"\\text{", "\\textbf{", "\\mathrm{", "\\mathbf{", "\\mbox{"}) {
    if (text.starts_with(command) && text.find('}') == text.size() - 1) return text.substr(command.size(), text.size() - command.size() - 1);
  }
  return {};
}

std::string_view StripPunctuation(std::string_view text) {
  for (;;) {
    text = Trim(text);
    if (text.empty()) return text;
    if (std::string_view("*_`\"'.,;:!$").find(text.back()) != std::string_view::npos) {
      text.remove_suffix(1);
    } else if (std::string_view("*_`\"'$").find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
    } else if (text.ends_with("。")) {
      text.remove_suffix(3);
    } else if (const std::string_view inner = InsideTextCommand(text); !inner.empty()) {
      text = inner;
    } else {
      return text;
    }
  }
}

class Chooser {
 public:
  Chooser(std::string_view response, const std::vector<Option>& options) : options_(options), text_(AfterReasoning(response)) {
    for (const Option& option : options) keys_.push_back(OptionKey(option.text));
  }

  Choice Run() {
    if (Trim(text_).empty()) return {};
    const Extraction found = ExtractAnswer(text_, {.want = ExtractOptions::Want::kText});
    const bool announced = found.method == ExtractMethod::kBoxed || found.method == ExtractMethod::kAnswerTag || found.method == ExtractMethod::kHash ||
                           found.method == ExtractMethod::kJson || found.method == ExtractMethod::kPhrase;
    if (announced) {
      if (found.negated) return {Choice::Outcome::kDenied, 0, found.answer(), Name(found.method)};
      if (const auto choice = Announced(found.method == ExtractMethod::kJson ? Within(found.answer()) : found.text, Name(found.method))) return *choice;
    }
    if (const auto choice = Announced(FirstLine(), "whole")) return *choice;
    return Anywhere();
  }

 private:
  // The JSON member's value as a view of the response, so that the evidence outlives the extraction.
  std::string_view Within(std::string_view value) const {
    const std::size_t at = value.empty() ? text_.npos : text_.rfind(value);
    return at == text_.npos ? std::string_view{} : text_.substr(at, value.size());
  }

  std::string_view FirstLine() const {
    const std::string_view whole = Trim(text_);
    return whole.size() <= 400 && whole.find('\n') == whole.npos ? whole : std::string_view{};
  }

  Choice Pick(const Letter& letter, std::string_view evidence, std::string_view method) const {
    const auto index = static_cast<std::size_t>(letter.index);
    if (index >= options_.size()) return {Choice::Outcome::kUnknownLabel, 0, evidence, method};
    return {Choice::Outcome::kPicked, index, evidence, method};
  }

  // The option whose text `text` is.
  std::optional<std::size_t> OptionByText(std::string_view text) const {
    const std::string key = OptionKey(text);
    if (key.empty()) return std::nullopt;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (!keys_[i].empty() && keys_[i] == key) return i;
    }
    return std::nullopt;
  }

  // True where another label is offered right after this one: "A or B", "A, B", "A/B".
  static bool OffersMore(std::string_view text, const Letter& a, const Letter& b) {
    const std::string_view gap = text.substr(a.end, b.begin - a.end);
    if (gap.size() > 16) return false;
    std::string_view rest = Trim(gap);
    while (!rest.empty() && std::string_view("),*}/&;([ ").find(rest.front()) != std::string_view::npos) rest.remove_prefix(1);
    while (!rest.empty() && std::string_view("(*{[ ,").find(rest.back()) != std::string_view::npos) rest.remove_suffix(1);
    return rest.empty() || IsOr(AsciiLower(rest)) || IsAnd(AsciiLower(rest)) || rest == "\\text" || rest == "and/or";
  }

  // A text that states an answer: its first label, or an option's own text.
  std::optional<Choice> Announced(std::string_view text, std::string_view method) const {
    const std::string_view core = StripPunctuation(text);
    if (core.empty()) return std::nullopt;
    if (StartsWithNegation(core)) return Choice{Choice::Outcome::kDenied, 0, core, method};
    if (const auto index = OptionByText(core)) return Choice{Choice::Outcome::kPicked, *index, core, method};
    const std::vector<Letter> letters = FindLetters(core);
    if (letters.empty()) return OnlyOptionNamed(core, method);
    // The first letter counts if it opens the text (behind brackets, "option", "choice") and is written as a label.
    const Letter& first = letters.front();
    std::string head = AsciiLower(core.substr(0, first.begin));
    for (const std::string_view word : {"option", "choice", "letter", "answer", "opción", "option", "\\text", "\\textbf", "\\mathrm", "\\mathbf", "(", "[", "{",
                                        "*", "\"", "\\(", "$", "the"}) {
      head = ReplaceAll(head, word, "");
    }
    const bool opens = Trim(head).empty();
    const bool alone = first.end == core.size() || std::string_view(").]}:,*").find(core[first.end]) != std::string_view::npos ||
                       core.substr(first.end).starts_with("。") || core.substr(first.end).starts_with("，") || core.substr(first.end).starts_with("）") ||
                       core.substr(first.end).starts_with(" -") || core.substr(first.end).starts_with(" –") || core.substr(first.end).starts_with(" (") ||
                       core.substr(first.end).starts_with(" because") || core.substr(first.end).starts_with(" is ");
    const std::string_view rest = first.end < core.size() ? core.substr(first.end) : std::string_view{};
    const bool followed_by_text =
        !options_[0].text.empty() && static_cast<std::size_t>(first.index) < options_.size() && OptionKey(rest) == keys_[static_cast<std::size_t>(first.index)];
    if (opens && (followed_by_text || alone || (first.upper && rest.size() > 1 && rest[0] == ' ' && method != "whole" && first.index != 0) ||
                  (first.upper && method == "boxed"))) {
      for (std::size_t i = 1; i < letters.size(); ++i) {
        if (letters[i].index == first.index || (!letters[i].upper && !letters[i].marked)) continue;
        if (OffersMore(core, letters[i - 1], letters[i])) return Choice{Choice::Outcome::kSeveral, 0, core, method};
        break;
      }
      // "C) Rome" where option C reads otherwise contradicts itself.
      if (const auto named = OptionByText(StripLabel(rest)); named && static_cast<int>(*named) != first.index) {
        return Choice{Choice::Outcome::kSeveral, 0, core, method};
      }
      return Pick(first, core, method);
    }
    if (method == "whole") return std::nullopt;
    return OnlyOptionNamed(core, method);
  }

  static std::string_view StripLabel(std::string_view rest) {
    while (!rest.empty() && std::string_view(").]}: *-,").find(rest.front()) != std::string_view::npos) rest.remove_prefix(1);
    return rest;
  }

  // Exactly one option's text occurs in a stated answer.
  std::optional<Choice> OnlyOptionNamed(std::string_view core, std::string_view method) const {
    const std::string key = " " + OptionKey(core) + " ";
    std::optional<std::size_t> named;
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i].size() < 2 || key.find(" " + keys_[i] + " ") == key.npos) continue;
      const std::string_view before = std::string_view(key).substr(0, key.find(" " + keys_[i] + " "));
      if (EndsWithNegation(before)) return Choice{Choice::Outcome::kDenied, 0, core, method};
      // Of two options one of which holds the other, the longer is meant.
      if (named && keys_[*named].find(keys_[i]) != std::string::npos) continue;
      if (named && keys_[i].find(keys_[*named]) == std::string::npos) return Choice{Choice::Outcome::kSeveral, 0, core, method};
      named = i;
    }
    if (!named) return std::nullopt;
    return Choice{Choice::Outcome::kPicked, *named, core, method};
  }

  // No announcement: a marked letter, or the only capital label of the last line that has one.
  Choice Anywhere() const {
    std::string_view tail = text_;
    std::vector<Letter> letters;
    for (const Letter& letter : FindLetters(tail)) {
      // A bare "a" or "I" is a word, not a choice.
      if (letter.marked || (letter.upper && !IsWordLike(tail, letter))) letters.push_back(letter);
    }
    if (letters.empty()) {
      if (const auto named = OnlyOptionNamed(text_, "option_text")) return *named;
      return {};
    }
    const Letter& last = letters.back();
    if (letters.size() > 1) {
      const Letter& previous = letters[letters.size() - 2];
      if (previous.index != last.index && OffersMore(tail, previous, last)) return {Choice::Outcome::kSeveral, 0, Shown(last), "letter"};
    }
    // All options gone through one by one, none of them picked.
    if (ListsAll(letters)) return {Choice::Outcome::kSeveral, 0, Shown(last), "letter"};
    if (EndsWithNegation(TrimMarks(tail.substr(0, last.begin)))) return {Choice::Outcome::kDenied, 0, Shown(last), "letter"};
    return Pick(last, Shown(last), "letter");
  }

  std::string_view Shown(const Letter& letter) const { return text_.substr(letter.begin, letter.end - letter.begin); }
  static std::string_view TrimMarks(std::string_view text) {
    while (!text.empty() && std::string_view("(*{[\" ").find(text.back()) != std::string_view::npos) text.remove_suffix(1);
    return text;
  }
  // "A" as an article and "I" as a pronoun, in running English.
  static bool IsWordLike(std::string_view text, const Letter& letter) {
    if (letter.end + 1 >= text.size() || text[letter.end] != ' ' || !IsAsciiAlpha(text[letter.end + 1])) return false;
    std::string_view next = text.substr(letter.end + 1);
    next = next.substr(0, next.find(' '));
    const char c = text[letter.begin];
    return (c == 'A' || c == 'I') && !IsOr(next) && next != "and";
  }
  bool ListsAll(const std::vector<Letter>& letters) const {
    if (options_.size() < 2 || letters.size() < options_.size()) return false;
    const std::size_t from = letters.size() - options_.size();
    for (std::size_t i = 0; i < options_.size(); ++i) {
      if (letters[from + i].index != static_cast<int>(i)) return false;
    }
    return true;
  }

  const std::vector<Option>& options_;
  std::vector<std::string> keys_;
  std::string_view text_;
};

}  // namespace

int LabelIndex(char32_t letter) {
  for (const std::u32string_view script : kScripts) {
    if (letter == U' ') return -1;
    if (const std::size_t at = script.find(letter); at != script.npos && script.size() >= 10) return static_cast<int>(at);
  }
  return -1;
}

std::string OptionKey(std::string_view text) {
  std::string key;
  bool blank = false;
  for (const char c : UnicodeLower(StripPunctuation(text))) {
    if (IsAsciiSpace(c) || c == ',' || c == ';' || c == '"' || c == '$') {
      blank = !key.empty();
    } else {
      if (blank) key += ' ';
      blank = false;
      key += c;
    }
  }
  return key;
}

Choice FindChoice(std::string_view response, const std::vector<Option>& options) { return Chooser(response, options).Run(); }

}  // namespace rlar
