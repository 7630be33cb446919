// Which of a row's fields is what: the names that trainers and public data sets use.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "rows/reader.h"

namespace rlar {
namespace {

struct Alias {
  std::string_view field;
  std::string_view names;  // tried in order
};

constexpr std::array<Alias, 8> kAliases{{
    {"prompt", "question|problem|instruction|query|input|messages|conversation|text"},
    {"reference", "reward_model.ground_truth|ground_truth|answer|gold|target|solution|expected|label|final_answer|canonical_solution"},
    {"source", "data_source|dataset"},
    {"responses", "completions|outputs|generations"},
    {"response", "completion|generation|solution_str|prediction"},
    {"id", "uid|question_id|task_id|key|index"},
    {"params", "verifier_params"},
    {"group_id", "group"},
}};

}  // namespace

Result<FieldMap> ParseFieldMap(std::string_view text) {
  static const std::vector<std::string_view> kFields{"id",     "prompt", "response", "responses",     "reference", "params", "task",
                                                     "source", "rubric", "group_id", "finish_reason", "reasoning", "tokens", "state"};
  FieldMap map;
  for (const std::string_view item : Split(text, ',')) {
    const std::size_t at = item.find('=');
    if (at == item.npos || at == 0 || at + 1 == item.size()) {
      return MakeError(ErrorCode::kInvalidArgument, "'" + std::string(item) + "' is not FIELD=NAME");
    }
    const std::string_view field = Trim(item.substr(0, at));
    if (std::find(kFields.begin(), kFields.end(), field) == kFields.end()) {
      const auto near = NearestName(field, kFields);
      return MakeError(ErrorCode::kInvalidArgument,
                       "a row has no field '" + std::string(field) + "'" + (near.empty() ? "" : " (did you mean '" + std::string(near) + "'?)"));
    }
    map.renames.emplace_back(field, Trim(item.substr(at + 1)));
  }
  return map;
}

std::vector<std::string> GuessFields(const Json& row, FieldMap& map) {
  std::vector<std::string> guesses;
  if (!row.is_object()) return guesses;
  const auto has = [](const auto& list, auto member, std::string_view name) {
    return std::any_of(list.begin(), list.end(), [&](const auto& entry) { return entry.*member == name; });
  };
  using Entry = std::pair<std::string, std::string>;
  for (const auto& [field, names] : kAliases) {
    if (row.Find(field) != nullptr || has(map.renames, &Entry::first, field) || has(map.guesses, &Entry::first, field)) continue;
    for (const std::string_view name : Split(names, '|')) {
      const std::size_t dot = name.find('.');
      const Json* value = row.Find(name.substr(0, dot));
      if (value != nullptr && dot != name.npos) value = value->Find(name.substr(dot + 1));
      const bool taken = has(map.renames, &Entry::second, name) || has(map.guesses, &Entry::second, name);
      if (value == nullptr || value->is_null() || taken) continue;
      map.guesses.emplace_back(field, name);
      guesses.push_back(std::string(field) + "=" + std::string(name));
      break;
    }
  }
  return guesses;
}

}  // namespace rlar
