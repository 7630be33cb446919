#include "tools/bind.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"

namespace rlar {
namespace {

bool HasType(const Json& value, ParamSpec::Type type) {
  switch (type) {
    case ParamSpec::Type::kBool: return value.is_bool();
    case ParamSpec::Type::kInt: return value.is_number() && value.number() == std::floor(value.number()) && std::abs(value.number()) <= 9e15;
    case ParamSpec::Type::kNumber: return value.is_number() && std::isfinite(value.number());
    case ParamSpec::Type::kString: return value.is_string();
    case ParamSpec::Type::kStringList:
      return value.is_array() && std::all_of(value.array().begin(), value.array().end(), [](const Json& item) { return item.is_string(); });
    case ParamSpec::Type::kArray: return value.is_array();
    case ParamSpec::Type::kObject: return value.is_object();
    case ParamSpec::Type::kAny: return true;
  }
  return false;
}

std::string Quote(std::string_view text) { return "'" + std::string(text) + "'"; }

Result<void> CheckValue(const VerifierSpec& spec, const ParamSpec& param, const Json& value) {
  const auto fail = [&](const std::string& what) {
    return MakeError(ErrorCode::kInvalidArgument, "parameter " + Quote(param.name) + " of " + std::string(spec.name) + " " + what);
  };
  if (!HasType(value, param.type)) {
    std::string shown = value.Dump();
    if (shown.size() > 40) shown = shown.substr(0, 37) + "...";
    return fail("must be of type " + std::string(Name(param.type)) + ", got " + shown);
  }
  if (!param.choices.empty()) {
    const auto choices = Split(param.choices, '|');
    if (std::find(choices.begin(), choices.end(), value.string()) == choices.end()) {
      const auto near = NearestName(value.string(), choices);
      return fail("must be one of " + ReplaceAll(std::string(param.choices), "|", ", ") + "; got " + Quote(value.string()) +
                  (near.empty() ? "" : " (did you mean " + Quote(near) + "?)"));
    }
  }
  return {};
}

}  // namespace

std::string_view Name(ParamSpec::Type type) {
  switch (type) {
    case ParamSpec::Type::kBool: return "bool";
    case ParamSpec::Type::kInt: return "int";
    case ParamSpec::Type::kNumber: return "number";
    case ParamSpec::Type::kString: return "string";
    case ParamSpec::Type::kStringList: return "string_list";
    case ParamSpec::Type::kArray: return "array";
    case ParamSpec::Type::kObject: return "object";
    case ParamSpec::Type::kAny: return "any";
  }
  return "any";
}

const Json& Params::operator[](std::string_view name) const {
  for (std::size_t i = 0; i < specs_.size(); ++i) {
    if (specs_[i].name == name) return *values_[i];
  }
  RLAR_CHECK(!"parameter is declared");
  std::abort();
}

std::int64_t Params::Int(std::string_view name) const { return static_cast<std::int64_t>((*this)[name].number()); }

ParamBinder::ParamBinder(const VerifierSpec& spec) : spec_(spec) {
  for (const ParamSpec& param : spec.params) {
    auto parsed = ParseJson(param.default_json);
    RLAR_CHECK(parsed.has_value());
    defaults_.push_back(std::move(*parsed));
  }
  if (!spec.required.empty()) required_ = Split(spec.required, '|');
}

Result<Params> ParamBinder::Bind(const Json& row, const Json& fixed) const {
  std::vector<const Json*> values;
  values.reserve(spec_.params.size());
  for (std::size_t i = 0; i < spec_.params.size(); ++i) {
    const ParamSpec& param = spec_.params[i];
    const Json* value = row.Find(param.name);
    if (value == nullptr || value->is_null()) value = fixed.Find(param.name);
    if (value == nullptr || value->is_null()) {
      if (std::find(required_.begin(), required_.end(), param.name) != required_.end()) {
        return MakeError(ErrorCode::kInvalidArgument, std::string(spec_.name) + " needs the parameter " + Quote(param.name));
      }
      values.push_back(&defaults_[i]);
      continue;
    }
    RLAR_TRY(CheckValue(spec_, param, *value));
    values.push_back(value);
  }
  return Params(spec_.params, std::move(values));
}

Result<void> ParamBinder::CheckFixed(const Json& fixed) const {
  if (fixed.is_null()) return {};
  if (!fixed.is_object()) return MakeError(ErrorCode::kInvalidArgument, "parameters must be a JSON object");
  for (const auto& [key, value] : fixed.object()) {
    const auto at = std::find_if(spec_.params.begin(), spec_.params.end(), [&key = key](const ParamSpec& param) { return param.name == key; });
    if (at == spec_.params.end()) {
      std::vector<std::string_view> names;
      for (const ParamSpec& param : spec_.params) names.push_back(param.name);
      const auto near = NearestName(key, names);
      return MakeError(ErrorCode::kInvalidArgument,
                       std::string(spec_.name) + " has no parameter " + Quote(key) + (near.empty() ? "" : " (did you mean " + Quote(near) + "?)"));
    }
    if (!value.is_null()) RLAR_TRY(CheckValue(spec_, *at, value));
  }
  return {};
}

}  // namespace rlar
