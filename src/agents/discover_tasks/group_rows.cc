#include "agents/discover_tasks/group_rows.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "agents/discover_tasks/answer_form.h"
#include "agents/discover_tasks/cluster.h"
#include "agents/discover_tasks/templates.h"
#include "base/hash.h"
#include "base/text.h"

namespace rlar {
namespace {

constexpr std::size_t kCentroidFeatures = 160;
constexpr std::size_t kNameWords = 3;
constexpr double kRareWords = 0.97;

using Key = std::tuple<std::string, std::string, std::string>;  // source, shape, parameter names

std::unordered_map<std::uint32_t, float> InverseDocumentFrequency(const std::vector<SparseVector>& features) {
  std::unordered_map<std::uint32_t, std::size_t> documents;
  for (const SparseVector& row : features) {
    for (const auto& [feature, weight] : row) ++documents[feature];
  }
  std::unordered_map<std::uint32_t, float> idf;
  const double n = static_cast<double>(features.size());
  for (const auto& [feature, count] : documents) {
    idf[feature] = static_cast<float>(std::log((1 + n) / (1 + static_cast<double>(count))) + 0.5);
  }
  return idf;
}

// Words that many of the group's prompts hold and few others do, in the order the prompts use them.
std::string TypicalWords(const std::vector<Query>& rows, const std::vector<std::size_t>& members, const std::map<std::string, std::size_t>& everywhere) {
  std::map<std::string, std::size_t> here;
  for (const std::size_t i : members) {
    auto words = PromptWords(rows[i]);
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    for (const std::string& word : words) ++here[word];
  }
  std::vector<std::pair<double, std::string>> ranked;
  for (const auto& [word, count] : here) {
    if (word.size() < 3 || !IsAsciiAlpha(word[0]) || 2 * count < members.size()) continue;
    const double share = static_cast<double>(count) / static_cast<double>(members.size());
    const double rest = static_cast<double>(everywhere.at(word)) / static_cast<double>(rows.size());
    ranked.emplace_back(-share * std::log(1.05 / (rest + 0.05)), word);
  }
  std::sort(ranked.begin(), ranked.end());
  std::string joined;
  for (std::size_t i = 0; i < std::min(kNameWords, ranked.size()); ++i) joined += (i ? "-" : "") + ranked[i].second;
  return joined;
}

// How near each row of a group is to the centroid of the others, in rising order: what a row that was not there would show.
std::vector<double> HeldOutSimilarities(const TaskGroup& group, const std::vector<SparseVector>& features) {
  std::unordered_map<std::uint32_t, double> sums;
  for (const auto& [feature, weight] : group.model.centroid) sums.emplace(feature, 0);
  for (const std::size_t i : group.rows) {
    for (const auto& [feature, weight] : features[i]) {
      if (const auto at = sums.find(feature); at != sums.end()) at->second += weight;
    }
  }
  double square = 0;
  for (const auto& [feature, sum] : sums) square += sum * sum;
  std::vector<double> similarities;
  for (const std::size_t i : group.rows) {
    double dot = 0, own = 0;
    for (const auto& [feature, weight] : features[i]) {
      const auto at = sums.find(feature);
      if (at == sums.end()) continue;
      dot += weight * at->second;
      own += static_cast<double>(weight) * weight;
    }
    const double rest = square - 2 * dot + own;
    similarities.push_back(rest > 1e-12 ? (dot - own) / std::sqrt(rest) : 0);
  }
  std::sort(similarities.begin(), similarities.end());
  return similarities;
}

// What one row in twenty falls below, less one standard error: the share is hardly ever much above that. Few rows do not show it: there it is what two
// standard deviations are, if that is lower.
double TwentiethOf(const std::vector<double>& similarities) {
  const auto n = static_cast<double>(similarities.size());
  if (similarities.empty()) return 1;
  const auto at = static_cast<std::size_t>(std::max(0.0, 0.05 * n - std::sqrt(0.05 * 0.95 * n)));
  if (similarities.size() >= 100) return similarities[at];
  double mean = 0, square = 0;
  for (const double similarity : similarities) mean += similarity / n;
  for (const double similarity : similarities) square += (similarity - mean) * (similarity - mean);
  const double spread = similarities.size() < 2 ? mean : std::sqrt(square / (n - 1));
  return std::max(0.0, std::min(similarities[at], mean - 2 * spread * std::sqrt(1 + 1 / n)));
}

// Centroid and reach of a group from its rows.
void Measure(TaskGroup& group, const std::vector<SparseVector>& features) {
  std::vector<const SparseVector*> vectors;
  for (const SparseVector& row : features) vectors.push_back(&row);
  group.model.centroid = Centroid(vectors, group.rows, kCentroidFeatures);
  std::vector<double> similarities;
  for (const std::size_t i : group.rows) similarities.push_back(Dot(features[i], group.model.centroid));
  std::sort(similarities.begin(), similarities.end());
  const double least = similarities.empty() ? 1 : similarities.front();
  // One new row in twenty is worded less typically than this. A new row's rare words weigh more than those of rows that were counted in: where all rows are
  // worded alike, that alone would put every new one below.
  group.model.usual_similarity = std::floor(1000 * kRareWords * TwentiethOf(HeldOutSimilarities(group, features))) / 1000;
  // Half of what its least typical row shows: what is farther away is worded like none of its rows.
  group.model.min_similarity = std::floor(1000 * least / 2) / 1000;
}

TaskGroup MakeGroup(const Key& key, const std::vector<std::size_t>& members, const std::vector<SparseVector>& features) {
  TaskGroup group;
  group.rows = members;
  group.shape = std::get<1>(key);
  group.model.sources = {std::get<0>(key)};
  group.model.shapes = {std::get<1>(key)};
  group.model.param_names = {std::get<2>(key)};
  Measure(group, features);
  return group;
}

// Mean cosine between two different rows of a set, from the sum of their unit vectors.
double MeanCosine(const std::vector<SparseVector>& features, const std::vector<std::size_t>& members) {
  std::unordered_map<std::uint32_t, double> sum;
  for (const std::size_t i : members) {
    for (const auto& [feature, weight] : features[i]) sum[feature] += weight;
  }
  double square = 0;
  for (const auto& [feature, weight] : sum) square += weight * weight;
  const auto n = static_cast<double>(members.size());
  return (square - n) / (n * (n - 1));
}

// Whether rows of one source are worded more alike than rows of any: a source field may also name a file, a split, or nothing.
bool SourcesTell(const std::vector<Query>& rows, const std::vector<SparseVector>& features) {
  constexpr double kMoreAlike = 1.3;
  constexpr std::size_t kMaxRows = 2000;
  std::map<std::string, std::vector<std::size_t>> by_source;
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < std::min(rows.size(), kMaxRows); ++i) {
    by_source[rows[i].source].push_back(i);
    all.push_back(i);
  }
  if (by_source.size() < 2) return true;
  double within = 0, counted = 0;
  for (const auto& [source, members] : by_source) {
    if (members.size() < 4) continue;
    within += MeanCosine(features, members) * static_cast<double>(members.size());
    counted += static_cast<double>(members.size());
  }
  return counted == 0 || within / counted > kMoreAlike * MeanCosine(features, all);
}

void NameGroups(const std::vector<Query>& rows, std::vector<TaskGroup>& groups) {
  std::map<std::string, std::size_t> everywhere;
  for (const Query& row : rows) {
    auto words = PromptWords(row);
    std::sort(words.begin(), words.end());
    words.erase(std::unique(words.begin(), words.end()), words.end());
    for (const std::string& word : words) ++everywhere[word];
  }
  std::map<std::string, int> used;
  for (TaskGroup& group : groups) {
    const std::string source = *group.model.sources.begin();
    const std::string words = TypicalWords(rows, group.rows, everywhere);
    std::string name = TaskSlug(source);
    if (!rows[group.rows.front()].task.empty()) {
      name = TaskSlug(rows[group.rows.front()].task);
    } else if (name.empty()) {
      name = TaskSlug(group.shape + (words.empty() ? "" : "-" + words));
    }
    const int count = ++used[name];
    if (count > 1 && !words.empty()) name = TaskSlug(name + "-" + words);
    if (used.count(name) != 0 && count > 1) name += "-" + std::to_string(count);
    ++used[name];
    group.model.task = name;
    const std::string params = *group.model.param_names.begin();
    group.label = "rows" + (source.empty() ? std::string() : " of " + source) + " with a reference of shape " + group.shape +
                  (params.empty() ? "" : ", parameters " + params) + (words.empty() ? "" : "; prompts say \"" + words + "\"");
  }
}

// The shape that most of a group's references have, where nearly all have it; "math" or "mixed" where they have several.
std::string ShapeOf(const TaskGroup& group, const std::vector<Query>& rows) {
  constexpr double kNearlyAll = 0.85;
  std::map<std::string, std::size_t> counts;
  for (const std::size_t row : group.rows) ++counts[ReferenceShape(rows[row].reference)];
  bool maths = true;
  for (const auto& [shape, count] : counts) {
    if (static_cast<double>(count) >= kNearlyAll * static_cast<double>(group.rows.size())) return shape;
    maths = maths && (shape.ends_with("number") || shape.ends_with("math") || shape.ends_with("expression"));
  }
  return maths ? "math" : "mixed";
}

void MeasureAnew(TaskGroup& group, const std::vector<Query>& rows, const std::vector<SparseVector>& features) {
  group.shape = ShapeOf(group, rows);
  Measure(group, features);
}

// Rows whose references have another shape than those of a larger group, but whose prompts are made from its template, are of its task: they
// stand in a group of their own that is too small to prove a tool on, or among others that are worded otherwise.
void MoveByTemplate(Grouping& grouping, const std::vector<Query>& rows) {
  constexpr std::size_t kSmall = 8, kLeastWording = 24;  // rows of a group; features of a template that attracts rows
  constexpr double kHeld = 0.9, kOwn = 0.5;              // shares of the other template, and of the own one, that the row holds
  std::vector<const SparseVector*> vectors;
  for (const SparseVector& row : grouping.features) vectors.push_back(&row);
  std::vector<Template> templates;
  for (const TaskGroup& group : grouping.groups) templates.push_back(TemplateOf(vectors, group.rows));
  std::vector<std::vector<std::size_t>> members(grouping.groups.size());
  for (std::size_t i = 0; i < members.size(); ++i) {
    const TaskGroup& own = grouping.groups[i];
    for (const std::size_t row : own.rows) {
      std::size_t into = i;
      const bool stays = !rows[row].task.empty() || (own.rows.size() >= kSmall && HeldBy(templates[i], grouping.features[row]) >= kOwn);
      double best = kHeld;
      for (std::size_t j = 0; !stays && j < members.size(); ++j) {
        const double held = HeldBy(templates[j], grouping.features[row]);
        const std::size_t size = grouping.groups[j].rows.size();
        if (templates[j].size() < kLeastWording || size <= own.rows.size() || !MayTrade(own, grouping.groups[j])) continue;
        if (held < best || (held == best && into != i && size <= grouping.groups[into].rows.size())) continue;
        best = held;
        into = j;
      }
      members[into].push_back(row);
    }
  }
  for (std::size_t i = 0; i < members.size(); ++i) {
    TaskGroup& group = grouping.groups[i];
    if (members[i] == group.rows) continue;
    group.rows = std::move(members[i]);
    if (group.rows.empty()) continue;
    for (const std::size_t row : group.rows) group.model.shapes.insert(ReferenceShape(rows[row].reference));
    MeasureAnew(group, rows, grouping.features);
  }
  std::erase_if(grouping.groups, [](const TaskGroup& group) { return group.rows.empty(); });
}

// The rows of `other` come behind the group's own: their order depends on content only.
void Absorb(TaskGroup& group, const TaskGroup& other, const std::vector<Query>& rows, const std::vector<SparseVector>& features) {
  group.rows.insert(group.rows.end(), other.rows.begin(), other.rows.end());
  group.model.shapes.insert(other.model.shapes.begin(), other.model.shapes.end());
  MeasureAnew(group, rows, features);
}

// Groups too small to prove a tool on join the one that is worded most like them, where it is so small that its tools are tried on all rows.
void JoinTooSmall(Grouping& grouping, const std::vector<Query>& rows) {
  constexpr std::size_t kLeastRows = 4, kAllAreTried = 24;  // as GateSettings.min_rows; rows of a task that its tools are tried on
  constexpr double kWorded = 0.25;                          // cosine of the centroids
  auto& groups = grouping.groups;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].rows.size() >= kLeastRows || groups[i].rows.empty() || !rows[groups[i].rows.front()].task.empty()) continue;
    double best = kWorded;
    std::size_t into = groups.size();
    for (std::size_t j = 0; j < groups.size(); ++j) {
      if (j == i || groups[j].rows.empty() || groups[i].rows.size() + groups[j].rows.size() > kAllAreTried || !MayTrade(groups[i], groups[j])) continue;
      if (const double alike = Dot(groups[i].model.centroid, groups[j].model.centroid); alike > best) best = alike, into = j;
    }
    if (into == groups.size()) continue;
    Absorb(groups[into], groups[i], rows, grouping.features);
    groups[i].rows.clear();
  }
  std::erase_if(groups, [](const TaskGroup& group) { return group.rows.empty(); });
}

