#include "text/qa_match.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "text/hedge.h"
#include "text/phrases.h"
#include "text/qa_said.h"
#include "text/unicode.h"

namespace rlar {
namespace {

constexpr std::string_view kRoles[] = {"actor",   "actress",  "singer",   "author",    "president", "king",      "player",      "writer",        "composer",
                                       "painter", "artist",   "inventor", "scientist", "poet",      "physicist", "philosopher", "mathematician", "astronaut",
                                       "emperor", "explorer", "novelist", "musician",  "architect", "chemist",   "queen"};
// What a kind of thing is called: its name may come without it ("ARPANET" for "the ARPANET project").
constexpr std::string_view kKinds[] = {"project", "game",   "movie",      "film",    "song",   "album",   "show",     "series", "book",    "novel",
                                       "band",    "group",  "team",       "company", "city",   "state",   "country",  "county", "river",   "mountain",
                                       "lake",    "island", "university", "college", "school", "party",   "system",   "type",   "kind",    "process",
                                       "line",    "day",    "year",       "years",   "month",  "months",  "time",     "times",  "people",  "person",
                                       "man",     "woman",  "men",        "women",   "family", "disease", "language", "origin", "century", "program"};
constexpr std::string_view kListWords[] = {"list", "names", "examples"};
constexpr double kAskedWeight = .3, kKindWeight = .5;
// Copied words of the question do not answer it: the whole of it, or this many in a row.
constexpr std::size_t kCopiedRun = 24, kShortestQuestion = 4;

template <class List>
bool Among(const List& list, std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

// "ADP" for "adenosine diphosphate (ADP)": the initials, or a short name in capitals.
bool IsAcronym(std::string_view inner, std::string_view outer) {
  if (inner.size() < 2 || inner.size() > 8 || !std::all_of(inner.begin(), inner.end(), [](char c) { return c >= 'A' && c <= 'Z'; })) return false;
  std::string initials;
  for (const std::string_view word : SplitWords(outer)) initials += ToAsciiLower(word.front());
  return initials == AsciiLower(inner) || inner.size() <= 4;
}

// Whether what stands between slashes are names for one thing ("NYC/New York/the Big Apple", "1912/in 1912"), not a date, a fraction
// ("3/4/2001") or a unit ("160 km/hour").
bool AreAliases(const std::vector<std::string_view>& parts) {
  for (std::string_view part : parts) {
    part = Trim(part);
    const bool letters = std::any_of(part.begin(), part.end(), [](char c) { return IsAsciiAlpha(c) || static_cast<unsigned char>(c) >= 0x80; });
    const bool year = part.size() == 4 && std::all_of(part.begin(), part.end(), IsAsciiDigit);
    if (!letters && !year && parts.size() < 5) return false;
    if (parts.size() > 2 || year) continue;
    if (IsAsciiDigit(part[0]) || (part.find(' ') == part.npos && part.size() < 4)) return false;
  }
  return true;
}

// A reference, and what it may stand for: without its bracketed part, an acronym in brackets, parts between slashes.
std::vector<std::string> Forms(const std::string& text) {
  std::vector<std::string> forms{text};
  const std::size_t open = text.rfind('('), close = text.rfind(')');
  if (open != text.npos && close == Trim(text).size() - 1 + static_cast<std::size_t>(Trim(text).data() - text.data()) && open > 0 && close > open) {
    const std::string_view outer = Trim(std::string_view(text).substr(0, open)), inner = Trim(std::string_view(text).substr(open + 1, close - open - 1));
    if (!outer.empty()) forms.emplace_back(outer);
    if (IsAcronym(inner, outer)) forms.emplace_back(inner);
  }
  if (text.find('/') != text.npos) {
    const auto parts = Split(text, '/');
    if (AreAliases(parts)) forms.insert(forms.end(), parts.begin(), parts.end());
  }
  return forms;
}

// "Surrey, England": one comma, a capital behind it.
std::size_t PlaceComma(std::string_view text) {
  const std::size_t comma = text.find(", ");
  if (comma == text.npos || comma == 0 || comma + 2 >= text.size() || text.find(',', comma + 1) != text.npos) return 0;
  return text[comma + 2] >= 'A' && text[comma + 2] <= 'Z' ? comma : 0;
}

// Three or more short items between commas of any script. Sizes are in bytes.
bool IsUnspacedList(std::string_view text, std::size_t gold_size) {
  std::size_t items = 1, longest = 0, size = 0;
  ForEachCodePoint(text, [&](char32_t c, std::size_t, std::size_t bytes) {
    if (c == U'、' || c == U'，' || c == ',' || c == ';' || c == U'；' || c == '/' || c == '\n') {
      ++items;
      size = 0;
    } else {
      longest = std::max(longest, size += bytes);
    }
  });
  return items >= 3 && longest <= std::max<std::size_t>(2 * gold_size, 18);
}

}  // namespace

QaMatcher::QaMatcher(std::string_view question, std::span<const std::string> references) : question_(ReadQaText(question).words) {
  for (const QaWord& word : question_) question_stems_.insert(word.stem);
  bool where = false, role = false;
  for (std::size_t i = 0; i < question_.size(); ++i) {
    const std::string& word = question_[i].text;
    asks_who_ |= word == "who" || word == "whose" || word == "whom";
    where |= word == "where" || word == "when";
    role |= Among(kRoles, word);
    asks_list_ |= Among(kListWords, word) || (word == "name" && i + 1 < question_.size() && (question_[i + 1].number || question_[i + 1].text == "all"));
    // "which three countries", "5 cities", "all of the states"
    const bool plural = i + 2 < question_.size() && (question_[i + 1].text.ends_with('s') || question_[i + 2].text.ends_with('s'));
    asks_list_ |=
        question_[i].number && word.size() <= 2 && word != "1" && (i == 0 || question_[i - 1].text == "which" || question_[i - 1].text == "what") && plural;
    asks_list_ |= word == "all" && i == 0;
    asks_list_ |= word == "what" && i + 1 < question_.size() && question_[i + 1].text == "are";
  }
  asks_who_ |= role && !where;
  for (std::size_t i = 0; i < references.size(); ++i) {
    for (const std::string& form : Forms(references[i])) AddGold(form, i);
  }
}

void QaMatcher::AddGold(std::string_view text, std::size_t index) {
  Gold gold;
  gold.index = index;
  QaText read = ReadQaText(text);
  gold.words = std::move(read.words);
  gold.joined = std::move(read.joined);
  if (gold.words.empty()) return;
  gold.date = OnlyQaDate(gold.words);
  gold.unspaced = std::any_of(gold.words.begin(), gold.words.end(), [](const QaWord& word) { return word.ideograph; });
  std::unordered_set<std::string_view> seen;
  for (const QaWord& word : gold.words) {
    if (!IsQaStopWord(word.text) && seen.insert(word.stem).second) gold.content.push_back({word});
  }
  if (gold.content.empty()) {
    for (const QaWord& word : gold.words) gold.content.push_back({word});
  }
  gold.numbers = static_cast<std::size_t>(std::count_if(gold.content.begin(), gold.content.end(), [](const Word& word) { return word.number; }));
  Weigh(gold);
  const bool proper = gold.numbers == 0 && gold.content.size() >= 2 && gold.content.size() <= 4 &&
                      std::all_of(gold.content.begin(), gold.content.end(), [](const Word& word) { return word.capital; });
  gold.name = proper && asks_who_;
  if (const std::size_t comma = PlaceComma(text); comma != 0 && proper && !asks_who_) {
    gold.head = ReadQaText(text.substr(0, comma)).words;
    if (std::all_of(gold.head.begin(), gold.head.end(), [&](const QaWord& word) { return question_stems_.contains(word.stem); })) gold.head.clear();
  }
  golds_.push_back(std::move(gold));
}

// What the question says tells nothing about the answer, unless it says all of it (a text to read comes with it).
void QaMatcher::Weigh(Gold& gold) const {
  const auto asked = [&](const QaWord& word) { return question_stems_.contains(word.stem); };
  const bool all_asked = std::all_of(gold.content.begin(), gold.content.end(), asked);
  for (Word& word : gold.content) {
    if (!all_asked && asked(word))
      word.weight = kAskedWeight;
    else if (gold.content.size() > 1 && Among(kKinds, word.text))
      word.weight = kKindWeight;
  }
  gold.list = gold.words.size() >= 3 && std::count_if(gold.words.begin() + 1, gold.words.end(),
                                                      [](const QaWord& word) { return word.before == ',' || word.text == "and" || word.before == ';'; }) >= 2;
  gold.last_asked = !all_asked && asked(gold.content.back());
}

// Empties the words that are copied from the question.
void QaMatcher::Blank(Said& said) const {
  const std::size_t whole = question_.size(), run = std::min(whole, kCopiedRun);
  if (whole < kShortestQuestion || said.text.words.size() < run) return;
  std::unordered_map<std::string_view, std::vector<std::size_t>> starts;  // in the question, where a run could begin
  for (std::size_t i = 0; i + run <= whole; ++i) starts[question_[i].text].push_back(i);
  auto& words = said.text.words;
  for (std::size_t at = 0; at + run <= words.size(); ++at) {
    const auto found = starts.find(words[at].text);
    if (found == starts.end()) continue;
    std::size_t longest = 0;
    for (std::size_t k = 0; k < std::min<std::size_t>(found->second.size(), 64); ++k) {
      const std::size_t from = found->second[k];
      std::size_t same = 0;
      while (at + same < words.size() && from + same < whole && words[at + same].text == question_[from + same].text) ++same;
      longest = std::max(longest, same);
    }
    if (longest < run) continue;
    for (std::size_t i = at; i < at + longest; ++i) words[i].text.clear(), words[i].stem.clear(), words[i].number = false;
    said.copied += longest;
    at += longest - 1;
  }
  if (said.copied == 0) return;
  said.text.joined.clear();
  for (const QaWord& word : words) said.text.joined += word.text.empty() ? "\n" : word.text;
}

QaOutcome QaMatcher::Compare(std::string_view response, const std::function<bool(std::int64_t)>& spend) const {
  Said said(response);
  said.spend = &spend;
  Blank(said);
  const std::size_t left = said.text.words.size() - said.copied;
  QaOutcome out;
  if (left == 0) {
    out.verdict = said.copied > 0 ? QaVerdict::kRepeated : QaVerdict::kAbsent;
    return out;
  }
  said.Index();
  bool denied = false, hedged = false;
  for (const Gold& gold : golds_) {
    if (!said.Spend(left + gold.words.size())) return {.verdict = QaVerdict::kOverBudget};
    const Mention mention = Match(gold, said);
    if (said.over) return {.verdict = QaVerdict::kOverBudget};
    denied |= mention.denied;
    if (mention.hedged || (mention.likeness > .5 && !asks_list_ && !gold.list && IsListed(gold, mention, said, response))) {
      hedged = true;
      continue;
    }
    if (mention.likeness > out.likeness) out = {.likeness = mention.likeness, .how = mention.how, .gold = gold.index};
    if (out.likeness == 1) break;
  }
  if (out.likeness > .5)
    out.verdict = said.text.hidden_marks ? QaVerdict::kHidden : QaVerdict::kRight;
  else if (hedged)
    out.verdict = QaVerdict::kHedged;
  else if (denied)
    out.verdict = QaVerdict::kDenied;
  return out;
}

// One of a list of short items. What the question says too is no item.
bool QaMatcher::IsListed(const Gold& gold, const Mention& mention, const Said& said, std::string_view response) const {
  if (gold.unspaced) return IsUnspacedList(response, gold.joined.size());
  const std::size_t matched = mention.how == "phrase" ? gold.words.size() : std::min<std::size_t>(2, gold.words.size() - 1);
  if (!IsEnumeration(response, matched)) return false;
  const auto news = std::count_if(said.text.words.begin(), said.text.words.end(),
                                  [&](const QaWord& word) { return !word.text.empty() && !question_stems_.contains(word.stem) && !IsQaStopWord(word.text); });
  return news >= 3;
}

}  // namespace rlar
