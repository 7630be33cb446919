// Synonyms from a WordNet 3 data base (index.*, data.* and *.exc files), found as NLTK's reader finds them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rlar/result.h"

namespace rlar {

class WordNet {
 public:
  // Reads a folder once; later calls share what was read. At most eight folders are kept. From any thread.
  static Result<std::shared_ptr<const WordNet>> Load(const std::string& folder);

  // Single words that share a sense with `word` or with a form it may be inflected from. Precondition: lower case.
  std::unordered_set<std::string_view> Synonyms(const std::string& word) const;

 private:
  struct PartOfSpeech {
    std::unordered_map<std::string, std::vector<std::uint32_t>> senses;    // lemma → synsets, in `names`
    std::unordered_map<std::string, std::vector<std::string>> exceptions;  // inflected → base forms
    std::vector<std::vector<std::string>> names;                           // of each synset, those of one word
  };
  static Result<std::shared_ptr<const WordNet>> Read(const std::string& folder);
  static Result<void> ReadPart(const std::string& folder, const std::string& name, PartOfSpeech& part);

  std::array<PartOfSpeech, 4> parts_;
};

}  // namespace rlar