// The most alike first: a task whose references have several shapes, or that has a few templates, stands in several groups until then.
void JoinAlike(Grouping& grouping, const std::vector<Query>& rows) {
  auto& groups = grouping.groups;
  for (;;) {
    double best = kAlikeWording;
    std::size_t into = 0, from = 0;
    for (std::size_t a = 0; a < groups.size(); ++a) {
      for (std::size_t b = a + 1; b < groups.size(); ++b) {
        if (!MayTrade(groups[a], groups[b]) || UsersOwn(groups[a], rows) || UsersOwn(groups[b], rows)) continue;
        if (const double alike = Dot(groups[a].model.centroid, groups[b].model.centroid); alike > best) best = alike, into = a, from = b;
      }
    }
    if (from == 0) return;
    Absorb(groups[into], groups[from], rows, grouping.features);
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(from));
  }
}

}  // namespace

bool MayTrade(const TaskGroup& a, const TaskGroup& b) {
  const auto answers = [](const TaskGroup& group) { return group.shape != "none" && group.shape != "object"; };
  return answers(a) && answers(b) && a.model.sources == b.model.sources && a.model.param_names == b.model.param_names;
}

bool UsersOwn(const TaskGroup& group, const std::vector<Query>& rows) { return !rows[group.rows.front()].task.empty(); }

