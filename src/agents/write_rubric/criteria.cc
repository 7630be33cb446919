#include "agents/write_rubric/criteria.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/json_at.h"
#include "base/text.h"

namespace rlar {
namespace {

constexpr std::size_t kMostRows = 8, kMostResponses = 6, kEnoughRows = 4;
constexpr double kDiffers = 0.1;  // grades that are one point apart
constexpr double kShareOfRows = 0.25;

std::optional<int> Whole(std::string_view text) {
  int number = 0;
  const std::string_view digits = Trim(text);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 1 || number > 100'000) return std::nullopt;
  return number;
}

Json Listed(std::string_view text) {
  Json words = Json::Array{};
  for (const std::string_view part : Split(text, ';')) {
    if (const std::string_view word = Trim(part); !word.empty()) words.Push(std::string(word));
  }
  return words;
}

void SetCheck(const std::string& check, const std::string& value, Criterion& criterion) {
  Json kwargs = Json::Object{};
  if (check == "json") {
    criterion.instruction = "detectable_format:json_format";
  } else if (check == "contains" || check == "avoids") {
    Json words = Listed(value);
    if (words.array().empty()) return;
    criterion.instruction = check == "contains" ? "keywords:existence" : "keywords:forbidden_words";
    kwargs.Set(check == "contains" ? "keywords" : "forbidden_words", std::move(words));
  } else if (const auto number = Whole(value)) {
    if (check == "bullets") {
      criterion.instruction = "detectable_format:number_bullet_lists";
      kwargs.Set("num_bullets", *number);
    } else if (check == "words_at_least" || check == "words_below") {
      criterion.instruction = "length_constraints:number_words";
      kwargs.Set("num_words", *number);
      kwargs.Set("relation", check == "words_below" ? "less than" : "at least");
    }
  }
  criterion.kwargs = std::move(kwargs);
}

std::size_t Different(const std::vector<Response>& responses) {
  std::set<std::string> texts;
  for (const Response& response : responses) texts.insert(response.text);
  return texts.size();
}

// At most `most` of them, spread.
std::vector<Comparable> Spread(std::vector<Comparable>&& rows, std::size_t most) {
  std::vector<Comparable> some;
  const std::size_t count = std::min(most, rows.size());
  for (std::size_t i = 0; i < count; ++i) some.push_back(std::move(rows[i * rows.size() / count]));
  return some;
}

}  // namespace

std::vector<Criterion> CriteriaFromJson(const Json& answer) {
  std::vector<Criterion> criteria;
  for (const Json& one : ListAt(answer, "criteria")) {
    Criterion criterion;
    criterion.item.id = "c" + std::to_string(criteria.size() + 1);
    criterion.item.text = TextAt(one, "text");
    criterion.item.weight = std::max(1.0, NumberAt(one, "weight"));
    criterion.item.veto = FlagAt(one, "veto");
    SetCheck(TextAt(one, "check"), TextAt(one, "value"), criterion);
    criteria.push_back(std::move(criterion));
  }
  return criteria;
}

Json ConstraintParams(const std::vector<Criterion>& checks) {
  Json ids = Json::Array{}, kwargs = Json::Array{}, params;
  for (const Criterion& check : checks) {
    ids.Push(check.instruction);
    kwargs.Push(check.kwargs);
  }
  params.Set("instruction_id_list", std::move(ids));
  params.Set("kwargs", std::move(kwargs));
  params.Set("mode", "fixed");
  return params;
}

std::vector<Comparable> ComparableRows(const TaskGroup& group, const std::vector<Query>& rows, const Rollouts& rollouts, const ProbeSet& probes) {
  std::vector<Comparable> found;
  for (const std::size_t i : group.rows) {
    Comparable one{rows[i], {}};
    one.query.rubric.clear();
    for (const std::string& text : rollouts.Of(rows[i])) {
      if (one.responses.size() == kMostResponses) break;
      Response response;
      response.text = text;
      one.responses.push_back(std::move(response));
    }
    if (Different(one.responses) >= 2) found.push_back(std::move(one));
  }
  if (found.size() >= kEnoughRows) return Spread(std::move(found), kMostRows);
  found.clear();
  for (const LabelledRow& row : probes.rows) {
    Comparable one{row.query, row.responses};
    one.query.rubric.clear();
    one.responses.resize(std::min(one.responses.size(), kMostResponses));
    if (Different(one.responses) >= 2) found.push_back(std::move(one));
  }
  return Spread(std::move(found), kMostRows);
}

bool Separates(const std::vector<std::vector<double>>& by_row) {
  double rows = 0, apart = 0;
  for (const auto& values : by_row) {
    if (values.size() < 2) continue;
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    ++rows;
    apart += *high - *low > kDiffers - 1e-9;
  }
  return apart >= 2 && apart >= kShareOfRows * rows;
}

}  // namespace rlar
