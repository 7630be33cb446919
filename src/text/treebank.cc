// The reference is a chain of substitutions; each function here is one link, and they run in its order. A link copies the text
// once, so that a sentence costs a fixed number of passes.
#include "text/treebank.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "text/unicode.h"

namespace rlar {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// Which bytes a text holds, so that links that would change nothing are left out.
class Bytes {
 public:
  explicit Bytes(std::string_view text) {
    for (const char c : text) held_[static_cast<unsigned char>(c)] = true;
  }
  bool Any(std::string_view bytes) const {
    return std::any_of(bytes.begin(), bytes.end(), [&](char c) { return held_[static_cast<unsigned char>(c)]; });
  }
  // Whether there are marks beyond ASCII: those the rules name begin with these bytes.
  bool wide() const { return Any("\xC2\xE2"); }

 private:
  std::array<bool, 256> held_{};
};

// Length of one of `marks` (UTF-8, each given whole) at `i`, or 0. Precondition: i < text.size().
std::size_t MarkAt(std::string_view text, std::size_t i, std::initializer_list<std::string_view> marks) {
  for (const std::string_view mark : marks) {
    if (text[i] == mark[0] && text.substr(i, mark.size()) == mark) return mark.size();
  }
  return 0;
}

// Sets blanks around whatever `size_at(text, i)` finds.
template <class SizeAt>
std::string Pad(std::string_view text, SizeAt size_at) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t size = size_at(text, i);
    if (size == 0) {
      out += text[i++];
      continue;
    }
    out.append(" ").append(text.substr(i, size)).append(" ");
    i += size;
  }
  return out;
}

std::string PadAny(std::string_view text, std::string_view ascii_marks) {
  return Pad(text, [&](std::string_view t, std::size_t i) { return ascii_marks.find(t[i]) != kNone ? 1u : 0u; });
}

std::size_t Run(std::string_view text, std::size_t i, char c) {
  std::size_t end = i;
  while (end < text.size() && text[end] == c) ++end;
  return end - i;
}

char32_t CharAt(std::string_view text, std::size_t i) { return i < text.size() ? NextCodePoint(text, i) : U' '; }

char32_t CharBefore(std::string_view text, std::size_t i) {
  std::size_t start = i - 1;
  while (start > 0 && (text[start] & 0xC0) == 0x80) --start;
  return NextCodePoint(text, start);
}

// ([ ([{<])("|'') → \1 ``
std::string OpenQuotesBehindBrackets(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool opens = i + 1 < text.size() && std::string_view(" ([{<").find(text[i]) != kNone;
    const std::size_t quote = opens ? MarkAt(text, i + 1, {"\"", "''"}) : 0;
    out += text[i];
    if (quote > 0) out += " `` ";
    i += 1 + quote;
  }
  return out;
}

// An apostrophe that begins a word which is no clitic is cut off.
std::string CutOpeningApostrophes(std::string_view text) {
  static constexpr std::string_view kClitics[] = {"re", "ve", "ll", "m", "t", "s", "d", "n"};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] != '\'' || !IsWordChar(CharAt(text, i + 1)) || i + 1 >= text.size()) continue;
    if (i > 0 && IsWordChar(CharBefore(text, i))) continue;
    bool clitic = false;
    for (const std::string_view one : kClitics) {
      const std::size_t end = i + 1 + one.size();
      clitic |= StartsWithIgnoreCase(text.substr(i + 1), one) && (end >= text.size() || !IsWordChar(CharAt(text, end)));
    }
    if (!clitic) out += ' ';
  }
  return out;
}

// ([^.])(.)(closers*)\s*$ → \1 . \3, with or without a blank before what closes.
std::string CutFinalStop(std::string text, bool wide) {
  const std::size_t stop = text.rfind('.');
  if (stop == text.npos || stop == 0 || text[stop - 1] == '.') return text;
  std::size_t end = stop + 1;
  while (end < text.size()) {
    std::size_t size = std::string_view("])}>\"'").find(text[end]) != kNone ? 1 : 0;
    if (wide && size == 0) size = MarkAt(text, end, {" ", "»", "”", "’"});
    if (size == 0) break;
    end += size;
  }
  if (!StripLeft(std::string_view(text).substr(end)).empty()) return text;
  return text.substr(0, stop) + (wide ? " . " : " .") + text.substr(stop + 1, end - stop - 1) + " ";
}

