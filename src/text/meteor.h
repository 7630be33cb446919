// METEOR (Lavie & Agarwal, 2007) as NLTK computes it: words matched as they are, then by stem, then by synonym.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "text/wordnet.h"

namespace rlar {

struct MeteorOptions {
  double alpha = 0.9, beta = 3, gamma = 0.5;
  bool treebank = false;                    // cut words as the Penn Treebank does, the text taken as one sentence; else at blanks
  std::shared_ptr<const WordNet> synonyms;  // nullptr: none
};

struct MeteorScore {
  double score = 0;  // 0 to 1
  double precision = 0, recall = 0, penalty = 0;
  std::size_t matches = 0, chunks = 0;
};

// One reference, prepared for any number of hypotheses. Immutable.
class MeteorReference {
 public:
  MeteorReference(std::string_view reference, MeteorOptions options);
  MeteorScore Compare(std::string_view hypothesis) const;
  bool empty() const { return words_.empty(); }

 private:
  MeteorOptions options_;
  std::vector<std::string> words_, stems_;
};

}  // namespace rlar
