// References that state something of several subjects, in no order: "A is a knave, and B is a knight." or "x = 3, y = 5". Such an
// answer says the same in another order and without its articles, which a comparison of texts does not see.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rlar {

// What each statement says, in lower case, without articles and verbs, sorted; empty where the text is no list of at least two, or where
// two of them have the same subject.
std::vector<std::string> StatementsOf(std::string_view text);

// The same statements the other way round, between the same separators; empty where the text is no such list.
std::string StatementsReordered(std::string_view text);

}  // namespace rlar
