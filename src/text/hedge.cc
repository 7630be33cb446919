#include "text/hedge.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "text/unicode.h"

namespace rlar {
namespace {

constexpr std::string_view kDenials[] = {"not",  "isnt", "wasnt",  "arent", "werent",  "never",  "neither",   "nor", "cannot",
                                         "cant", "dont", "doesnt", "didnt", "without", "except", "excluding", "no"};
// Words that take a denial back, or begin a clause it does not reach into.
constexpr std::string_view kTurns[] = {"but",   "only", "just",    "because", "however", "instead", "its",   "is",    "was",  "it",
                                       "until", "sure", "certain", "doubt",   "less",    "more",    "fewer", "later", "known"};

constexpr std::string_view kFunctionWords[] = {"is",   "was", "are",  "were",  "be",  "been", "the", "a",    "an",  "of",   "in",   "on",  "at",
                                               "to",   "for", "by",   "with",  "it",  "he",   "she", "they", "i",   "this", "that", "has", "had",
                                               "have", "as",  "from", "which", "who", "and",  "or",  "not",  "did", "does", "his",  "her"};

template <class Words>
bool Has(const Words& words, std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// Cuts at commas, semicolons, slashes, bars, line ends, bullets, and the words "or" and "and".
std::vector<std::string_view> Items(std::string_view text) {
  std::vector<std::string_view> items;
  std::size_t start = 0;
  const auto cut = [&](std::size_t end, std::size_t next) {
    items.push_back(Trim(text.substr(start, end - start)));
    start = next;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ',' && i > 0 && i + 1 < text.size() && IsAsciiDigit(text[i - 1]) && IsAsciiDigit(text[i + 1])) continue;
    if (c == ',' || c == ';' || c == '|' || c == '\n' || c == '/') cut(i, i + 1);
    for (const std::string_view word : {" or ", " and "}) {
      if (i >= start && c == ' ' && StartsWithIgnoreCase(text.substr(i), word)) cut(i, i + word.size() - 1);
    }
  }
  cut(text.size(), text.size());
  std::erase_if(items, [](std::string_view item) { return item.find_first_not_of("-*•. \t") == item.npos; });
  return items;
}

}  // namespace

bool IsDenied(std::span<const std::string> words, std::size_t at) {
  for (std::size_t back = 1; back <= 4 && back <= at; ++back) {
    const std::string& word = words[at - back];
    if (Has(kDenials, word)) return true;
    if (word == "than" && back < at && words[at - back - 1] == "rather") return true;
    if (word == "of" && back < at && words[at - back - 1] == "instead") return true;
    if (Has(kTurns, word)) return false;
  }
  return false;
}

bool IsEnumeration(std::string_view response, std::size_t gold_words) {
  const std::size_t longest = std::max<std::size_t>(3, gold_words + 1);
  const auto items = Items(response);
  const std::size_t words = SplitWords(response).size();
  if (items.size() >= 3 && words > gold_words + 1) {
    std::size_t shorts = 0;
    for (const std::string_view item : items) shorts += SplitWords(item).size() <= longest;
    if (shorts == items.size()) return true;
  }
  if (words < 2 * gold_words + 6) return false;
  const std::string lower = AsciiLower(response);
  for (const std::string_view word : SplitWords(lower)) {
    const std::size_t end = word.find_last_not_of(".,;:!?");
    if (Has(kFunctionWords, word.substr(0, end == word.npos ? 0 : end + 1))) return false;
  }
  return true;
}

}  // namespace rlar