// ([:,])([^\d]) → ' \1 \2', and ([:,])$
std::string CutCommas(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool mark = text[i] == ':' || text[i] == ',';
    if (!mark || i + 1 == text.size() || u_isdigit(static_cast<UChar32>(CharAt(text, i + 1)))) {
      out += text[i++];
      continue;
    }
    std::size_t next = i + 1;
    NextCodePoint(text, next);
    out.append(" ").append(text.substr(i, 1)).append(" ").append(text.substr(i + 1, next - i - 1));
    i = next;
  }
  const std::size_t line_end = !out.empty() && out.back() == '\n' ? out.size() - 1 : out.size();
  if (line_end > 0 && (out[line_end - 1] == ':' || out[line_end - 1] == ',')) {
    out.insert(line_end, " ");
    out.insert(line_end - 1, " ");
  }
  return out;
}

// ([^'])' → \1 ' (with a blank behind)
std::string CutClosingApostrophes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\'' && i + 2 < text.size() && text[i + 1] == '\'' && text[i + 2] == ' ' && (static_cast<unsigned char>(text[i]) < 0xC0)) {
      out.append(text.substr(i, 1)).append(" ' ");
      i += 3;
    } else {
      out += text[i++];
    }
  }
  return out;
}

// ([^' ])(clitic) → \1 \2 (with a blank behind). The first clitic that fits is taken.
std::string CutClitics(std::string_view text, std::initializer_list<std::string_view> clitics) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t size = 0;
    // A clitic has its apostrophe first or second.
    const bool near = i + 1 < text.size() && (text[i + 1] == '\'' || (i + 2 < text.size() && text[i + 2] == '\''));
    if (near && text[i] != '\'' && text[i] != ' ' && static_cast<unsigned char>(text[i]) < 0xC0) {
      for (const std::string_view clitic : clitics) {
        if (size == 0 && text.substr(i + 1, clitic.size()) == clitic && text.substr(i + 1 + clitic.size(), 1) == " ") {
          size = clitic.size();
        }
      }
    }
    out += text[i];
    if (size > 0) out.append(" ").append(text.substr(i + 1, size)).append(" ");
    i += size > 0 ? size + 2 : 1;
  }
  return out;
}

std::string OneBlank(std::string_view text) {
  std::string out;
  bool blank = false;
  ForEachCodePoint(text, [&](char32_t c, std::size_t at, std::size_t size) {
    if (IsSpace(c)) {
      if (!blank) out += ' ';
      blank = true;
    } else {
      out.append(text.substr(at, size));
      blank = false;
    }
  });
  return out;
}

struct Contraction {
  std::string_view first, second;
  bool blank_behind = false;
};
constexpr Contraction kContractions[] = {{"can", "not"}, {"d", "'ye"},  {"gim", "me"},  {"gon", "na"},
                                         {"got", "ta"},  {"lem", "me"}, {"more", "'n"}, {"wan", "na", true}};

// Two words written as one, between word boundaries.
std::string CutContraction(std::string_view text, const Contraction& one) {
  std::string out;
  const std::size_t size = one.first.size() + one.second.size();
  for (std::size_t i = 0; i < text.size();) {
    const bool here =
        StartsWithIgnoreCase(text.substr(i), one.first) && StartsWithIgnoreCase(text.substr(i + one.first.size()), one.second) &&
        (i == 0 || !IsWordChar(CharBefore(text, i))) &&
        (one.blank_behind ? i + size < text.size() && IsSpace(CharAt(text, i + size)) : i + size >= text.size() || !IsWordChar(CharAt(text, i + size)));
    if (!here) {
      out += text[i++];
      continue;
    }
    out.append(" ").append(text.substr(i, one.first.size())).append(" ");
    out.append(text.substr(i + one.first.size(), one.second.size())).append(" ");
    i += size;
  }
  return out;
}

// " 'tis" and " 'twas".
std::string CutTis(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t size = 0;
    for (const std::string_view word : {" 'tis", " 'twas"}) {
      const std::size_t end = i + word.size();
      if (StartsWithIgnoreCase(text.substr(i), word) && (end >= text.size() || !IsWordChar(CharAt(text, end)))) size = word.size();
    }
    if (size == 0) {
      out += text[i++];
      continue;
    }
    out.append(" ").append(text.substr(i + 1, 2)).append(" ").append(text.substr(i + 3, size - 3)).append(" ");
    i += size;
  }
  return out;
}

