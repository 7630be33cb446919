// A response's words without the marks that are only there for the eye.
#pragma once

#include <string>
#include <string_view>

namespace rlar {

// Headings, list marks, quotes, rules and bold type go, the words stay, with one blank between them; fenced code stays as it is, with a line
// break before and behind it. The same words in another dress give the same text. Marks by CommonMark, read line by line.
std::string PlainWords(std::string_view text);

}  // namespace rlar
