#include "rlar/json.h"

#define RAPIDJSON_HAS_STDSTRING 1
#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>

#include "base/text.h"

namespace rlar {
namespace {

double DoubleFromText(std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc::result_out_of_range) {
    // from_chars leaves the value alone; strtod gives the +-inf or the tiny number that is meant.
    value = std::strtod(std::string(text).c_str(), nullptr);
  }
  return value;
}

std::string ShortestText(double value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return std::string(buffer, result.ptr);
}

// Builds the value from RapidJSON's events; `error` says what its grammar does not check.
class Builder {
 public:
  std::string error;

  bool Null() { return Put(Json()); }
  bool Bool(bool value) { return Put(Json(value)); }
  bool Int(int) { return false; }  // numbers arrive as text (kParseNumbersAsStringsFlag)
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) { return Put(Json::NumberFromText(std::string(text, size))); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    if (!CheckText({text, size})) return false;
    return Put(Json(std::string(text, size)));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (!CheckText({text, size})) return false;
    keys_.emplace_back(text, size);
    return true;
  }
  bool StartObject() { return Open(Json(Json::Object{})); }
  bool StartArray() { return Open(Json(Json::Array{})); }
  bool EndObject(rapidjson::SizeType) { return Close(); }
  bool EndArray(rapidjson::SizeType) { return Close(); }
  Json Take() { return std::move(root_); }

 private:
  bool CheckText(std::string_view text) {
    // An escaped lone surrogate gets through RapidJSON as the three bytes ED A0..BF xx, which no valid UTF-8 holds.
    if (IsValidUtf8(text)) return true;
    error = "lone surrogate in a string";
    return false;
  }
  bool Open(Json container) {
    if (stack_.size() >= static_cast<std::size_t>(kMaxJsonDepth)) {
      error = "nested deeper than " + std::to_string(kMaxJsonDepth) + " levels";
      return false;
    }
    stack_.push_back(std::move(container));
    return true;
  }
  bool Close() {
    Json done = std::move(stack_.back());
    stack_.pop_back();
    if (done.is_object()) KeepLast(done.object());
    return Put(std::move(done));
  }
  // Of a repeated key the last value stays, at the place of the first. Sorting keeps an object of many keys from taking forever.
  static void KeepLast(Json::Object& members) {
    std::vector<std::size_t> order(members.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return members[a].first < members[b].first; });
    std::vector<bool> gone(members.size(), false);
    bool any = false;
    for (std::size_t i = 1, first = 0; i < order.size(); ++i) {
      if (members[order[i]].first != members[order[first]].first) {
        first = i;
        continue;
      }
      members[order[first]].second = std::move(members[order[i]].second);
      gone[order[i]] = any = true;
    }
    if (!any) return;
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (gone[i]) continue;
      if (kept != i) members[kept] = std::move(members[i]);
      ++kept;
    }
    members.resize(kept);
  }
  bool Put(Json value) {
    if (stack_.empty()) {
      root_ = std::move(value);
    } else if (stack_.back().is_array()) {
      stack_.back().array().push_back(std::move(value));
    } else {
      stack_.back().object().emplace_back(std::move(keys_.back()), std::move(value));
      keys_.pop_back();
    }
    return true;
  }

  Json root_;
  std::vector<Json> stack_;
  std::vector<std::string> keys_;
};

void AppendCanonical(const Json& value, std::string& out) {
  if (value.is_array()) {
    out += '[';
    bool first = true;
    for (const Json& item : value.array()) {
      if (!first) out += ',';
      first = false;
      AppendCanonical(item, out);
    }
    out += ']';
  } else if (value.is_object()) {
    std::vector<const Json::Member*> members;
    for (const auto& member : value.object()) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return a->first < b->first; });
    out += '{';
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (i != 0) out += ',';
      AppendJsonString(out, members[i]->first);
      out += ':';
      AppendCanonical(members[i]->second, out);
    }
    out += '}';
  } else {
    value.AppendTo(out);
  }
}

}  // namespace

