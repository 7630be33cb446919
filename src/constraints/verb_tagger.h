// Whether a text begins with a verb, by NLTK's averaged perceptron tagger (Honnibal, 2013) over its English model.
//
// No package of the registries holds that model: the user puts
// averaged_perceptron_tagger_eng.{weights,tagdict,classes}.json into a folder of the language data, or names the
// folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rlar/result.h"

namespace rlar {

class VerbTagger {
 public:
  // Reads the model of `folder` (empty: averaged_perceptron_tagger_eng in the language data), or returns the one read
  // before. Errors: kUnavailable where a file is not there, kCorrupt where it is no model.
  static Result<std::shared_ptr<const VerbTagger>> Load(const std::string& folder);
  // The Penn Treebank tag of the first word ("VB", "NN", …). Precondition: there is a word.
  std::string FirstTag(const std::vector<std::string>& words) const;

 private:
  using Weights = std::vector<std::pair<std::size_t, double>>;  // by class
  static Result<std::shared_ptr<const VerbTagger>> Read(const std::string& folder);
  std::unordered_map<std::string, Weights> weights_;
  std::unordered_map<std::string, std::string> known_;
  std::vector<std::string> classes_;  // in order, so that the greater of equal scores comes last
};

}  // namespace rlar
