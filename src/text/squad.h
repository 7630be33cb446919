// Answers as the SQuAD v1.1 evaluation script compares them: lower case, no ASCII punctuation, no articles, single blanks.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rlar {

// The normalised words; joined by blanks they are the script's normalised answer.
std::vector<std::string> SquadTokens(std::string_view text);

struct TokenOverlap {
  double precision = 0, recall = 0, f1 = 0;  // all 0 where no token is shared
};
// Multiset overlap of the tokens.
TokenOverlap CompareTokens(std::span<const std::string> said, std::span<const std::string> gold);

// Index of the first place where `part` stands in `whole` as consecutive tokens, at or after `from`; npos if nowhere.
std::size_t FindTokens(std::span<const std::string> whole, std::span<const std::string> part, std::size_t from = 0);

}  // namespace rlar
