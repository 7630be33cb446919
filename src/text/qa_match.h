// Whether a response to a question gives one of the reference answers: by phrase, date, number, name or most of its words, and unless it
// denies the answer, lists several, or only repeats the question.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "text/qa_dates.h"
#include "text/qa_text.h"

namespace rlar {

enum class QaVerdict {
  kRight,
  kAbsent,      // no reference is said, or too little of one
  kDenied,      // only where it is denied or taken back
  kHedged,      // as one of several alternatives or a list
  kRepeated,    // only where the question is repeated
  kHidden,      // among characters that show nothing
  kOverBudget,  // the comparison would take more steps than there are
};

struct QaOutcome {
  QaVerdict verdict = QaVerdict::kAbsent;
  double likeness = 0;   // 0 to 1; above .5 the reference counts as said
  std::string_view how;  // "phrase", "date", "number", "name", "place", "words"
  std::size_t gold = 0;  // index of the reference
};

class QaMatcher {
 public:
  // Both may be empty; references without a word are left out.
  QaMatcher(std::string_view question, std::span<const std::string> references);
  bool empty() const { return golds_.empty(); }
  // `spend` takes steps from the caller's budget and answers false to stop.
  QaOutcome Compare(std::string_view response, const std::function<bool(std::int64_t)>& spend) const;

 private:
  struct Word : QaWord {
    double weight = 1;  // of its absence: less where the question says it too
  };
  struct Gold {
    std::vector<QaWord> words;
    std::vector<Word> content;  // without stop words, or all where there are only such
    std::vector<QaWord> head;   // of a place "Surrey, England": what stands before the comma
    std::optional<QaDate> date;
    std::string joined;
    std::size_t numbers = 0;
    bool name = false;  // of a person, as the question has it
    bool unspaced = false;
    bool list = false;        // holds several items itself
    bool last_asked = false;  // its last word stands in the question
    std::size_t index = 0;    // of the reference
  };
  struct Said;
  struct Mention {
    double likeness = 0;
    std::string_view how;
    bool denied = false;
    bool hedged = false;
  };

  void AddGold(std::string_view text, std::size_t index);
  void Weigh(Gold& gold) const;
  Mention Match(const Gold& gold, const Said& said) const;
  Mention MatchPhrase(const Gold& gold, const Said& said) const;
  Mention MatchWords(const Gold& gold, const Said& said) const;
  double LocalRecall(const Gold& gold, const Said& said, std::vector<double>& best) const;
  bool MatchName(const Gold& gold, const Said& said) const;
  void Blank(Said& said) const;
  bool IsListed(const Gold& gold, const Mention& mention, const Said& said, std::string_view response) const;

  std::vector<QaWord> question_;
  std::unordered_set<std::string> question_stems_;
  bool asks_who_ = false, asks_list_ = false;
  std::vector<Gold> golds_;
};

}  // namespace rlar
