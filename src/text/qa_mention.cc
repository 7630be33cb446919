// How one reference is mentioned in a response.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "text/hedge.h"
#include "text/phrases.h"
#include "text/qa_match.h"
#include "text/qa_said.h"

namespace rlar {
namespace {

// Words before a surname that are no given name.
constexpr std::string_view kNoNames[] = {
    "mr",    "mrs",    "ms",        "dr",      "sir",     "lord",   "lady", "king",    "queen", "president", "prime",   "minister", "senator", "justice",
    "judge", "prof",   "professor", "general", "captain", "saint",  "pope", "emperor", "chief", "actor",     "actress", "singer",   "author",  "director",
    "coach", "player", "writer",    "when",    "at",      "former", "late", "young",   "jr",    "sr",        "like",    "named",    "called",  "played"};
constexpr std::string_view kDoubts[] = {"either", "maybe", "perhaps", "possibly", "might", "could", "unsure", "guess"};
constexpr std::string_view kTurns[] = {"no", "wait", "actually", "correction", "scratch", "sorry"};
constexpr std::string_view kWrong[] = {"wrong", "incorrect", "false", "untrue"};
constexpr std::string_view kNots[] = {"not", "isnt", "wasnt", "never"};
// Words for "or" that are no common word of another language in Latin script.
constexpr std::string_view kOrs[] = {"or", "oder", "ou", "или", "або", "lub", "nebo", "veya", "أو", "atau", "또는", "hoặc", "或"};
// Denials that stand behind what they deny.
constexpr std::string_view kLateDenials[] = {"아니", "아닙", "ではな", "ではあり", "じゃな", "değil", "नहीं"};
constexpr std::size_t kShortAnswer = 15;  // words

template <class List>
bool Among(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

// Whether a given name said before a surname may be the wanted one: an initial, a short form, or the same beginning.
bool GivenNameFits(std::string_view said, std::string_view wanted) {
  if (said.empty() || wanted.empty() || said[0] != wanted[0]) return said == wanted;
  if (said.size() <= 2 || wanted.size() <= 2) return true;
  std::size_t common = 0;
  while (common < std::min(said.size(), wanted.size()) && said[common] == wanted[common]) ++common;
  return common >= 3;
}

// "760" for 759.9625, from three digits on.
bool IsRounding(const std::string& said, const std::string& exact) {
  const auto dot = exact.find('.');
  if (dot == exact.npos || said.size() > 15 || exact.size() > 15) return false;
  const std::size_t point = said.find('.');
  const std::size_t decimals = point == said.npos ? 0 : said.size() - point - 1;
  if (said.size() - (decimals > 0) < 3 || decimals >= exact.size() - dot - 1) return false;
  const double scale = std::pow(10, static_cast<double>(decimals));
  return std::fabs(std::round(std::atof(exact.c_str()) * scale) - std::atof(said.c_str()) * scale) < 1e-6;
}

}  // namespace

void QaMatcher::Said::Index() {
  by_first.resize(256);
  for (std::size_t i = 0; i < text.words.size(); ++i) {
    const QaWord& word = text.words[i];
    numbers += word.number;
    if (word.text.empty()) continue;
    if (word.sentence && Among(kTurns, word.text)) last_turn = i + 1;
    ors += word.text == "or";
    doubt |= Among(kDoubts, word.text);
    by_stem[word.stem].push_back(i);
    if (word.text.size() >= 5 && !word.number) by_first[static_cast<unsigned char>(word.text[0])].push_back(i);
  }
  dates = FindQaDates(text.words);
}

bool QaMatcher::Said::PhraseAt(std::span<const QaWord> phrase, std::size_t at) const {
  if (at + phrase.size() > text.words.size()) return false;
  for (std::size_t i = 0; i < phrase.size(); ++i) {
    if (text.words[at + i].stem != phrase[i].stem) return false;
  }
  return true;
}

namespace {

// "X is not the answer", "X is wrong".
bool RefutedBehind(const std::vector<QaWord>& words, std::size_t end) {
  const auto is = [&](std::size_t at, auto... options) { return at < words.size() && !words[at].clause && ((words[at].text == options) || ...); };
  if ((is(end, "is", "was", "are", "were") && is(end + 1, "not") && !is(end + 2, "only", "just", "merely")) || is(end, "isnt", "wasnt")) return true;
  bool negated = false;
  for (std::size_t i = end; i < std::min(end + 6, words.size()) && !words[i].sentence; ++i) {
    const std::string& word = words[i].text;
    if (Among(kWrong, word)) return !negated;
    if (negated && (word == "answer" || word == "correct" || word == "right" || word == "it" || word == "true")) return true;
    negated |= Among(kNots, word);
    if (word == "but" || word == "because" || word == "which" || word == "who") return false;
  }
  return false;
}

// The words before `at` in its sentence, up to eight.
std::vector<std::string> WordsBefore(const std::vector<QaWord>& words, std::size_t at) {
  std::vector<std::string> window;
  for (std::size_t i = at > 8 ? at - 8 : 0; i < at; ++i) {
    if (words[i].sentence) window.clear();
    window.push_back(words[i].text);
  }
  if (at < words.size() && words[at].sentence) window.clear();
  return window;
}

}  // namespace

// What stands at [begin, end) is denied before or behind it, or taken back later ("X. No, wait, Y").
bool QaMatcher::Said::Refused(std::size_t begin, std::size_t end) const {
  const auto before = WordsBefore(text.words, begin);
  if (IsDenied(before, before.size())) return true;
  for (std::size_t i = 0; i + 1 < before.size(); ++i) {
    const bool think = before[i + 1] == "think" || before[i + 1] == "believe";
    if (think && (before[i] == "dont" || before[i] == "not" || before[i] == "doesnt")) return true;
  }
  if (!before.empty() && (before[0] == "doubt" || (before.size() > 1 && before[1] == "doubt"))) return true;
  if (EndsWithNegation(std::string_view(text.text).substr(0, text.words[begin].begin))) return true;
  if (end < text.words.size() || text.words[begin].text[0] < 0) {
    const QaWord& last = text.words[end - 1];
    const std::string_view behind = std::string_view(text.text).substr(last.begin, last.text.size() + 24);
    for (const std::string_view denial : kLateDenials) {
      if (behind.find(denial) != behind.npos) return true;
    }
  }
  return RefutedBehind(text.words, end) || last_turn > end;
}

// "X or Y" in a short answer or in doubt.
bool QaMatcher::Said::Alternative(std::size_t begin, std::size_t end) const {
  // "Ghent (or Gent)" is one answer.
  const auto joins = [&](std::size_t at) { return at < text.words.size() && Among(kOrs, text.words[at].text) && text.words[at].before != '('; };
  if (!joins(begin - 1) && !joins(end)) return false;
  return text.words.size() - copied <= kShortAnswer || doubt || ors >= 3;
}

namespace {

// Words that are `wanted` once joined ("fresh water" for "freshwater"); an empty range where there are none.
std::pair<std::size_t, std::size_t> FindJoined(const std::vector<QaWord>& words, const std::string& joined, const std::string& wanted) {
  if (joined.find(wanted) == joined.npos) return {0, 0};
  for (std::size_t begin = 0; begin < words.size(); ++begin) {
    std::size_t matched = 0, end = begin;
    while (end < words.size() && matched < wanted.size() && !words[end].text.empty() && wanted.compare(matched, words[end].text.size(), words[end].text) == 0) {
      matched += words[end++].text.size();
    }
    if (matched == wanted.size()) return {begin, end};
  }
  return {0, 0};
}

}  // namespace

QaMatcher::Mention QaMatcher::MatchPhrase(const Gold& gold, const Said& said) const {
  Mention best;
  const auto* starts = said.positions(gold.words.front().stem);
  const auto& words = said.text.words;
  if (starts != nullptr && said.Spend(starts->size() * (1 + gold.words.size() / 16))) {
    for (const std::size_t at : *starts) {
      if (!said.PhraseAt(gold.words, at)) continue;
      const std::size_t end = at + gold.words.size();
      if (said.Refused(at, end)) {
        best.denied = true;
        continue;
      }
      if (said.Alternative(at, end)) {
        best.hedged = true;
        continue;
      }
      return {.likeness = 1, .how = "phrase"};
    }
  }
  if (best.denied || best.hedged) return best;
  if (gold.joined.size() >= 6 && !gold.unspaced && gold.numbers < gold.content.size() && said.Spend(words.size() * (1 + gold.words.size() / 16))) {
    if (const auto [at, end] = FindJoined(words, said.text.joined, gold.joined); end > at) {
      if (said.Refused(at, end)) return {.denied = true};
      if (said.Alternative(at, end)) return {.hedged = true};
      return {.likeness = 1, .how = "phrase"};
    }
  }
  // Particles are glued to Korean words.
  if (gold.words.size() == 1 && gold.joined.size() >= 6 && static_cast<unsigned char>(gold.joined[0]) >= 0xE0) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (!words[i].text.starts_with(gold.joined) || words[i].text.size() > gold.joined.size() + 9) continue;
      if (said.Refused(i, i + 1)) return {.denied = true};
      return {.likeness = 1, .how = "phrase"};
    }
  }
  return best;
}

