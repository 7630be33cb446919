// The outline of a text: how it begins, how it ends, and how its sentences follow each other. Says nothing of what is in between.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rlar {

// The text's sentences with the blanks behind each: cut behind a word that ends with . ! or ? and at line ends. Views into the text.
std::vector<std::string_view> OutlineSentences(std::string_view text);

// Each once, in lower case, in the order found: "begins: W…" and "ends: W…" with one to three words, "opens N: W" (the first word of the second and third
// sentence), "opens -N: W W" (the first two of the last, last but one and last but two behind the first), and "again" where a sentence stands twice. Stops are
// words of their own. From a text's first and last 20,000 bytes; none where it holds no word.
std::vector<std::string> OutlineFeatures(std::string_view text);

}  // namespace rlar
