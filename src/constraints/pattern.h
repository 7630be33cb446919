// Keywords as the official checkers search for them: Python regular expressions without regard to case.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "rlar/result.h"

namespace re2 {
class RE2;
}

namespace rlar {

class KeywordPattern {
 public:
  // With `literal` the keyword stands for itself, else it is a regular expression (which plain words are too); then the error
  // says why it is none. With `whole_words` it is found between word boundaries only.
  static Result<KeywordPattern> Make(std::string_view keyword, bool literal, bool whole_words);
  // Matches that do not overlap, counted up to `most`.
  std::size_t Count(std::string_view text, std::size_t most = static_cast<std::size_t>(-1)) const;
  bool Found(std::string_view text) const { return Count(text, 1) > 0; }

 private:
  std::size_t CountLiteral(std::string_view text, std::size_t most) const;
  bool AtBoundaries(std::string_view text, std::size_t begin, std::size_t end) const;

  std::string lower_;  // of an ASCII literal, or empty
  bool whole_words_ = false;
  std::shared_ptr<const re2::RE2> regex_;
};

}  // namespace rlar
