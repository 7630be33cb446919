#include "text/outline.h"

#include <algorithm>
#include <set>
#include <unordered_set>

#include "base/text.h"
#include "text/unicode.h"

namespace rlar {
namespace {

constexpr std::size_t kMostBytes = 20'000, kPlaces = 3;

bool IsStop(char c) { return c == '.' || c == '!' || c == '?'; }
bool IsMark(char c) { return IsStop(c) || c == ',' || c == ';' || c == ':'; }

// Words, with the stops and commas behind them as words of their own.
std::vector<std::string> Tokens(std::string_view sentence) {
  std::vector<std::string> tokens;
  for (std::string_view word : SplitWords(sentence)) {
    std::size_t end = word.size();
    while (end > 0 && IsMark(word[end - 1])) --end;
    if (end > 0) tokens.emplace_back(word.substr(0, end));
    if (end < word.size()) tokens.emplace_back(word.substr(end, 1));
  }
  return tokens;
}

class Features {
 public:
  void Add(std::string feature) {
    if (seen_.insert(feature).second) list_.push_back(std::move(feature));
  }
  // One to three tokens at an end.
  void AddEnd(const std::string& name, const std::vector<std::string>& tokens, bool front) {
    for (std::size_t n = 1; n <= std::min<std::size_t>(3, tokens.size()); ++n) {
      std::string text = name;
      for (std::size_t i = front ? 0 : tokens.size() - n; i < (front ? n : tokens.size()); ++i) text += " " + tokens[i];
      Add(std::move(text));
    }
  }
  std::vector<std::string> Take() { return std::move(list_); }

 private:
  std::vector<std::string> list_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

std::vector<std::string_view> OutlineSentences(std::string_view text) {
  std::vector<std::string_view> sentences;
  std::size_t begin = 0;
  const auto end_at = [&](std::size_t end) {
    const std::string_view sentence = text.substr(begin, end - begin);
    const bool words = std::any_of(sentence.begin(), sentence.end(), [](char c) { return !IsAsciiSpace(c) && !IsStop(c); });
    if (words) {
      sentences.push_back(sentence);
    } else if (!sentences.empty()) {  // stops and blanks belong to the sentence before, those at the front to the first
      const auto start = static_cast<std::size_t>(sentences.back().data() - text.data());
      sentences.back() = text.substr(start, end - start);
    } else {
      return;
    }
    begin = end;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool stop = IsStop(text[i]) && i + 1 < text.size() && IsAsciiSpace(text[i + 1]);
    if (!stop && text[i] != '\n') continue;
    std::size_t end = i + 1;
    while (end < text.size() && IsAsciiSpace(text[end])) ++end;
    end_at(end);
    i = end - 1;
  }
  if (begin < text.size()) end_at(text.size());
  return sentences;
}

std::vector<std::string> OutlineFeatures(std::string_view text) {
  text = Trim(text);
  const std::string lower =
      UnicodeLower(text.size() <= 2 * kMostBytes ? text : std::string(text.substr(0, kMostBytes)) + "\n" + std::string(text.substr(text.size() - kMostBytes)));
  std::vector<std::vector<std::string>> sentences;
  std::set<std::vector<std::string>> seen;
  bool again = false;
  for (const std::string_view sentence : OutlineSentences(lower)) {
    auto tokens = Tokens(sentence);
    if (std::all_of(tokens.begin(), tokens.end(), [](const std::string& token) { return token.size() == 1 && IsMark(token[0]); })) continue;
    again |= !seen.insert(tokens).second;
    sentences.push_back(std::move(tokens));
  }
  if (sentences.empty()) return {};
  Features features;
  features.AddEnd("begins:", sentences.front(), true);
  features.AddEnd("ends:", sentences.back(), false);
  if (again) features.Add("again");
  for (std::size_t i = 1; i < sentences.size(); ++i) {
    const std::string& first = sentences[i].front();
    const std::string two = first + (sentences[i].size() > 1 ? " " + sentences[i][1] : "");
    if (i < kPlaces) features.Add("opens " + std::to_string(i + 1) + ": " + first);
    if (sentences.size() - i <= kPlaces) features.Add("opens -" + std::to_string(sentences.size() - i) + ": " + two);
  }
  return features.Take();
}

}  // namespace rlar
