// Mentions that do not answer: an answer that is denied, or that stands in a list of possible answers.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rlar {

// Whether the words before `at` deny what stands there ("not", "isn't", "rather than", …), up to four words back. The words are
// SquadTokens.
bool IsDenied(std::span<const std::string> words, std::size_t at);

// Whether a response does not answer but lists answers: three or more short items between separators (commas, semicolons,
// slashes, bars, lines, "or", "and"), or a run of words without any that would make a sentence. `gold_words` is the length of
// the reference: what is no longer than it by much is no list.
bool IsEnumeration(std::string_view response, std::size_t gold_words);

}  // namespace rlar
