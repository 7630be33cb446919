// A response as qa_match.cc and qa_mention.cc search it.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/qa_match.h"

namespace rlar {

struct QaMatcher::Said {
  explicit Said(std::string_view response) : text(ReadQaText(response)) {}
  void Index();
  // Where words with this stem stand, or nullptr.
  const std::vector<std::size_t>* positions(std::string_view stem) const {
    const auto found = by_stem.find(stem);
    return found == by_stem.end() ? nullptr : &found->second;
  }
  bool PhraseAt(std::span<const QaWord> phrase, std::size_t at) const;
  // What stands at [begin, end) is denied before or behind it, or taken back later.
  bool Refused(std::size_t begin, std::size_t end) const;
  // It is one of two or more that "or" joins, in a short answer or in doubt.
  bool Alternative(std::size_t begin, std::size_t end) const;
  // Takes steps from the caller's budget; false once it is used up.
  bool Spend(std::size_t steps) const { return !(over |= !(*spend)(static_cast<std::int64_t>(steps))); }

  const std::function<bool(std::int64_t)>* spend = nullptr;
  mutable bool over = false;
  QaText text;
  std::size_t copied = 0;  // words emptied because the question has them
  std::vector<QaDate> dates;
  std::size_t numbers = 0;
  std::size_t last_turn = 0;  // index of the last word that takes back what came before, plus 1
  std::size_t ors = 0;
  bool doubt = false;
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_stem;
  std::vector<std::vector<std::size_t>> by_first;  // words of five letters or more by their first byte
};

}  // namespace rlar
