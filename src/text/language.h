// Which language a text is written in, by character n-grams: the algorithm of Google's language-detection in its Python port
// langdetect 1.0.9, drawing from a generator seeded with 0, over that package's profiles.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rlar/result.h"

namespace rlar {

class LanguageModel {
 public:
  // Reads profiles and character tables from the language data.
  static Result<LanguageModel> Load();

  // The code of the language ("en", "zh-cn"), "unknown" where none is likely, and "" where the text holds nothing to go by
  // (which the reference raises an error for).
  std::string Detect(std::string_view text) const;
  const std::vector<std::string>& languages() const { return languages_; }

 private:
  struct Entry {
    std::uint32_t language = 0;
    double probability = 0;
  };
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t begin = 0, end = 0;  // in entries_
  };
  Result<void> LoadTables();
  Result<void> LoadProfiles();
  void BuildIndex(const std::unordered_map<std::uint64_t, std::vector<Entry>>& ngrams);
  const Slot* Find(std::uint64_t key) const;
  std::u32string Prepare(std::string_view text) const;
  char32_t Normalize(char32_t c) const;
  std::vector<const Slot*> Ngrams(const std::u32string& text) const;

  std::vector<std::string> languages_;
  std::vector<Slot> slots_;
  std::vector<Entry> entries_;
  int shift_ = 0;
  std::u32string latin1_excluded_, vietnamese_letters_, vietnamese_marks_;
  std::vector<std::u32string> vietnamese_composed_;  // by mark, then by letter
  std::unordered_map<char32_t, char32_t> kanji_;
};

// Loaded on first use; the error where its data is not there.
const Result<LanguageModel>& Languages();

}  // namespace rlar