Grouping GroupRows(const std::vector<Query>& rows, const std::unordered_map<std::uint32_t, float>& known_idf) {
  // Work in an order that depends on content only.
  std::vector<std::size_t> order(rows.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::vector<std::uint64_t> hashes;
  for (const Query& row : rows) hashes.push_back(Hash64(row.prompt + '\0' + row.source));
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return hashes[a] != hashes[b] ? hashes[a] < hashes[b] : rows[a].prompt < rows[b].prompt; });

  Grouping grouping;
  std::vector<SparseVector>& features = grouping.features;
  for (const Query& row : rows) features.push_back(PromptFeatures(row));
  grouping.idf = InverseDocumentFrequency(features);
  for (const auto& [feature, weight] : known_idf) grouping.idf.insert_or_assign(feature, weight);
  for (SparseVector& row : features) {
    for (auto& [feature, weight] : row) weight *= grouping.idf[feature];
    Normalise(row);
  }
  std::map<Key, std::vector<std::size_t>> keyed;
  const bool sources_tell = SourcesTell(rows, features);
  std::set<std::string> sources;
  for (const Query& row : rows) sources.insert(row.source);
  for (const std::size_t i : order) {
    // A label that the user gave keeps its rows together whatever they look like.
    const std::string source = !rows[i].task.empty() ? rows[i].task : sources_tell ? rows[i].source : std::string();
    keyed[{source, ReferenceShape(rows[i].reference), ParamNames(rows[i])}].push_back(i);
  }
  const auto worded = WithoutAnswerForms(rows, order, features, grouping.idf);
  for (const auto& [key, members] : keyed) {
    std::vector<const SparseVector*> vectors;
    for (const std::size_t i : members) vectors.push_back(&worded[i]);
    const bool labelled = !rows[members.front()].task.empty();
    const auto clusters = labelled ? std::vector<std::vector<std::size_t>>{} : ClusterVectors(vectors);
    if (clusters.size() <= 1) {
      grouping.groups.push_back(MakeGroup(key, members, features));
      continue;
    }
    for (const auto& cluster : clusters) {
      std::vector<std::size_t> chosen;
      for (const std::size_t i : cluster) chosen.push_back(members[i]);
      grouping.groups.push_back(MakeGroup(key, chosen, features));
    }
  }
  MoveByTemplate(grouping, rows);
  JoinTooSmall(grouping, rows);
  JoinAlike(grouping, rows);
  NameGroups(rows, grouping.groups);
  for (TaskGroup& group : grouping.groups) {
    if (!rows[group.rows.front()].task.empty()) group.model.sources = {rows[group.rows.front()].source};
    if (!sources_tell) group.model.sources = sources;
  }
  TidyGroups(grouping);
  return grouping;
}

