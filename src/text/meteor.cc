#include "text/meteor.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "base/text.h"
#include "text/porter.h"
#include "text/treebank.h"
#include "text/unicode.h"

namespace rlar {
namespace {

// The stemmer reads bytes; a letter beyond ASCII is one consonant, so it is handed over as one byte.
std::string Stem(const std::string& word) {
  if (CodePointCount(word) <= 2) return word;
  if (std::all_of(word.begin(), word.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return PorterStem(word);
  std::string bytes;
  std::vector<std::string> letters;
  ForEachCodePoint(word, [&](char32_t c, std::size_t at, std::size_t size) {
    if (c < 0x80) {
      bytes += static_cast<char>(c);
      return;
    }
    const std::string letter = word.substr(at, size);
    const auto known = std::find(letters.begin(), letters.end(), letter);
    bytes += static_cast<char>(0x80 + std::min<std::ptrdiff_t>(known - letters.begin(), 0x7F));
    if (known == letters.end()) letters.push_back(letter);
  });
  if (letters.size() > 0x7F) return word;
  std::string out;
  for (const char c : PorterStem(bytes)) {
    if (static_cast<unsigned char>(c) < 0x80)
      out += c;
    else
      out += letters[static_cast<unsigned char>(c) - 0x80u];
  }
  return out;
}

std::vector<std::string> Words(std::string_view text, bool treebank) {
  std::vector<std::string> words;
  if (treebank) {
    for (const std::string& word : TreebankTokens(text)) words.push_back(UnicodeLower(word));
  } else {
    for (const std::string_view word : SplitBlanks(text)) words.push_back(UnicodeLower(word));
  }
  return words;
}

// The words of one side that are not matched yet, by their places in the text.
struct Side {
  std::vector<std::size_t> places;
  const std::vector<std::string>* forms = nullptr;
  const std::string& form(std::size_t i) const { return (*forms)[places[i]]; }
};

using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
using Places = std::unordered_map<std::string_view, std::vector<std::size_t>>;

// From the end of `said` on, each word takes the last free place that `find` offers. What is matched leaves both sides.
template <class Find>
void MatchFromEnd(Side& said, Side& wanted, Pairs& pairs, Find find) {
  Places free;
  for (std::size_t j = 0; j < wanted.places.size(); ++j) free[wanted.form(j)].push_back(j);
  std::vector<bool> said_used(said.places.size()), wanted_used(wanted.places.size());
  for (std::size_t i = said.places.size(); i-- > 0;) {
    std::vector<std::size_t>* places = find(said.form(i), free);
    if (places == nullptr) continue;
    pairs.emplace_back(said.places[i], wanted.places[places->back()]);
    said_used[i] = wanted_used[places->back()] = true;
    places->pop_back();
  }
  const auto keep = [](std::vector<std::size_t>& places, const std::vector<bool>& used) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (!used[i]) places[kept++] = places[i];
    }
    places.resize(kept);
  };
  keep(said.places, said_used);
  keep(wanted.places, wanted_used);
}

std::vector<std::size_t>* SameForm(const std::string& form, Places& free) {
  const auto found = free.find(form);
  return found == free.end() || found->second.empty() ? nullptr : &found->second;
}

std::size_t CountChunks(const Pairs& pairs) {
  std::size_t chunks = 1;
  for (std::size_t i = 1; i < pairs.size(); ++i) {
    chunks += pairs[i].first != pairs[i - 1].first + 1 || pairs[i].second != pairs[i - 1].second + 1;
  }
  return chunks;
}

Side All(const std::vector<std::string>& forms) {
  Side side;
  side.forms = &forms;
  for (std::size_t i = 0; i < forms.size(); ++i) side.places.push_back(i);
  return side;
}

}  // namespace

MeteorReference::MeteorReference(std::string_view reference, MeteorOptions options)
    : options_(std::move(options)), words_(Words(reference, options_.treebank)) {
  for (const std::string& word : words_) stems_.push_back(Stem(word));
}

MeteorScore MeteorReference::Compare(std::string_view hypothesis) const {
  const std::vector<std::string> words = Words(hypothesis, options_.treebank);
  MeteorScore out;
  if (words.empty() || words_.empty()) return out;
  Pairs pairs;
  Side said = All(words), wanted = All(words_);
  MatchFromEnd(said, wanted, pairs, SameForm);
  // Stems are needed of what is left only; they stay the forms from here on, as in the reference implementation.
  std::vector<std::string> stems(words.size());
  for (const std::size_t place : said.places) stems[place] = Stem(words[place]);
  said.forms = &stems;
  wanted.forms = &stems_;
  MatchFromEnd(said, wanted, pairs, SameForm);
  if (options_.synonyms != nullptr) {
    MatchFromEnd(said, wanted, pairs, [&](const std::string& form, Places& free) {
      auto synonyms = options_.synonyms->Synonyms(UnicodeLower(form));
      synonyms.insert(form);
      std::vector<std::size_t>* best = nullptr;
      for (const std::string_view synonym : synonyms) {
        const auto found = free.find(synonym);
        if (found == free.end() || found->second.empty()) continue;
        if (best == nullptr || found->second.back() > best->back()) best = &found->second;
      }
      return best;
    });
  }
  if (pairs.empty()) return out;
  std::sort(pairs.begin(), pairs.end());
  out.matches = pairs.size();
  out.chunks = CountChunks(pairs);
  const auto matches = static_cast<double>(out.matches);
  out.precision = matches / static_cast<double>(words.size());
  out.recall = matches / static_cast<double>(words_.size());
  const double weighted = options_.alpha * out.precision + (1 - options_.alpha) * out.recall;
  if (weighted == 0) return out;
  out.penalty = options_.gamma * std::pow(static_cast<double>(out.chunks) / matches, options_.beta);
  out.score = (1 - out.penalty) * (out.precision * out.recall / weighted);
  return out;
}

}  // namespace rlar
