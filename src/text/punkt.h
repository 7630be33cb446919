// Sentence boundaries by Punkt (Kiss and Strunk, 2006), as NLTK's PunktSentenceTokenizer applies a trained model.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rlar/result.h"

namespace rlar {

// What was learnt from a language's texts. All words are lower case without their final stop.
struct PunktModel {
  std::unordered_set<std::string> abbreviations;
  std::unordered_set<std::string> collocations;  // "first\tsecond"
  std::unordered_set<std::string> sentence_starters;
  std::unordered_map<std::string, int> orthographic;  // NLTK's context flags
};

// Reads the four files of NLTK's punkt_tab format from the language data.
Result<PunktModel> LoadPunktModel(const std::string& language);
// English, loaded on first use; the error where its data is not there.
const Result<PunktModel>& EnglishPunkt();
// A model that knows some common English abbreviations and nothing else: for counts that must not depend on data.
const PunktModel& SmallPunkt();

// The sentences of `text`, without the blanks between them. Linear in the text.
std::vector<std::string_view> SplitSentences(std::string_view text, const PunktModel& model);

}  // namespace rlar
