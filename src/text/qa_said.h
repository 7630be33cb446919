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

  QaText text;
  std::size_t copied = 0;  // words emptied because the question has them
  std::vector<QaDate> dates;
  std::size_t numbers = 0;
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_stem;
  std::vector<std::vector<std::size_t>> by_first;  // words of five letters or more by their first byte
};

}  // namespace rlar
