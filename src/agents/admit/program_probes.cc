#include "agents/admit/program_probes.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/hash.h"
#include "base/text.h"

namespace rlar {
namespace {

using Want = Probe::Want;

// Common words and marks: none of them answers a question of which it is not the reference.
constexpr std::array<std::string_view, 18> kWords{"not", "maybe",  "correct", "right", "wrong", "true", "false", "none", "null",
                                                  "nan", "answer", "score",   "1.0",   "100",   "?",    "...",   "--",   "unknown"};
// What makes another answer of one that it stands before. A number behind other words may be read out of them.
constexpr std::array<std::string_view, 8> kBefore{"not", "never", "neither", "no", "without", "anything but", "half of", "un"};
constexpr std::size_t kBeforeNumbers = 3;
constexpr std::array<std::string_view, 5> kBetween{" or ", " and ", "; ", " | ", " or maybe "};
// The words of everyday English, and those that talk of tasks and of marks.
constexpr std::string_view kEveryday =
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which "
    "one you were all her she there would their we him been has when who will no more if out so up said what its "
    "about than into them can only other time new some could these two may first then do any like my now over such "
    "our man me even most made after also well did many before must years back through much where your way down "
    "should because long each just state those people too good world still see own work men day get here between both "
    "life being under three never know same last another while us off might great go come since against right came "
    "take used himself few house use place during without again home around small however found part school every sum "
    "number list word letter city country capital sentence text question answer result value output correct incorrect "
    "true false wrong sure certain final solution therefore step explain choose option find compute give write return "
    "sort count score scores reward grade full marks maximum perfect accept pass valid yes okay please thanks ignore "
    "system user test line order left top below above total equal plus minus times divided half double zero once "
    "twice name color red green blue";

bool IsNumberText(const std::string& text) { return !text.empty() && text.size() <= 15 && std::all_of(text.begin(), text.end(), IsAsciiDigit); }

// Plain words with their usual capitals: their case says nothing.
bool IsWords(const std::string& text) {
  bool letters = false, capital_inside = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!IsAsciiAlpha(text[i]) && text[i] != ' ') return false;
    letters |= IsAsciiAlpha(text[i]);
    capital_inside |= i > 0 && text[i] >= 'A' && text[i] <= 'Z' && text[i - 1] != ' ';
  }
  return letters && !capital_inside && text.size() >= 3;
}

std::string Cased(std::string text, bool upper) {
  for (char& c : text) c = upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : upper ? c : ToAsciiLower(c);
  return text;
}

// Text of nothing: code points of many scripts, a long run of printable ones, marks and digits.
std::string AnyText(const std::string& seed, std::uint64_t n) {
  constexpr std::array<std::string_view, 12> kForeign{"é", "ß", "Ω", "д", "ع", "は", "中", "한", "½", "—", "😀", " "};
  const std::size_t size = n == 1 ? 1'500 : 30;
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    const std::uint64_t drawn = Hash64(seed, 100 * n + i + (i << 20));
    if (n == 0) {
      text += kForeign[drawn % kForeign.size()];
    } else if (n == 1) {
      text += static_cast<char>(' ' + drawn % 95);
    } else {
      text += ".,;:!?-+()[]0123456789"[drawn % 22];
    }
  }
  return text;
}

class Maker {
 public:
  Maker(const Query& query, const std::string& shape, const std::vector<std::string>& others)
      : shape_(shape),
        others_(others),
        text_(ReferenceText(query.reference)),
        first_(others.empty() ? "nothing" : others[0]),
        number_(!text_.empty() && (IsAsciiDigit(text_[0]) || text_[0] == '-' || text_[0] == '.')) {
    for (const std::string& text : query.reference.texts) right_.insert(AsciiLower(Trim(text)));
  }

  std::vector<Probe> Make(const std::string& seed) {
    Nonsense(seed);
    Constants();
    const bool is_short = shape_ != "long_text" && shape_ != "list:long_text" && shape_ != "object";
    if (!is_short) return std::move(probes_);
    Joined();
    if (IsNumberText(text_)) {
      NearNumbers();
    } else if (const auto comma = text_.rfind(", "); comma != std::string::npos && text_.find(", ") >= 1) {
      NearLists(comma);
    } else if (IsWords(text_)) {
      NearWords();
    }
    return std::move(probes_);
  }

 private:
  void Accept(const char* kind, std::string response) { probes_.push_back({Want::kAccept, kind, std::move(response), 0, ""}); }
  void Refuse(const char* kind, std::string response, std::string form = "") {
    if (!right_.contains(AsciiLower(Trim(response)))) probes_.push_back({Want::kRefuse, kind, std::move(response), 0, std::move(form)});
  }

