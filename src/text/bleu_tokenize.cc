// The reference implementations are chains of regular expressions that only ever insert blanks, so that a token is always a part
// of the text. What the chains do to a splitting mark (comma and stop, or any punctuation) at position i comes down to:
//
//   fired(i)    = the character before i is no digit, and is no mark that fired itself (its match would have used it up)
//   isolated(i) = fired(i), or the character behind i is no digit
//
// where the ends of the text count as blanks for 13a, which pads it, and fulfil neither condition for intl and zh.
#include "text/bleu_tokenize.h"

#include <unicode/uchar.h>

#include <array>

#include "base/text.h"
#include "text/unicode.h"

namespace rlar {
namespace {

enum class CharClass : std::uint8_t { kOther, kBlank, kDigit, kMark, kAlone, kDash };

// R1 of the chain: every ASCII mark but apostrophe, comma, dash and stop stands alone.
constexpr std::array<CharClass, 128> MakeAsciiTable() {
  std::array<CharClass, 128> table{};
  for (int c = 0; c < 128; ++c) {
    const bool blank = c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F);
    const bool alone =
        (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c > ' ' && c <= '&') || (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
    table[static_cast<std::size_t>(c)] = blank                  ? CharClass::kBlank
                                         : c >= '0' && c <= '9' ? CharClass::kDigit
                                         : c == '.' || c == ',' ? CharClass::kMark
                                         : c == '-'             ? CharClass::kDash
                                         : alone                ? CharClass::kAlone
                                                                : CharClass::kOther;
  }
  return table;
}
constexpr auto kAscii = MakeAsciiTable();

struct Western {
  static constexpr bool kPadded = true;
  CharClass operator()(char32_t c) const {
    if (c < 128) return kAscii[c];
    return IsSpace(c) ? CharClass::kBlank : CharClass::kOther;
  }
};

struct Chinese {
  static constexpr bool kPadded = false;
  CharClass operator()(char32_t c) const {
    if (c < 128) return kAscii[c];
    if (IsSpace(c)) return CharClass::kBlank;
    return IsChinese(c) ? CharClass::kAlone : CharClass::kOther;
  }
  // The ranges of sacrebleu; two of them are written there with five hexadecimal digits and so mean 2001–2A6D and 2F81–2FA1.
  static bool IsChinese(char32_t c) {
    return (c >= 0x3400 && c <= 0x4DB5) || (c >= 0x4E00 && c <= 0x9FBB) || (c >= 0xF900 && c <= 0xFA2D) || (c >= 0xFA30 && c <= 0xFA6A) ||
           (c >= 0xFA70 && c <= 0xFAD9) || (c >= 0x2001 && c <= 0x2A6D) || (c >= 0x2F81 && c <= 0x2FA1) || (c >= 0xFF00 && c <= 0xFFEF) ||
           (c >= 0x2E80 && c <= 0x2EFF) || (c >= 0x3000 && c <= 0x303F) || (c >= 0x31C0 && c <= 0x31EF) || (c >= 0x2F00 && c <= 0x2FDF) ||
           (c >= 0x2FF0 && c <= 0x2FFF) || (c >= 0x3100 && c <= 0x312F) || (c >= 0x31A0 && c <= 0x31BF) || (c >= 0xFE10 && c <= 0xFE1F) ||
           (c >= 0xFE30 && c <= 0xFE4F) || (c >= 0x2600 && c <= 0x27BF) || (c >= 0x3200 && c <= 0x33FF);
  }
};

// \p{P} and \p{S} among ASCII.
constexpr std::array<CharClass, 128> MakeInternationalTable() {
  std::array<CharClass, 128> table = kAscii;
  for (int c = '!'; c <= '~'; ++c) {
    const bool symbol = c == '$' || c == '+' || c == '<' || c == '=' || c == '>' || c == '^' || c == '`' || c == '|' || c == '~';
    const bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!word) table[static_cast<std::size_t>(c)] = symbol ? CharClass::kAlone : CharClass::kMark;
  }
  return table;
}
constexpr auto kInternational = MakeInternationalTable();

struct International {
  static constexpr bool kPadded = false;
  CharClass operator()(char32_t c) const {
    if (c < 128) return kInternational[c];
    return Lookup(c);
  }

