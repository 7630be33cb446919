#include "text/rouge.h"

#include <algorithm>

#include "base/text.h"
#include "text/lcs.h"
#include "text/porter.h"

namespace rlar {
namespace {

RougeScore FromCounts(std::size_t shared, std::size_t in_prediction, std::size_t in_reference) {
  RougeScore score;
  score.precision = static_cast<double>(shared) / static_cast<double>(std::max<std::size_t>(1, in_prediction));
  score.recall = static_cast<double>(shared) / static_cast<double>(std::max<std::size_t>(1, in_reference));
  const double sum = score.precision + score.recall;
  if (sum > 0) score.fmeasure = 2 * score.precision * score.recall / sum;
  return score;
}

std::size_t NgramCount(std::size_t length, std::size_t order) { return length >= order ? length - order + 1 : 0; }

// Runs of [a-z0-9] of the lower-cased text. Beyond ASCII only the Kelvin sign and the dotted capital I have such a lower case.
template <class F>
void ForEachRougeWord(std::string_view text, F f) {
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    char c = i < text.size() ? ToAsciiLower(text[i]) : ' ';
    if (c == '\xE2' && text.substr(i, 3) == "\xE2\x84\xAA") {
      c = 'k';
      i += 2;
    }
    const bool dotted = c == '\xC4' && text.substr(i, 2) == "\xC4\xB0";
    if (dotted) c = 'i';
    if ((c >= 'a' && c <= 'z') || IsAsciiDigit(c)) {
      word += c;
      if (!dotted) continue;
    }
    if (!word.empty()) f(word);
    word.clear();
  }
}

std::vector<std::string_view> SplitLines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (const std::string_view line : Split(text, '\n')) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

}  // namespace

bool ParseRougeType(std::string_view name, RougeType& type) {
  type.name = std::string(name);
  if (name == "rougeL") {
    type.kind = RougeKind::kLcs;
  } else if (name == "rougeLsum") {
    type.kind = RougeKind::kLcsSum;
  } else if (name.size() == 6 && name.substr(0, 5) == "rouge" && name[5] >= '1' && name[5] <= '9') {
    type.kind = RougeKind::kNgram;
    type.order = static_cast<std::size_t>(name[5] - '0');
  } else {
    return false;
  }
  return true;
}

void RougeReference::Tokenize(std::string_view text, TokenTable* add, Sentence& out) const {
  ForEachRougeWord(text, [&](const std::string& word) {
    const bool stem = options_.use_stemmer && word.size() > 3;
    const std::string stemmed = stem ? PorterStem(word) : std::string();
    const std::string_view token = stem ? std::string_view(stemmed) : std::string_view(word);
    out.push_back(add != nullptr ? add->Add(token) : words_.Find(token));
  });
}

std::vector<RougeReference::Sentence> RougeReference::TokenizeSentences(std::string_view text, TokenTable* add) const {
  std::vector<Sentence> sentences;
  for (const std::string_view part : options_.split_sentences ? options_.split_sentences(text) : SplitLines(text)) {
    sentences.emplace_back();
    Tokenize(part, add, sentences.back());
  }
  return sentences;
}

RougeReference::RougeReference(std::string_view reference, std::span<const RougeType> types, const RougeOptions& options)
    : types_(types.begin(), types.end()), options_(options) {
  Tokenize(reference, &words_, tokens_);
  for (const RougeType& type : types_) {
    if (type.kind == RougeKind::kLcsSum && sentences_.empty()) sentences_ = TokenizeSentences(reference, &words_);
    if (type.kind != RougeKind::kNgram) continue;
    ngrams_.emplace_back(type.order);
    ngrams_.back().Reserve(tokens_.size());
    ngrams_.back().Add(tokens_);
  }
}

std::vector<RougeScore> RougeReference::Compare(std::string_view prediction, const std::function<bool(std::int64_t)>& spend) const {
  Sentence tokens;
  Tokenize(prediction, nullptr, tokens);
  std::vector<RougeScore> scores;
  std::size_t next_ngrams = 0;
  for (const RougeType& type : types_) {
    if (type.kind == RougeKind::kNgram) {
      std::vector<std::int64_t> matches(type.order, 0);
      ngrams_[next_ngrams++].CountMatches(tokens, matches);
      scores.push_back(FromCounts(static_cast<std::size_t>(matches.back()), NgramCount(tokens.size(), type.order), NgramCount(tokens_.size(), type.order)));
      continue;
    }
    if (!spend(LcsSteps(tokens_.size(), tokens.size()))) return {};
    if (type.kind == RougeKind::kLcs) {
      scores.push_back(FromCounts(LcsLength(tokens_, tokens), tokens.size(), tokens_.size()));
      continue;
    }
    const auto sentences = TokenizeSentences(prediction, nullptr);
    // Short sentences waste most of a block, and each pair of sentences costs its own set-up.
    if (!spend(static_cast<std::int64_t>(sentences.size() * sentences_.size()) * 4)) return {};
    if (!spend(static_cast<std::int64_t>(sentences_.size() * tokens.size()) / 4)) return {};
    scores.push_back(CompareSummary(sentences, tokens.size()));
  }
  return scores;
}

RougeScore RougeReference::CompareSummary(const std::vector<Sentence>& prediction, std::size_t word_count) const {
  // A token counts at most as often as it stands on either side.
  std::vector<std::size_t> left_here(words_.size() + 1, 0), left_there(words_.size() + 1, 0);
  std::size_t reference_count = 0;
  for (const Sentence& sentence : sentences_) {
    reference_count += sentence.size();
    for (const TokenId token : sentence) ++left_here[token];
  }
  for (const Sentence& sentence : prediction) {
    for (const TokenId token : sentence) ++left_there[token];
  }
  if (reference_count == 0 || word_count == 0) return {};
  std::size_t hits = 0;
  for (const Sentence& sentence : sentences_) {
    std::vector<char> in_union(sentence.size(), 0);
    for (const Sentence& other : prediction) {
      for (const std::size_t at : LcsPositions(sentence, other)) in_union[at] = 1;
    }
    for (std::size_t i = 0; i < sentence.size(); ++i) {
      const TokenId token = sentence[i];
      if (!in_union[i] || left_here[token] == 0 || left_there[token] == 0) continue;
      ++hits;
      --left_here[token];
      --left_there[token];
    }
  }
  return FromCounts(hits, word_count, reference_count);
}

}  // namespace rlar