Json::Json(double value) : data_(Number{value, ShortestText(value)}) { RLAR_CHECK(std::isfinite(value)); }
Json::Json(int value) : Json(static_cast<std::int64_t>(value)) {}
Json::Json(std::int64_t value) : data_(Number{static_cast<double>(value), std::to_string(value)}) {}
Json::Json(std::uint64_t value) : data_(Number{static_cast<double>(value), std::to_string(value)}) {}

Json Json::NumberFromText(std::string lexeme) {
  Json json;
  const double value = DoubleFromText(lexeme);
  json.data_ = Number{value, std::move(lexeme)};
  return json;
}

double Json::number() const { return std::get<Number>(data_).value; }
const std::string& Json::number_text() const { return std::get<Number>(data_).text; }

const Json* Json::Find(std::string_view key) const {
  if (!is_object()) return nullptr;
  for (const Member& member : object()) {
    if (member.first == key) return &member.second;
  }
  return nullptr;
}

void Json::Set(std::string key, Json value) {
  if (is_null()) data_ = Object{};
  for (Member& member : object()) {
    if (member.first == key) {
      member.second = std::move(value);
      return;
    }
  }
  object().emplace_back(std::move(key), std::move(value));
}

void Json::Push(Json value) {
  if (is_null()) data_ = Array{};
  array().push_back(std::move(value));
}

void Json::AppendTo(std::string& out) const {
  switch (kind()) {
    case Kind::kNull: out += "null"; return;
    case Kind::kBool: out += boolean() ? "true" : "false"; return;
    case Kind::kNumber: out += number_text(); return;
    case Kind::kString: AppendJsonString(out, string()); return;
    case Kind::kArray: {
      out += '[';
      bool first = true;
      for (const Json& item : array()) {
        if (!first) out += ',';
        first = false;
        item.AppendTo(out);
      }
      out += ']';
      return;
    }
    case Kind::kObject: {
      out += '{';
      bool first = true;
      for (const auto& [key, item] : object()) {
        if (!first) out += ',';
        first = false;
        AppendJsonString(out, key);
        out += ':';
        item.AppendTo(out);
      }
      out += '}';
      return;
    }
  }
}

std::string Json::Dump() const {
  std::string out;
  AppendTo(out);
  return out;
}

std::string Json::DumpCanonical() const {
  std::string out;
  AppendCanonical(*this, out);
  return out;
}

bool operator==(const Json& a, const Json& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Json::Kind::kNull: return true;
    case Json::Kind::kBool: return a.boolean() == b.boolean();
    case Json::Kind::kNumber: return a.number_text() == b.number_text() || a.number() == b.number();
    case Json::Kind::kString: return a.string() == b.string();
    case Json::Kind::kArray: return a.array() == b.array();
    case Json::Kind::kObject:
      if (a.object().size() != b.object().size()) return false;
      return std::all_of(a.object().begin(), a.object().end(), [&](const Json::Member& member) {
        const Json* other = b.Find(member.first);
        return other != nullptr && *other == member.second;
      });
  }
  return false;
}

Result<Json> ParseJson(std::string_view text) {
  constexpr unsigned kFlags = rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  Builder builder;
  const auto result = reader.Parse<kFlags>(stream, builder);
  // A NUL byte looks like the end of the text to the reader.
  if (!result.IsError() && stream.Tell() != text.size()) {
    return MakeError(ErrorCode::kInvalidArgument, "NUL character at byte " + std::to_string(stream.Tell()));
  }
  if (!result.IsError()) return builder.Take();
  std::string what = builder.error;
  if (what.empty()) what = text.empty() ? "empty text" : rapidjson::GetParseError_En(result.Code());
  return MakeError(ErrorCode::kInvalidArgument, what + " at byte " + std::to_string(result.Offset()));
}

void AppendJsonString(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, start, i - start);
    start = i + 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        out += "\\u00";
        out += kHex[c >> 4];
        out += kHex[c & 15];
    }
  }
  out.append(text, start);
  out += '"';
}

void AppendJsonNumber(std::string& out, double value) {
  RLAR_CHECK(std::isfinite(value));
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  out.append(buffer, result.ptr);
}

}  // namespace rlar