std::string OpenQuotes(std::string_view sentence, const Bytes& bytes) {
  std::string text(sentence);
  if (bytes.Any("`") || bytes.wide()) {
    text = Pad(text, [](std::string_view t, std::size_t i) {
      const std::size_t ticks = Run(t, i, '`');
      return ticks > 0 ? ticks : MarkAt(t, i, {"«", "“", "‘", "„"});
    });
  }
  if (!text.empty() && text[0] == '"') text.replace(0, 1, "``");
  if (bytes.Any("`\"")) text = Pad(text, [](std::string_view t, std::size_t i) { return MarkAt(t, i, {"``"}); });
  if (bytes.Any("\"'")) text = OpenQuotesBehindBrackets(text);
  return bytes.Any("'") ? CutOpeningApostrophes(text) : text;
}

std::string CutMarks(std::string text, const Bytes& bytes) {
  text = CutFinalStop(std::move(text), true);
  if (bytes.Any(":,")) text = CutCommas(text);
  if (bytes.Any(".")) {
    text = Pad(text, [](std::string_view t, std::size_t i) {
      const std::size_t stops = Run(t, i, '.');
      return stops >= 2 ? stops : 0;
    });
  }
  if (bytes.Any(";@#$%&")) text = PadAny(text, ";@#$%&");
  if (bytes.wide()) {
    text = Pad(text, [](std::string_view t, std::size_t i) { return MarkAt(t, i, {"\u2012", "\u2013", "\u2014", "\u2015"}); });
  }
  text = CutFinalStop(std::move(text), false);
  if (bytes.Any("?!")) text = PadAny(text, "?!");
  if (bytes.Any("'")) text = CutClosingApostrophes(text);
  if (bytes.Any("*")) text = PadAny(text, "*");
  if (bytes.Any("[](){}<>")) text = PadAny(text, "[](){}<>");
  return bytes.Any("-") ? Pad(text, [](std::string_view t, std::size_t i) { return MarkAt(t, i, {"--"}); }) : text;
}

std::string CloseQuotes(std::string text, const Bytes& bytes) {
  text = " " + text + " ";
  if (bytes.wide()) text = Pad(text, [](std::string_view t, std::size_t i) { return MarkAt(t, i, {"»", "”", "’"}); });
  if (bytes.Any("'")) text = Pad(text, [](std::string_view t, std::size_t i) { return MarkAt(t, i, {"''"}); });
  text = ReplaceAll(std::move(text), "\"", " '' ");
  if (!bytes.Any("'\"")) return text;
  text = OneBlank(text);
  text = CutClitics(text, {"'s", "'S", "'m", "'M", "'d", "'D", "'"});
  return CutClitics(text, {"'ll", "'LL", "'re", "'RE", "'ve", "'VE", "n't", "N'T"});
}

// Whether some contraction may be there.
bool MayContract(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && IsAsciiAlpha(text[i - 1])) continue;
    for (const Contraction& one : kContractions) {
      if (ToAsciiLower(text[i]) == one.first[0] && StartsWithIgnoreCase(text.substr(i), one.first) &&
          StartsWithIgnoreCase(text.substr(i + one.first.size()), one.second)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace

std::vector<std::string> TreebankTokens(std::string_view sentence) {
  const Bytes bytes(sentence);
  std::string text = CloseQuotes(CutMarks(OpenQuotes(sentence, bytes), bytes), bytes);
  if (MayContract(text)) {
    for (const Contraction& one : kContractions) text = CutContraction(text, one);
  }
  if (bytes.Any("'\"")) text = CutTis(text);
  const auto words = SplitBlanks(text);
  return {words.begin(), words.end()};
}

std::vector<std::string> WordTokenize(std::string_view text, const PunktModel& model) {
  std::vector<std::string> tokens;
  for (const std::string_view sentence : SplitSentences(text, model)) {
    std::vector<std::string> words = TreebankTokens(sentence);
    tokens.insert(tokens.end(), std::make_move_iterator(words.begin()), std::make_move_iterator(words.end()));
  }
  return tokens;
}

}  // namespace rlar
