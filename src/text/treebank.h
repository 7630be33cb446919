// Words as NLTK's word_tokenize cuts them: Punkt sentences, each cut by the Penn Treebank rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "text/punkt.h"

namespace rlar {

// The tokens of one sentence. Quotation marks become `` and '' as the Treebank writes them.
std::vector<std::string> TreebankTokens(std::string_view sentence);
// The tokens of all sentences.
std::vector<std::string> WordTokenize(std::string_view text, const PunktModel& model);

}  // namespace rlar
