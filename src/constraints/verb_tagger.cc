#include "constraints/verb_tagger.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include "base/text.h"
#include "constraints/words.h"
#include "rlar/json.h"
#include "text/language_data.h"
#include "text/unicode.h"

namespace rlar {
namespace {

constexpr std::string_view kModel = "averaged_perceptron_tagger_eng";

Result<Json> ReadPart(const std::string& folder, std::string_view part) {
  const std::string path = folder + "/" + std::string(kModel) + "." + std::string(part) + ".json";
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return MakeError(ErrorCode::kUnavailable, "'" + path + "' is not there: no package holds NLTK's " + std::string(kModel) +
                                                  "; put its three JSON files there, or name their folder in the parameter 'tagger'");
  }
  std::ostringstream content;
  content << file.rdbuf();
  auto json = ParseJson(std::move(content).str());
  if (!json) return MakeError(ErrorCode::kCorrupt, "'" + path + "' is no JSON: " + json.error().message);
  return json;
}

// What the model calls a word.
std::string Normal(const std::string& word) {
  if (word.find('-') != std::string::npos && word[0] != '-') return "!HYPHEN";
  if (IsDigits(word) && CodePointCount(word) == 4) return "!YEAR";
  std::string first;
  if (!word.empty()) AppendUtf8(first, FirstChar(word));
  if (IsDigits(first)) return "!DIGITS";
  return UnicodeLower(word);
}

std::string Suffix(const std::string& word) {
  std::size_t at = word.size();
  for (int left = 3; left > 0 && at > 0; --left) {
    --at;
    while (at > 0 && (word[at] & 0xC0) == 0x80) --at;
  }
  return word.substr(at);
}

std::vector<std::string> FirstFeatures(const std::vector<std::string>& words) {
  const std::string kBefore = "-START-", kBefore2 = "-START2-";
  const std::string word = Normal(words[0]);
  const std::string next = words.size() > 1 ? Normal(words[1]) : "-END-";
  const std::string next2 = words.size() > 2 ? Normal(words[2]) : words.size() > 1 ? "-END-" : "-END2-";
  std::string first;
  AppendUtf8(first, FirstChar(words[0]));
  return {"bias",
          "i suffix " + Suffix(words[0]),
          "i pref1 " + first,
          "i-1 tag " + kBefore,
          "i-2 tag " + kBefore2,
          "i tag+i-2 tag " + kBefore + " " + kBefore2,
          "i word " + word,
          "i-1 tag+i word " + kBefore + " " + word,
          "i-1 word " + kBefore2,
          "i-1 suffix " + Suffix(kBefore2),
          "i-2 word " + kBefore,
          "i+1 word " + next,
          "i+1 suffix " + Suffix(next),
          "i+2 word " + next2};
}

}  // namespace

Result<std::shared_ptr<const VerbTagger>> VerbTagger::Read(const std::string& folder) {
  auto weights = ReadPart(folder, "weights");
  if (!weights) return weights.error();
  auto known = ReadPart(folder, "tagdict");
  if (!known) return known.error();
  auto classes = ReadPart(folder, "classes");
  if (!classes) return classes.error();
  const Error corrupt = MakeError(ErrorCode::kCorrupt, "the files in '" + folder + "' are no model of " + std::string(kModel));
  if (!weights->is_object() || !known->is_object() || !classes->is_array()) return corrupt;
  auto made = std::make_shared<VerbTagger>();
  for (const Json& one : classes->array()) {
    if (!one.is_string()) return corrupt;
    made->classes_.push_back(one.string());
  }
  std::sort(made->classes_.begin(), made->classes_.end());
  for (const auto& [word, tag] : known->object()) {
    if (!tag.is_string()) return corrupt;
    made->known_[word] = tag.string();
  }
  for (const auto& [feature, by_class] : weights->object()) {
    if (!by_class.is_object()) return corrupt;
    Weights& row = made->weights_[feature];
    for (const auto& [name, weight] : by_class.object()) {
      const auto found = std::lower_bound(made->classes_.begin(), made->classes_.end(), name);
      if (!weight.is_number() || found == made->classes_.end() || *found != name) return corrupt;
      row.emplace_back(static_cast<std::size_t>(found - made->classes_.begin()), weight.number());
    }
  }
  if (made->classes_.empty()) return corrupt;
  return std::shared_ptr<const VerbTagger>(std::move(made));
}

Result<std::shared_ptr<const VerbTagger>> VerbTagger::Load(const std::string& given) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const VerbTagger>> read;
  const std::string folder = given.empty() ? LanguageDataFolder() + "/" + std::string(kModel) : given;
  const std::lock_guard lock(mutex);
  if (const auto found = read.find(folder); found != read.end()) return found->second;
  auto made = Read(folder);
  if (made) read[folder] = *made;
  return made;
}

std::string VerbTagger::FirstTag(const std::vector<std::string>& words) const {
  if (const auto found = known_.find(words[0]); found != known_.end()) return found->second;
  std::vector<double> scores(classes_.size(), 0);
  for (const std::string& feature : FirstFeatures(words)) {
    const auto found = weights_.find(feature);
    if (found == weights_.end()) continue;
    for (const auto& [index, weight] : found->second) scores[index] += weight;
  }
  std::size_t best = 0;
  for (std::size_t i = 1; i < scores.size(); ++i) {
    if (scores[i] >= scores[best]) best = i;
  }
  return classes_[best];
}

}  // namespace rlar
