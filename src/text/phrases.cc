#include "text/phrases.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "base/text.h"

namespace rlar {
namespace {

// Nouns for "answer". ASCII letters match in either case; both cases of other letters are listed.
constexpr std::string_view kNouns[] = {
    "answer",    "respuesta", "réponse", "reponse",   "antwort",  "lösung lautet", "risposta",    "resposta", "ответ",    "Ответ",    "відповідь",
    "Відповідь", "odpowiedź", "odpověď", "odpoveď",   "cevap",    "yanıt",         "答案",        "答え",     "解答",     "回答",     "答",
    "정답",      "답",        "đáp án",  "Đáp án",    "đáp số",   "Đáp số",        "câu trả lời", "उत्तर",     "जवाब",     "الإجابة",  "الجواب",
    "إجابة",     "উত্তর",      "jawaban", "คำตอบ",     "antwoord", "svaret",        "svar",        "vastaus",  "απάντηση", "Απάντηση", "התשובה",
    "תשובה",     "پاسخ",      "جواب",    "răspunsul", "răspuns",  "válasz",        "jibu",        "సమాధానం",    "பதில்",     "jawapan",
};

// What may link the noun to the answer. Words must end at a word boundary; signs need none.
constexpr std::string_view kLinkWords[] = {"is", "are", "es",    "est", "ist", "lautet", "è",    "é",  "jest",  "zní", "je",      "là",        "adalah",  "är",
                                           "er", "on",  "είναι", "هو",  "هي",  "है",      "este", "ni", "ialah", "was", "will be", "should be", "would be"};
constexpr std::string_view kLinkSigns[] = {":", "：", "=", "是", "为", "為", "は", "은", "는", "이", "คือ", "হল", "—", "–", "："};

bool MatchAt(std::string_view text, std::size_t at, std::string_view word) {
  if (text.size() - at < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (ToAsciiLower(text[at + i]) != ToAsciiLower(word[i])) return false;
  }
  return true;
}

bool IsWordByte(char c) { return IsAsciiAlpha(c) || IsAsciiDigit(c) || static_cast<unsigned char>(c) >= 0x80; }

std::size_t SkipMarks(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == '*' || text[at] == '_' || text[at] == ' ' || text[at] == '\t' || text[at] == '}')) ++at;
  return at;
}

// Where the announced text starts if a link stands at `at` (blanks and emphasis aside), else 0.
std::size_t LinkAt(std::string_view text, std::size_t at) {
  at = SkipMarks(text, at);
  for (const std::string_view sign : kLinkSigns) {
    if (text.substr(at).starts_with(sign)) {
      std::size_t end = at + sign.size();
      const std::size_t next = SkipMarks(text, end);
      // "답은:" and "Answer is: 5" carry both kinds of link.
      if (text.substr(next).starts_with(":")) end = next + 1;
      return end;
    }
  }
  for (const std::string_view word : kLinkWords) {
    if (!MatchAt(text, at, word)) continue;
    std::size_t end = at + word.size();
    if (end < text.size() && IsWordByte(text[end])) continue;
    const std::size_t next = SkipMarks(text, end);
    if (text.substr(next).starts_with(":")) end = next + 1;
    return end;
  }
  // "**Final Answer**" as a heading: the answer stands on the next line.
  return at < text.size() && text[at] == '\n' ? at + 1 : 0;
}

// English allows words between: "the answer to the question is". At most this far, within one sentence.
constexpr std::size_t kMaxInsert = 48;

std::size_t LinkAfter(std::string_view text, std::size_t at, bool allow_insert) {
  if (const std::size_t end = LinkAt(text, at); end != 0) return end;
  if (!allow_insert || at >= text.size() || text[at] != ' ') return 0;
  for (std::size_t i = at; i < text.size() && i < at + kMaxInsert; ++i) {
    const char c = text[i];
    if (c == '.' || c == '\n' || c == '?' || c == '!' || c == ',' || c == ';') return 0;
    if (c == ':' || c == '=') return i + 1;
    if (c == ' ' && MatchAt(text, i + 1, "is ")) return i + 4;
  }
  return 0;
}

