#include "text/squad.h"

#include <algorithm>

#include "text/unicode.h"

namespace rlar {
namespace {

bool IsAsciiPunctuation(char32_t c) { return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~'); }

bool IsArticle(std::string_view word) { return word == "a" || word == "an" || word == "the"; }

// Appends the tokens of a word: an article that stands between word boundaries inside it splits the word.
void AppendWithoutArticles(std::string_view word, std::vector<std::string>& out) {
  std::string token;
  std::size_t run_start = 0;
  const auto end_run = [&](std::size_t end) {
    const std::string_view run = word.substr(run_start, end - run_start);
    if (IsArticle(run)) {
      if (!token.empty()) out.push_back(std::move(token));
      token.clear();
    } else {
      token += run;
    }
    run_start = end;
  };
  bool in_word = false;
  for (std::size_t i = 0; i < word.size();) {
    const std::size_t at = i;
    const bool is_word = IsWordChar(NextCodePoint(word, i));
    if (at > run_start && is_word != in_word) end_run(at);
    in_word = is_word;
  }
  end_run(word.size());
  if (!token.empty()) out.push_back(std::move(token));
}

}  // namespace

std::vector<std::string> SquadTokens(std::string_view text) {
  std::string bare = UnicodeLower(text);
  bare.erase(std::remove_if(bare.begin(), bare.end(), [](char c) { return IsAsciiPunctuation(static_cast<unsigned char>(c)); }), bare.end());
  std::vector<std::string> tokens;
  for (const std::string_view word : SplitBlanks(bare)) AppendWithoutArticles(word, tokens);
  return tokens;
}

TokenOverlap CompareTokens(std::span<const std::string> said, std::span<const std::string> gold) {
  std::vector<std::string_view> a(said.begin(), said.end()), b(gold.begin(), gold.end());
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  std::size_t same = 0;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const int order = a[i].compare(b[j]);
    same += order == 0;
    if (order <= 0) ++i;
    if (order >= 0) ++j;
  }
  if (same == 0) return {};
  TokenOverlap overlap;
  overlap.precision = static_cast<double>(same) / static_cast<double>(a.size());
  overlap.recall = static_cast<double>(same) / static_cast<double>(b.size());
  overlap.f1 = 2 * overlap.precision * overlap.recall / (overlap.precision + overlap.recall);
  return overlap;
}

std::size_t FindTokens(std::span<const std::string> whole, std::span<const std::string> part, std::size_t from) {
  if (part.empty() || from > whole.size()) return std::string::npos;
  const auto at = std::search(whole.begin() + static_cast<std::ptrdiff_t>(from), whole.end(), part.begin(), part.end());
  return at == whole.end() ? std::string::npos : static_cast<std::size_t>(at - whole.begin());
}

}  // namespace rlar
