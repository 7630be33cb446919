#include "agents/discover_tasks/answer_form.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "agents/discover_tasks/cluster.h"
#include "agents/discover_tasks/templates.h"
#include "base/text.h"

namespace rlar {
namespace {

constexpr std::size_t kSample = 1'200;      // rows that decide
constexpr std::size_t kLeastEnding = 5;     // rows of the sample that end alike
constexpr std::size_t kTried = 24;          // of them, compared with rows that end otherwise
constexpr std::size_t kLeastRecurring = 3;  // rows that a feature must have: names and other content have fewer
constexpr double kAlike = 0.5;              // cosine of two prompts of one task, without their ends
constexpr std::size_t kOneTask = 3;         // features that nearly all rows with an ending share beside it: it is part of one task's wording
constexpr double kMost = 0.5;               // share of the rows with an ending that have such a pendant

// Where the last sentence begins; npos where there is but one.
std::size_t LastSentence(std::string_view prompt) {
  const std::string_view text = Trim(prompt);
  for (std::size_t i = text.size(); i-- > 1;) {
    const bool stop = text[i - 1] == '.' || text[i - 1] == '?' || text[i - 1] == '!' || text[i] == '\n';
    if (!IsAsciiSpace(text[i]) || !stop || Trim(text.substr(i)).size() < 3) continue;
    return static_cast<std::size_t>(text.data() - prompt.data()) + i;
  }
  return std::string_view::npos;
}

struct Parted {
  SparseVector body;   // without the last sentence
  std::string ending;  // its words, numbers folded; empty where the prompt is one sentence
};

Parted Part(const Query& row, const std::unordered_map<std::uint32_t, float>& idf) {
  Parted parted;
  const std::size_t at = LastSentence(row.prompt);
  if (at == std::string_view::npos) return parted;
  Query piece;
  piece.prompt = row.prompt.substr(at);
  for (const std::string& word : PromptWords(piece)) parted.ending += word + " ";
  piece.prompt = row.prompt.substr(0, at);
  parted.body = PromptFeatures(piece);
  for (auto& [feature, weight] : parted.body) {
    if (const auto known = idf.find(feature); known != idf.end()) weight *= known->second;
  }
  Normalise(parted.body);
  return parted;
}

using Members = std::vector<std::size_t>;

// Endings of several tasks, of which most rows have, ending otherwise, a row that is worded like them.
std::set<std::string> FormsAmong(const std::vector<const Parted*>& sample) {
  std::vector<const SparseVector*> bodies;
  std::map<std::string, Members> by_ending;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    bodies.push_back(&sample[i]->body);
    if (!sample[i]->ending.empty()) by_ending[sample[i]->ending].push_back(i);
  }
  std::erase_if(by_ending, [](const auto& entry) { return entry.second.size() < kLeastEnding; });
  const auto recurring = RecurringOnly(bodies, kLeastRecurring);
  std::set<std::string> forms;
  for (const auto& [ending, members] : by_ending) {
    Members some;
    const std::size_t tried = std::min(kTried, members.size());
    for (std::size_t k = 0; k < tried; ++k) some.push_back(members[k * members.size() / tried]);
    if (TemplateOf(bodies, some).size() >= kOneTask) continue;
    const auto found = std::count_if(some.begin(), some.end(), [&](std::size_t i) {
      return std::any_of(by_ending.begin(), by_ending.end(), [&](const auto& other) {
        return other.first != ending &&
               std::any_of(other.second.begin(), other.second.end(), [&](std::size_t j) { return Dot(recurring[i], recurring[j]) >= kAlike; });
      });
    });
    if (static_cast<double>(found) >= kMost * static_cast<double>(tried)) forms.insert(ending);
  }
  return forms;
}

}  // namespace

std::vector<SparseVector> WithoutAnswerForms(const std::vector<Query>& rows, const std::vector<std::size_t>& order, const std::vector<SparseVector>& features,
                                             const std::unordered_map<std::uint32_t, float>& idf) {
  std::vector<Parted> parted;
  for (const Query& row : rows) parted.push_back(Part(row, idf));
  std::vector<const Parted*> sample;
  const std::size_t count = std::min(kSample, order.size());
  for (std::size_t k = 0; k < count; ++k) sample.push_back(&parted[order[k * order.size() / count]]);
  const auto forms = FormsAmong(sample);
  std::vector<SparseVector> without;
  for (std::size_t i = 0; i < rows.size(); ++i) without.push_back(forms.contains(parted[i].ending) ? std::move(parted[i].body) : features[i]);
  return without;
}

}  // namespace rlar
