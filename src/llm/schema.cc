#include "llm/schema.h"

#include <cmath>
#include <optional>

#include "base/text.h"

namespace rlar {
namespace {

Error At(const std::string& place, const std::string& what) { return MakeError(ErrorCode::kCorrupt, (place.empty() ? "the answer" : place) + ": " + what); }

bool HasType(const Json& value, std::string_view type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "number") return value.is_number();
  if (type == "integer") return value.is_number() && value.number() == std::floor(value.number());
  return type == "null" && value.is_null();
}

// The number of a keyword, if the schema holds it.
std::optional<double> Limit(const Json& schema, std::string_view keyword) {
  const Json* limit = schema.Find(keyword);
  return limit != nullptr && limit->is_number() ? std::optional<double>(limit->number()) : std::nullopt;
}

Result<void> CheckSize(double size, const Json& schema, const char* least, const char* most, const std::string& place) {
  if (const auto limit = Limit(schema, least); limit && size < *limit) return At(place, "is below its " + std::string(least));
  if (const auto limit = Limit(schema, most); limit && size > *limit) return At(place, "is above its " + std::string(most));
  return {};
}

Result<void> Match(const Json& value, const Json& schema, const std::string& place);

Result<void> MatchObject(const Json& value, const Json& schema, const std::string& place) {
  if (const Json* required = schema.Find("required"); required != nullptr && required->is_array()) {
    for (const Json& name : required->array()) {
      if (value.Find(name.string()) == nullptr) return At(place, "lacks '" + name.string() + "'");
    }
  }
  const Json* properties = schema.Find("properties");
  const Json* more = schema.Find("additionalProperties");
  const bool closed = more != nullptr && more->is_bool() && !more->boolean();
  for (const auto& [name, member] : value.object()) {
    const Json* wanted = properties == nullptr ? nullptr : properties->Find(name);
    if (wanted == nullptr) {
      if (closed) return At(place, "has the unknown member '" + name + "'");
      continue;
    }
    RLAR_TRY(Match(member, *wanted, place.empty() ? name : place + "." + name));
  }
  return {};
}

Result<void> MatchArray(const Json& value, const Json& schema, const std::string& place) {
  RLAR_TRY(CheckSize(static_cast<double>(value.array().size()), schema, "minItems", "maxItems", place));
  const Json* items = schema.Find("items");
  if (items == nullptr) return {};
  for (std::size_t i = 0; i < value.array().size(); ++i) {
    RLAR_TRY(Match(value.array()[i], *items, place + "[" + std::to_string(i) + "]"));
  }
  return {};
}

Result<void> Match(const Json& value, const Json& schema, const std::string& place) {
  if (const Json* any = schema.Find("anyOf"); any != nullptr && any->is_array()) {
    for (const Json& option : any->array()) {
      if (Match(value, option, place)) return {};
    }
    return At(place, "matches none of its forms");
  }
  if (const Json* type = schema.Find("type"); type != nullptr && type->is_string() && !HasType(value, type->string())) {
    return At(place, "is no " + type->string());
  }
  if (const Json* choices = schema.Find("enum"); choices != nullptr && choices->is_array()) {
    for (const Json& choice : choices->array()) {
      if (choice == value) return {};
    }
    return At(place, "is none of the allowed values");
  }
  if (value.is_object()) return MatchObject(value, schema, place);
  if (value.is_array()) return MatchArray(value, schema, place);
  if (value.is_number()) return CheckSize(value.number(), schema, "minimum", "maximum", place);
  if (value.is_string()) {
    return CheckSize(static_cast<double>(CodePointCount(value.string())), schema, "minLength", "maxLength", place);
  }
  return {};
}

// The end of the balanced object or array that begins at `start`; npos if it does not end.
std::size_t BalancedEnd(std::string_view text, std::size_t start) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = start; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

Result<void> MatchesSchema(const Json& value, const Json& schema) { return Match(value, schema, ""); }

Result<Json> JsonInText(std::string_view text) {
  auto whole = ParseJson(Trim(text));
  if (whole) return whole;
  const auto open = text.rfind("```", text.rfind("```") == std::string_view::npos ? 0 : text.rfind("```") - 1);
  if (open != std::string_view::npos) {
    const auto line = text.find('\n', open);
    const auto close = line == std::string_view::npos ? line : text.find("```", line);
    if (close != std::string_view::npos) {
      if (auto fenced = ParseJson(Trim(text.substr(line, close - line)))) return fenced;
    }
  }
  const auto start = text.find_first_of("{[");
  if (start != std::string_view::npos) {
    const auto end = BalancedEnd(text, start);
    if (end != std::string_view::npos) {
      if (auto part = ParseJson(text.substr(start, end - start))) return part;
    }
  }
  return MakeError(ErrorCode::kCorrupt, "holds no JSON", whole.error());
}

}  // namespace rlar
