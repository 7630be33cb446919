// Members of JSON objects read leniently: what is missing or of another kind is as good as empty. For files of our own making;
// what users wrote is parsed with errors that name the field.
#pragma once

#include <string>
#include <string_view>

#include "rlar/json.h"

namespace rlar {

inline std::string TextAt(const Json& json, std::string_view key) {
  const Json* value = json.Find(key);
  return value != nullptr && value->is_string() ? value->string() : std::string();
}
inline double NumberAt(const Json& json, std::string_view key) {
  const Json* value = json.Find(key);
  return value != nullptr && value->is_number() ? value->number() : 0;
}
inline bool FlagAt(const Json& json, std::string_view key) {
  const Json* value = json.Find(key);
  return value != nullptr && value->is_bool() && value->boolean();
}
// Lives as long as `json`.
inline const Json::Array& ListAt(const Json& json, std::string_view key) {
  static const Json::Array kNone;
  const Json* value = json.Find(key);
  return value != nullptr && value->is_array() ? value->array() : kNone;
}

}  // namespace rlar