 private:
  static CharClass Lookup(char32_t c) {
    if (IsSpace(c)) return CharClass::kBlank;
    const auto mask = U_GET_GC_MASK(static_cast<UChar32>(c));
    if (mask & U_GC_N_MASK) return CharClass::kDigit;
    if (mask & U_GC_P_MASK) return CharClass::kMark;
    return mask & U_GC_S_MASK ? CharClass::kAlone : CharClass::kOther;
  }
};

// Cuts `text` by the rule above.
template <class Classify>
void Cut(std::string_view text, Classify classify, std::vector<std::string_view>& tokens) {
  std::size_t start = std::string_view::npos;  // of the open token
  const auto close = [&](std::size_t end) {
    if (start != text.npos) tokens.push_back(text.substr(start, end - start));
    start = text.npos;
  };
  bool digit_before = !Classify::kPadded, fired_before = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t at = i;
    CharClass kind;
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      kind = classify(static_cast<unsigned char>(text[i++]));
    } else {
      kind = classify(NextCodePoint(text, i));
    }
    if (kind == CharClass::kOther) {  // letters, mostly
      if (start == text.npos) start = at;
      while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80 && classify(static_cast<unsigned char>(text[i])) == CharClass::kOther) ++i;
      digit_before = fired_before = false;
      continue;
    }
    if (kind == CharClass::kBlank) {
      if (start != text.npos) tokens.push_back(text.substr(start, at - start));
      start = text.npos;
      digit_before = fired_before = false;
      continue;
    }
    bool alone = kind == CharClass::kAlone, fired = false;
    if (kind == CharClass::kMark) {
      fired = !digit_before && !fired_before;
      alone = fired;
      if (!alone) {
        std::size_t next = i;
        alone = i == text.size() ? Classify::kPadded : classify(NextCodePoint(text, next)) != CharClass::kDigit;
      }
    } else if (kind == CharClass::kDash && digit_before && start != text.npos) {
      alone = true;
    }
    if (alone) close(at);
    if (alone) {
      tokens.push_back(text.substr(at, i - at));
    } else if (start == text.npos) {
      start = at;
    }
    digit_before = kind == CharClass::kDigit;
    fired_before = fired;
  }
  close(text.size());
}

void CutCharacters(std::string_view text, std::vector<std::string_view>& tokens) {
  ForEachCodePoint(text, [&](char32_t c, std::size_t at, std::size_t size) {
    if (!IsSpace(c)) tokens.push_back(text.substr(at, size));
  });
}

void CutBlanks(std::string_view text, std::vector<std::string_view>& tokens) {
  const auto words = SplitBlanks(text);
  tokens.insert(tokens.end(), words.begin(), words.end());
}

// The markup that 13a removes before it splits.
std::string_view WithoutMarkup(std::string_view text, std::string& scratch) {
  if (text.find('<') == text.npos && text.find('\n') == text.npos && text.find('&') == text.npos) return text;
  scratch = ReplaceAll(std::string(text), "<skipped>", "");
  scratch = ReplaceAll(std::move(scratch), "-\n", "");
  scratch = ReplaceAll(std::move(scratch), "\n", " ");
  static constexpr std::pair<const char*, const char*> kEntities[] = {{"&quot;", "\""}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}};
  for (const auto& [from, to] : kEntities) scratch = ReplaceAll(std::move(scratch), from, to);
  return scratch;
}

}  // namespace

std::string_view Name(BleuTokenizer tokenizer) {
  switch (tokenizer) {
    case BleuTokenizer::k13a: return "13a";
    case BleuTokenizer::kIntl: return "intl";
    case BleuTokenizer::kZh: return "zh";
    case BleuTokenizer::kChar: return "char";
    case BleuTokenizer::kNone: return "none";
  }
  return "";
}

void TokenizeForBleu(std::string_view text, BleuTokenizer tokenizer, std::string& scratch, std::vector<std::string_view>& tokens) {
  tokens.clear();
  text = StripRight(text);
  switch (tokenizer) {
    case BleuTokenizer::k13a: return Cut(WithoutMarkup(text, scratch), Western(), tokens);
    case BleuTokenizer::kIntl: return Cut(text, International(), tokens);
    case BleuTokenizer::kZh: return Cut(StripLeft(text), Chinese(), tokens);
    case BleuTokenizer::kChar: return CutCharacters(text, tokens);
    case BleuTokenizer::kNone: return CutBlanks(text, tokens);
  }
}

}  // namespace rlar
