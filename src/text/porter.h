// The Porter stemmer with the extensions of NLTK's default mode, which rouge-score and METEOR use.
#pragma once

#include <string>
#include <string_view>

namespace rlar {

// Precondition: `word` is lower case.
std::string PorterStem(std::string_view word);

}  // namespace rlar
