#include "text/wordnet.h"

#include <fstream>
#include <map>
#include <mutex>
#include <span>

#include "base/text.h"

namespace rlar {
namespace {

constexpr std::array<const char*, 4> kNames{"noun", "verb", "adj", "adv"};
constexpr std::size_t kMostFolders = 8;

struct Rule {
  std::string_view ending, replacement;
};
constexpr Rule kNounRules[] = {{"s", ""}, {"ses", "s"}, {"ves", "f"}, {"xes", "x"}, {"zes", "z"}, {"ches", "ch"}, {"shes", "sh"}, {"men", "man"}, {"ies", "y"}};
constexpr Rule kVerbRules[] = {{"s", ""}, {"ies", "y"}, {"es", "e"}, {"es", ""}, {"ed", "e"}, {"ed", ""}, {"ing", "e"}, {"ing", ""}};
constexpr Rule kAdjectiveRules[] = {{"er", ""}, {"est", ""}, {"er", "e"}, {"est", "e"}};

std::span<const Rule> RulesOf(std::size_t part) {
  if (part == 0) return kNounRules;
  if (part == 1) return kVerbRules;
  if (part == 2) return kAdjectiveRules;
  return {};
}

Error Missing(const std::string& path) {
  return MakeError(ErrorCode::kUnavailable, "WordNet's file " + path + " cannot be read; Debian's package wordnet-base brings it");
}
Error Corrupt(const std::string& path, const std::string& line) {
  return MakeError(ErrorCode::kCorrupt, "WordNet's file " + path + " holds a line that is none of its form: " + line.substr(0, 80));
}

std::uint32_t Number(std::string_view text, int base) { return static_cast<std::uint32_t>(std::strtoul(std::string(text).c_str(), nullptr, base)); }

}  // namespace

Result<void> WordNet::ReadPart(const std::string& folder, const std::string& name, PartOfSpeech& part) {
  std::unordered_map<std::uint32_t, std::uint32_t> by_offset;
  std::string path = folder + "/data." + name, line;
  std::ifstream data(path);
  if (!data) return Missing(path);
  while (std::getline(data, line)) {
    if (line.starts_with("  ")) continue;  // the licence
    const auto fields = SplitWords(std::string_view(line).substr(0, line.find('|')));
    const std::size_t count = fields.size() > 3 ? Number(fields[3], 16) : 0;
    if (count == 0 || fields.size() < 4 + 2 * count) return Corrupt(path, line);
    by_offset[Number(fields[0], 10)] = static_cast<std::uint32_t>(part.names.size());
    auto& names = part.names.emplace_back();
    for (std::size_t i = 0; i < count; ++i) {
      std::string_view word = fields[4 + 2 * i];
      if (word.ends_with(')') && word.rfind('(') != word.npos) word = word.substr(0, word.rfind('('));  // "galore(ip)"
      if (word.find('_') == word.npos) names.emplace_back(word);
    }
  }
  path = folder + "/index." + name;
  std::ifstream index(path);
  if (!index) return Missing(path);
  while (std::getline(index, line)) {
    if (line.starts_with("  ")) continue;
    const auto fields = SplitWords(line);
    const std::size_t count = fields.size() > 2 ? Number(fields[2], 10) : 0;
    if (count == 0 || fields.size() < 3 + count) return Corrupt(path, line);
    auto& senses = part.senses[std::string(fields[0])];
    for (std::size_t i = fields.size() - count; i < fields.size(); ++i) {
      const auto found = by_offset.find(Number(fields[i], 10));
      if (found == by_offset.end()) return Corrupt(path, line);
      senses.push_back(found->second);
    }
  }
  path = folder + "/" + name + ".exc";
  std::ifstream exceptions(path);
  if (!exceptions) return Missing(path);
  while (std::getline(exceptions, line)) {
    const auto fields = SplitWords(line);
    for (std::size_t i = 1; i < fields.size(); ++i) part.exceptions[std::string(fields[0])].emplace_back(fields[i]);
  }
  return {};
}

Result<std::shared_ptr<const WordNet>> WordNet::Read(const std::string& folder) {
  auto net = std::make_shared<WordNet>();
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (auto read = ReadPart(folder, kNames[i], net->parts_[i]); !read) return read.error();
  }
  return std::shared_ptr<const WordNet>(std::move(net));
}

Result<std::shared_ptr<const WordNet>> WordNet::Load(const std::string& folder) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const WordNet>> loaded;
  const std::lock_guard lock(mutex);
  if (const auto found = loaded.find(folder); found != loaded.end()) return found->second;
  auto read = Read(folder);
  if (read && loaded.size() < kMostFolders) loaded[folder] = *read;
  return read;
}

std::unordered_set<std::string_view> WordNet::Synonyms(const std::string& word) const {
  std::unordered_set<std::string_view> out;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const PartOfSpeech& part = parts_[i];
    std::vector<std::string> forms{word};
    if (const auto irregular = part.exceptions.find(word); irregular != part.exceptions.end()) {
      forms.insert(forms.end(), irregular->second.begin(), irregular->second.end());
    } else {
      for (const Rule& rule : RulesOf(i)) {
        if (word.ends_with(rule.ending)) forms.push_back(word.substr(0, word.size() - rule.ending.size()) + std::string(rule.replacement));
      }
    }
    for (const std::string& form : forms) {
      const auto senses = part.senses.find(form);
      if (senses == part.senses.end()) continue;
      for (const std::uint32_t synset : senses->second) out.insert(part.names[synset].begin(), part.names[synset].end());
    }
  }
  return out;
}

}  // namespace rlar