// The surname is said, and no given name that is another's stands before it.
bool QaMatcher::MatchName(const Gold& gold, const Said& said) const {
  const Word& surname = gold.content.back();
  const auto* at = said.positions(surname.stem);
  if (at == nullptr) return false;
  for (const std::size_t i : *at) {
    if (i == 0 || said.text.words[i].clause) return true;
    const std::string& before = said.text.words[i - 1].text;
    if (before.empty() || IsQaStopWord(before) || Among(kNoNames, before)) return true;
    for (std::size_t g = 0; g + 1 < gold.content.size(); ++g) {
      if (GivenNameFits(before, gold.content[g].text)) return true;
    }
  }
  return false;
}

// The best weighted share of the wanted words in one stretch of the response.
double QaMatcher::LocalRecall(const Gold& gold, const Said& said, std::vector<double>& best) const {
  struct Hit {
    std::size_t at, word;
    double likeness;
  };
  std::vector<Hit> hits;
  const auto& words = said.text.words;
  best.assign(gold.content.size(), 0);
  for (std::size_t k = 0; k < gold.content.size(); ++k) {
    const Word& wanted = gold.content[k];
    if (const auto* exact = said.positions(wanted.stem)) {
      for (const std::size_t at : *exact) hits.push_back({at, k, 1});
      best[k] = 1;
    }
    for (const std::size_t at : said.by_first[static_cast<unsigned char>(wanted.text[0])]) {
      const double likeness = WordLikeness(wanted, words[at]);
      if (likeness == 0 || likeness == 1) continue;
      hits.push_back({at, k, likeness});
      best[k] = std::max(best[k], likeness);
    }
  }
  double total = 0, all = 0;
  for (std::size_t k = 0; k < best.size(); ++k) {
    total += gold.content[k].weight;
    all += gold.content[k].weight * best[k];
  }
  if (gold.content.size() == 1 || all / total <= .5) return all / total;
  std::sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) { return a.at < b.at; });
  const std::size_t reach = gold.words.size() + 6;
  if (!said.Spend(hits.size() * (best.size() + reach) / 8)) return 0;
  double local = 0;
  std::vector<double> here(best.size());
  for (std::size_t a = 0; a < hits.size(); ++a) {
    std::fill(here.begin(), here.end(), 0);
    for (std::size_t b = a; b < hits.size() && hits[b].at - hits[a].at <= reach; ++b) here[hits[b].word] = std::max(here[hits[b].word], hits[b].likeness);
    double sum = 0;
    for (std::size_t k = 0; k < here.size(); ++k) sum += gold.content[k].weight * here[k];
    local = std::max(local, sum / total);
  }
  return local;
}