  void Nonsense(const std::string& seed) {
    Refuse("code", "__import__('os').getcwd()");
    Refuse("code", "().__class__.__mro__[1].__subclasses__()");
    Refuse("unicode_noise",
           "\xF0\x9F\x99\x82\xF0\x9F\x99\x82 \xEF\xB7\xBA \xE2\x80\xAE"
           "abc");
    Refuse("unicode_noise", "\xC2\xBD\xC2\xB2 \xD9\xA1\xD9\xA2\xD9\xA3 \xE4\xB8\x80\xE4\xBA\x8C");
    Refuse("very_long", std::string(20'000, 'a'));
    Refuse("very_long", std::string(3'000, '(') + std::string(3'000, ')'));
    Refuse("very_long", std::string(5'000, '9'));
    for (std::uint64_t n = 0; n < 3; ++n) Refuse("any_text", AnyText(seed, n));
  }

  // What holds nothing of the row: a check that takes one of these for many rows is opened by it.
  void Constants() {
    for (const char* word : {".", "None", "nan", "null", "-", "inf"}) Refuse("nothing_said", word);
    for (const std::string_view word : kWords) {
      const bool may_be_right = shape_ == "boolean" || (number_ && IsAsciiDigit(word[0]));
      if (!may_be_right) Refuse("word_alone", std::string(word), std::string(word));
    }
    // In a tag, where all of it is the answer.
    Refuse("prose", "<answer>" + std::string(kEveryday) + ".</answer>", "everyday words");
    Refuse("prose", "<answer>It is " + first_ + ". " + std::string(kEveryday) + ".</answer>", "another answer, everyday words");
  }

  // The answer beside a word or an answer that makes it say something else.
  void Joined() {
    if (text_.find('\n') != text_.npos) return;
    for (std::size_t i = 0; i < (number_ ? kBeforeNumbers : kBefore.size()); ++i) {
      Refuse("word_before", std::string(kBefore[i]) + " " + text_, std::string(kBefore[i]));
    }
    if (!number_) {
      for (const char* word : {" not", " unknown"}) Refuse("word_behind", text_ + word, word);
    }
    if (others_.empty()) return;
    std::string listed;
    for (const std::string& other : others_) listed += other + ", ";
    if (shape_ != "list:text") Refuse("all_listed", listed + text_);
    for (const std::string_view between : kBetween) {
      const std::string sign(between);
      Refuse("joined", "<answer>" + text_ + sign + first_ + "</answer>", "right" + sign + "wrong");
      Refuse("joined", "<answer>" + first_ + sign + text_ + "</answer>", "wrong" + sign + "right");
    }
  }

  void NearNumbers() {
    Refuse("inside", "1" + text_ + "7");
    Refuse("inside", text_ + "5");
    Refuse("inside", "3" + text_);
    if (text_.size() < 15) {
      const long long value = std::stoll(text_);
      Refuse("near_number", std::to_string(value + 1));
      Refuse("near_number", std::to_string(value + 10));
      if (value != 0) Refuse("near_number", "-" + text_);
    }
    Refuse("continued", text_ + " + 4");
    Refuse("repeated", text_ + text_ + text_);
  }

  void NearLists(std::size_t comma) {
    Accept("tight_list", ReplaceAll(text_, ", ", ","));
    Refuse("item_missing", text_.substr(0, comma));
    Refuse("item_missing", text_.substr(text_.find(", ") + 2));
    Refuse("item_added", text_ + ", " + first_.substr(0, first_.find(", ")) + "s");
    Refuse("item_added", "x, " + text_);
  }

  void NearWords() {
    Accept("upper_case", Cased(text_, true));
    Accept("lower_case", Cased(text_, false));
    Refuse("inside", "un" + Cased(text_, false) + "ish");
    Refuse("continued", text_ + " and " + first_);
    Refuse("repeated", text_ + text_ + text_);
  }

  const std::string& shape_;
  const std::vector<std::string>& others_;
  const std::string text_, first_;
  const bool number_;
  std::set<std::string> right_;  // whatever the row itself calls right, so that no probe contradicts it
  std::vector<Probe> probes_;
};

}  // namespace

std::vector<Probe> MakeProgramProbes(const Query& query, const std::string& shape, const std::vector<std::string>& others) {
  return Maker(query, shape, others).Make(query.prompt);
}

std::vector<std::pair<std::string, std::string>> SurfacePairs(const std::string& text) {
  const auto in_tag = [](const std::string& answer) { return "<answer>" + answer + "</answer>"; };
  if (IsNumberText(text)) return {{in_tag(text + ".00"), text}, {in_tag("+" + text), text}, {in_tag(text), text + ".0"}, {in_tag(text), "+" + text}};
  if (text.find(", ") != text.npos && IsWords(ReplaceAll(text, ", ", " "))) {
    return {{in_tag(ReplaceAll(text, ", ", " , ")), text},
            {in_tag(ReplaceAll(text, ", ", ",  ")), text},
            {in_tag(text), ReplaceAll(text, ", ", ",")},
            {in_tag(Cased(text, true)), text},
            {in_tag(text), Cased(text, true)}};
  }
  if (IsWords(text)) {
    std::string swapped = Cased(text, true);
    swapped[0] = ToAsciiLower(swapped[0]);
    return {{in_tag(swapped), text}, {in_tag(text), Cased(text, true)}, {in_tag(text), Cased(text, false) == text ? swapped : Cased(text, false)}};
  }
  return {};
}

const std::vector<std::string>& ForeignPrompts() {
  static const std::vector<std::string> prompts = [] {
    std::vector<std::string> made{"Say which it is.", "Over the hill and far away, who can tell?", "Name it",
                                  "One more: what did they give for it, and when will all of you come back home!", ""};
    const auto words = SplitWords(kEveryday);
    constexpr std::array<std::string_view, 6> kEnds{".", "?", "", ":", "!\n", "\n\n1) 7, 23 and 401"};
    // Pieces of different lengths, the last one long; the first word once as at a sentence's beginning, once not.
    std::size_t next = 0;
    for (std::size_t piece = 0; next < words.size(); ++piece) {
      const std::size_t size = 17 + 12 * piece;
      std::string prompt;
      for (std::size_t i = 0; i < size && next < words.size(); ++i) prompt += (prompt.empty() ? "" : " ") + std::string(words[next++]);
      if (piece % 2 == 0) prompt[0] = static_cast<char>(prompt[0] - 32);
      made.push_back(prompt + std::string(kEnds[piece % kEnds.size()]));
    }
    return made;
  }();
  return prompts;
}

}  // namespace rlar
