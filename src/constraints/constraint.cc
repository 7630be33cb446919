#include "constraints/constraint.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "text/unicode.h"

namespace rlar {
namespace {

const Json* Given(const Json& kwargs, std::string_view name) {
  const Json* value = kwargs.Find(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::vector<ConstraintType> AllTypes() {
  std::vector<ConstraintType> all;
  for (const auto family :
       {IfevalConstraints(), IfbenchCountConstraints(), IfbenchWordConstraints(), IfbenchFormatConstraints(), IfbenchCustomConstraints(), IfrlvrConstraints()})
    all.insert(all.end(), family.begin(), family.end());
  return all;
}

}  // namespace

bool ConstraintArgs::has(std::string_view name) const { return Given(kwargs_, name) != nullptr; }

Error ConstraintArgs::Bad(std::string_view name, std::string_view what) const {
  return MakeError(ErrorCode::kInvalidArgument, std::string(id_) + ": kwarg '" + std::string(name) + "' " + std::string(what));
}

Result<double> ConstraintArgs::Number(std::string_view name) const {
  const Json* value = Given(kwargs_, name);
  if (value == nullptr) return Bad(name, "is missing; the official code would draw it at random");
  if (!value->is_number()) return Bad(name, "must be a number");
  return value->number();
}

Result<std::int64_t> ConstraintArgs::Count(std::string_view name) const {
  const auto number = Number(name);
  if (!number) return number.error();
  if (*number < 0 || *number != std::floor(*number) || *number > 1e9) return Bad(name, "must be a count");
  return static_cast<std::int64_t>(*number);
}

Result<std::int64_t> ConstraintArgs::Positive(std::string_view name) const {
  const auto count = Count(name);
  if (count && *count == 0) return Bad(name, "must be 1 or more; the official code would draw it at random");
  return count;
}

Result<std::string> ConstraintArgs::Text(std::string_view name) const {
  const Json* value = Given(kwargs_, name);
  if (value == nullptr) return Bad(name, "is missing; the official code would draw it at random");
  if (!value->is_string()) return Bad(name, "must be a string");
  return value->string();
}

Result<std::vector<std::string>> ConstraintArgs::Texts(std::string_view name) const {
  const Json* value = Given(kwargs_, name);
  if (value == nullptr) return Bad(name, "is missing; the official code would draw it at random");
  if (!value->is_array() || value->array().empty()) return Bad(name, "must be a list of strings");
  std::vector<std::string> texts;
  for (const Json& item : value->array()) {
    if (!item.is_string()) return Bad(name, "must be a list of strings");
    texts.push_back(item.string());
  }
  return texts;
}

Result<std::string> ConstraintArgs::Word(std::string_view name) const {
  const Json* value = Given(kwargs_, name);
  if (value != nullptr && value->is_array() && !value->array().empty()) value = &value->array()[0];
  if (value == nullptr) return Bad(name, "is missing; the official code would draw it at random");
  if (!value->is_string()) return Bad(name, "must be a word");
  if (Strip(value->string()).empty()) return Bad(name, "is empty; the official code would draw it at random");
  return std::string(Strip(value->string()));
}

Result<bool> ConstraintArgs::AtLeast(std::string_view name) const {
  const auto relation = Text(name);
  if (!relation) return relation.error();
  if (*relation != "at least" && *relation != "less than") return Bad(name, "must be 'at least' or 'less than'");
  return *relation == "at least";
}

Result<Constraint> MakeConstraint(std::string_view id, const Json& kwargs, const ConstraintContext& context) {
  static const std::vector<ConstraintType> types = AllTypes();
  for (const ConstraintType& type : types) {
    if (type.id == id) return type.make(ConstraintArgs(id, kwargs, context));
  }
  std::vector<std::string_view> names;
  for (const ConstraintType& type : types) names.push_back(type.id);
  const std::string_view near = NearestName(id, names);
  return MakeError(ErrorCode::kNotFound,
                   "unknown instruction '" + std::string(id) + "'" + (near.empty() ? "" : " (did you mean '" + std::string(near) + "'?)"));
}

std::vector<std::string> LooseVariants(std::string_view response) {
  const std::size_t first_end = response.find('\n'), last_begin = response.rfind('\n');
  std::string_view no_first, no_last, neither;
  if (first_end != response.npos) {
    no_first = Strip(response.substr(first_end + 1));
    no_last = Strip(response.substr(0, last_begin));
    if (last_begin > first_end) neither = Strip(response.substr(first_end + 1, last_begin - first_end - 1));
  }
  std::vector<std::string> variants;
  for (const std::string_view text : {response, no_first, no_last, neither}) {
    variants.emplace_back(text);
    if (text.find('*') == text.npos) continue;
    std::string bare(text);
    std::erase(bare, '*');
    variants.push_back(std::move(bare));
  }
  return variants;
}

}  // namespace rlar