QaMatcher::Mention QaMatcher::MatchWords(const Gold& gold, const Said& said) const {
  const auto& words = said.text.words;
  const auto said_number = [&](const Word& number) {
    if (said.positions(number.stem) != nullptr) return true;
    if (gold.numbers < gold.content.size()) return false;
    return std::any_of(words.begin(), words.end(), [&](const QaWord& word) { return word.number && IsRounding(word.text, number.text); });
  };
  for (const Word& word : gold.content) {
    if (word.number && !said_number(word)) return {};
  }
  if (gold.numbers == gold.content.size()) return {.likeness = .9, .how = "number"};
  std::vector<double> best;
  double recall = LocalRecall(gold, said, best);
  if (!gold.head.empty()) {
    const auto* starts = said.positions(gold.head.front().stem);
    const bool head = starts != nullptr && std::any_of(starts->begin(), starts->end(), [&](std::size_t at) { return said.PhraseAt(gold.head, at); });
    if (head) return {.likeness = .9, .how = "place"};
    return recall >= .99 ? Mention{.likeness = recall, .how = "place"} : Mention{};
  }
  if (gold.name) {
    if (gold.last_asked) return recall >= .7 ? Mention{.likeness = recall, .how = "name"} : Mention{};
    if (MatchName(gold, said)) return {.likeness = std::max(recall, .8), .how = "name"};
    return recall >= .99 ? Mention{.likeness = recall, .how = "name"} : Mention{};
  }
  // "nine" for "nine years", where it is the only number said.
  if (recall <= .5 && gold.numbers > 0 && said.numbers == gold.numbers) {
    const bool news = std::any_of(gold.content.begin(), gold.content.end(), [](const Word& word) { return word.number && word.weight == 1; });
    if (news) recall = .6;
  }
  return {.likeness = recall, .how = "words"};
}

QaMatcher::Mention QaMatcher::Match(const Gold& gold, const Said& said) const {
  Mention phrase = MatchPhrase(gold, said);
  if (phrase.likeness == 1 || phrase.denied || phrase.hedged) return phrase;
  Mention other;
  if (gold.date) {
    for (const QaDate& date : said.dates) {
      if (!DateAnswers(*gold.date, date)) continue;
      if (said.Refused(date.begin, date.end)) {
        other.denied = true;
      } else if (said.Alternative(date.begin, date.end)) {
        other.hedged = true;
      } else {
        return {.likeness = 1, .how = "date"};
      }
    }
    return other;
  }
  if (gold.unspaced) return {};
  other = MatchWords(gold, said);
  if (other.likeness <= .5) return other;
  // Where its words stand apart, the denial is looked for before the first of them.
  std::size_t first = said.text.words.size(), last = 0;
  for (const Word& word : gold.content) {
    if (const auto* at = said.positions(word.stem)) {
      first = std::min(first, at->front());
      last = std::max(last, at->back());
    }
  }
  if (first < said.text.words.size() && said.Refused(first, last + 1)) return {.denied = true};
  if (first < said.text.words.size() && said.Alternative(first, last + 1)) return {.hedged = true};
  return other;
}

}  // namespace rlar
