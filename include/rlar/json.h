// Json: one immutable-by-habit JSON value, as rows, parameters, cards and manifests carry it.
//
// Parsing is strict RFC 8259: no NaN, no lone surrogates, valid UTF-8 only, depth <= kMaxJsonDepth. A number keeps its source
// text, so that a reference 1.10 stays "1.10" and a 40-digit integer stays whole. Object members keep their order; of a
// repeated key the last one wins. Values are not synchronised: share them const.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rlar/result.h"

namespace rlar {

inline constexpr int kMaxJsonDepth = 256;

class Json {
 public:
  enum class Kind : std::uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
  using Array = std::vector<Json>;
  using Member = std::pair<std::string, Json>;
  using Object = std::vector<Member>;

  Json() = default;
  Json(std::nullptr_t) {}                                      // NOLINT: implicit by design, as for the rest
  Json(bool value) : data_(value) {}                           // NOLINT
  Json(double value);                                          // NOLINT: precondition: finite
  Json(int value);                                             // NOLINT
  Json(std::int64_t value);                                    // NOLINT
  Json(std::uint64_t value);                                   // NOLINT
  Json(std::string value) : data_(std::move(value)) {}         // NOLINT
  Json(std::string_view value) : data_(std::string(value)) {}  // NOLINT
  Json(const char* value) : data_(std::string(value)) {}       // NOLINT
  Json(Array value) : data_(std::move(value)) {}               // NOLINT
  Json(Object value) : data_(std::move(value)) {}              // NOLINT
  // A number given by its JSON source text. Precondition: `lexeme` is a JSON number.
  static Json NumberFromText(std::string lexeme);

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is_null() const { return kind() == Kind::kNull; }
  bool is_bool() const { return kind() == Kind::kBool; }
  bool is_number() const { return kind() == Kind::kNumber; }
  bool is_string() const { return kind() == Kind::kString; }
  bool is_array() const { return kind() == Kind::kArray; }
  bool is_object() const { return kind() == Kind::kObject; }

  // Preconditions: the value is of that kind.
  bool boolean() const { return std::get<bool>(data_); }
  double number() const;                   // nearest double of the source text; finite
  const std::string& number_text() const;  // the source text
  const std::string& string() const { return std::get<std::string>(data_); }
  const Array& array() const { return std::get<Array>(data_); }
  Array& array() { return std::get<Array>(data_); }
  const Object& object() const { return std::get<Object>(data_); }
  Object& object() { return std::get<Object>(data_); }

  // The member called `key`, or nullptr if there is none or this is no object.
  const Json* Find(std::string_view key) const;
  // Adds or replaces a member. Precondition: is_object() or is_null() (which becomes an object).
  void Set(std::string key, Json value);
  // Appends to an array. Precondition: is_array() or is_null() (which becomes an array).
  void Push(Json value);

  // Compact JSON text; members in their order, non-ASCII as it is.
  std::string Dump() const;
  void AppendTo(std::string& out) const;
  // Same content with the members of every object sorted by key: what hashes are taken of.
  std::string DumpCanonical() const;

  // Deep equality; numbers are equal when their doubles are, objects regardless of member order.
  friend bool operator==(const Json& a, const Json& b);

 private:
  struct Number {
    double value = 0;
    std::string text;
  };
  std::variant<std::monostate, bool, Number, std::string, Array, Object> data_;
};

// Parses exactly one JSON text. The error names the byte offset and what was wrong.
Result<Json> ParseJson(std::string_view text);

// Appends `text` as a JSON string with quotes. Precondition: valid UTF-8.
void AppendJsonString(std::string& out, std::string_view text);
// Appends the shortest decimal that reads back as `value`. Precondition: finite.
void AppendJsonNumber(std::string& out, double value);

}  // namespace rlar