std::string TaskSlug(std::string_view text) {
  std::string slug;
  for (const char c : AsciiLower(text)) {
    if (IsAsciiAlpha(c) || IsAsciiDigit(c) || c == '.' || c == '_') {
      slug += c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return slug.substr(0, 48);
}

void JoinGroups(Grouping& grouping, std::size_t into, const std::vector<std::size_t>& from) {
  TaskGroup& group = grouping.groups[into];
  for (const std::size_t i : from) {
    TaskGroup& other = grouping.groups[i];
    group.rows.insert(group.rows.end(), other.rows.begin(), other.rows.end());
    group.model.sources.insert(other.model.sources.begin(), other.model.sources.end());
    group.model.shapes.insert(other.model.shapes.begin(), other.model.shapes.end());
    group.model.param_names.insert(other.model.param_names.begin(), other.model.param_names.end());
    other.rows.clear();
  }
  std::sort(group.rows.begin(), group.rows.end());
  const auto& shapes = group.model.shapes;
  if (shapes.size() > 1) {
    const bool maths = std::all_of(shapes.begin(), shapes.end(), [](const std::string& shape) {
      return shape.ends_with("number") || shape.ends_with("math") || shape.ends_with("expression");
    });
    group.shape = maths ? "math" : "mixed";
  }
  Measure(group, grouping.features);
}

void MoveRow(Grouping& grouping, const std::vector<Query>& rows, std::size_t row, std::size_t from, std::size_t into) {
  TaskGroup& source = grouping.groups[from];
  TaskGroup& target = grouping.groups[into];
  std::erase(source.rows, row);
  target.rows.push_back(row);
  target.model.shapes.insert(ReferenceShape(rows[row].reference));
  for (TaskGroup* group : {&source, &target}) {
    if (!group->rows.empty()) MeasureAnew(*group, rows, grouping.features);
  }
}

void TidyGroups(Grouping& grouping) {
  std::erase_if(grouping.groups, [](const TaskGroup& group) { return group.rows.empty(); });
  std::sort(grouping.groups.begin(), grouping.groups.end(), [](const TaskGroup& a, const TaskGroup& b) { return a.model.task < b.model.task; });
}

}  // namespace rlar