// Bit n of a byte's entry: noun n starts with that byte (in either case).
static_assert(std::size(kNouns) <= 64);
constexpr auto kFirstBytes = [] {
  std::array<std::uint64_t, 256> table{};
  for (std::size_t n = 0; n < std::size(kNouns); ++n) {
    const auto c = static_cast<unsigned char>(kNouns[n][0]);
    table[c] |= std::uint64_t{1} << n;
    if (c >= 'a' && c <= 'z') table[c - 32] |= std::uint64_t{1} << n;
  }
  return table;
}();

// "A: 3" at the start of a line, as question-answer transcripts have it.
bool IsTranscriptMark(std::string_view text, std::size_t at) {
  return text[at] == 'A' && (at == 0 || text[at - 1] == '\n') && text.substr(at).starts_with("A:");
}

constexpr std::string_view kNegations[] = {"not",  "isn't",    "isnt", "aren't", "wasn't", "never", "cannot", "can't", "n't", "neither", "nicht",
                                           "kein", "keine",    "nie",  "pas",    "non",    "no es", "não",    "nao",   "не",  "不是",    "不",
                                           "非",   "ではない", "아니", "değil",  "niet",   "inte",  "ikke",   "bukan", "ليس", "नहीं"};

constexpr std::string_view kOrs[] = {"or",   "oder", "ou", "o",  "или",  "або", "lub", "nebo",  "veya", "或", "或者", "または",
                                     "또는", "hoặc", "या", "أو", "atau", "หรือ", "of",  "eller", "tai",  "ή",  "sau",  "vagy"};
constexpr std::string_view kAnds[] = {"and",    "und", "et", "y", "e",   "и",   "та", "i",   "a",  "ve", "和",  "与", "及", "と",
                                      "그리고", "và",  "और", "و", "dan", "และ", "en", "och", "og", "ja", "και", "și", "és"};

}  // namespace

PhraseMatch FindAnswerPhrase(std::string_view text) {
  for (std::size_t i = text.size(); i-- > 0;) {
    const std::uint64_t candidates = kFirstBytes[static_cast<unsigned char>(text[i])];
    if (candidates == 0) continue;
    std::size_t end = 0;
    if (IsTranscriptMark(text, i)) {
      end = i + 2;
    } else {
      if (i > 0 && IsAsciiAlpha(text[i]) && IsAsciiAlpha(text[i - 1])) continue;
      for (std::uint64_t left = candidates; left != 0; left &= left - 1) {
        const std::string_view noun = kNouns[std::countr_zero(left)];
        if (!MatchAt(text, i, noun)) continue;
        const std::size_t after = i + noun.size();
        // Inflected or bracketed nouns: "答案（…）", "Ответом".
        end = LinkAfter(text, after, noun == "answer");
        if (end != 0) break;
      }
    }
    if (end != 0 && !Trim(text.substr(end)).empty()) return {true, i, end};
  }
  return {};
}

bool EndsWithNegation(std::string_view text) {
  text = Trim(text);
  for (const std::string_view word : kNegations) {
    if (text.size() < word.size() || !MatchAt(text, text.size() - word.size(), word)) continue;
    const std::size_t at = text.size() - word.size();
    const bool ascii = IsAsciiAlpha(word[0]);
    if (!ascii || at == 0 || !IsWordByte(text[at - 1]) || word == "n't") return true;
  }
  return false;
}

bool StartsWithNegation(std::string_view text) {
  text = Trim(text);
  for (const std::string_view word : kNegations) {
    if (!MatchAt(text, 0, word)) continue;
    if (!IsAsciiAlpha(word.back()) || text.size() == word.size() || !IsWordByte(text[word.size()])) return true;
  }
  return false;
}

bool IsOr(std::string_view word) { return std::find(std::begin(kOrs), std::end(kOrs), word) != std::end(kOrs); }
bool IsAnd(std::string_view word) { return std::find(std::begin(kAnds), std::end(kAnds), word) != std::end(kAnds); }

}  // namespace rlar
