#include "text/json_answer.h"

#include <cstdlib>

#include "base/text.h"
#include "text/fence.h"

namespace rlar {
namespace {

bool IsBareWordByte(char c) {
  return IsAsciiAlpha(c) || IsAsciiDigit(c) || c == '_' || c == '-' || c == '$' || c == '.' || c == '+' || static_cast<unsigned char>(c) >= 0x80;
}

class Repairer {
 public:
  explicit Repairer(std::string_view text) : text_(text) {}

  Result<Json> ValueAt(std::size_t& pos) {
    at_ = pos;
    Json value;
    if (!Value(value, 0)) return MakeError(ErrorCode::kInvalidArgument, why_ + " at byte " + std::to_string(at_));
    pos = at_;
    return value;
  }

  Result<Json> Run() {
    at_ = text_.find_first_of("{[");
    if (at_ == text_.npos) return MakeError(ErrorCode::kInvalidArgument, "no JSON object or array");
    Json value;
    if (!Value(value, 0)) return MakeError(ErrorCode::kInvalidArgument, "no JSON, even read leniently: " + why_ + " at byte " + std::to_string(at_));
    const std::size_t more = text_.find_first_of("{[", at_);
    if (more != text_.npos) {
      Repairer rest(text_.substr(more));
      rest.at_ = 0;
      Json other;
      if (rest.Value(other, 0) && !(other == value)) return MakeError(ErrorCode::kInvalidArgument, "two different JSON values");
    }
    return value;
  }

 private:
  bool Stop(std::string why) {
    why_ = std::move(why);
    return false;
  }

  void SkipBlanks() {
    for (;;) {
      while (at_ < text_.size() && IsAsciiSpace(text_[at_])) ++at_;
      const std::string_view rest = text_.substr(at_);
      if (rest.starts_with("//") || rest.starts_with("#"))
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (rest.starts_with("/*")) {
        const std::size_t end = text_.find("*/", at_ + 2);
        at_ = end == text_.npos ? text_.size() : end + 2;
      } else
        return;
    }
  }

  bool Value(Json& out, int depth) {
    if (depth > kMaxJsonDepth) return Stop("nested too deeply");
    SkipBlanks();
    if (at_ >= text_.size()) return Stop("a value is missing");
    const char c = text_[at_];
    if (c == '{') return Object(out, depth);
    if (c == '[') return Array(out, depth);
    if (c == '"' || c == '\'') {
      std::string text;
      if (!String(text)) return false;
      out = std::move(text);
      return true;
    }
    return Word(out);
  }

  bool Object(Json& out, int depth) {
    out = Json::Object{};
    ++at_;
    for (;;) {
      SkipBlanks();
      while (at_ < text_.size() && text_[at_] == ',') ++at_, SkipBlanks();
      if (at_ >= text_.size()) return true;
      if (text_[at_] == '}') return ++at_, true;
      std::string key;
      if (text_[at_] == '"' || text_[at_] == '\'') {
        if (!String(key)) return false;
      } else {
        const std::size_t start = at_;
        while (at_ < text_.size() && IsBareWordByte(text_[at_])) ++at_;
        if (at_ == start) return Stop("a key is missing");
        key = text_.substr(start, at_ - start);
      }
      SkipBlanks();
      if (at_ >= text_.size() || text_[at_] != ':') return Stop("a colon is missing");
      ++at_;
      Json value;
      if (!Value(value, depth + 1)) return false;
      out.Set(std::move(key), std::move(value));
    }
  }

  bool Array(Json& out, int depth) {
    out = Json::Array{};
    ++at_;
    for (;;) {
      SkipBlanks();
      while (at_ < text_.size() && text_[at_] == ',') ++at_, SkipBlanks();
      if (at_ >= text_.size()) return true;
      if (text_[at_] == ']') return ++at_, true;
      if (text_[at_] == '}') return Stop("a bracket that closes nothing");
      Json value;
      if (!Value(value, depth + 1)) return false;
      out.Push(std::move(value));
    }
  }

  // Escapes are read by the strict parser; raw line breaks and the other quote are written as escapes first.
  bool String(std::string& out) {
    const char quote = text_[at_++];
    std::string strict = "\"";
    for (;; ++at_) {
      if (at_ >= text_.size()) return Stop("a string is left open");
      const char c = text_[at_];
      if (c == quote) break;
      if (c == '\\' && at_ + 1 < text_.size()) {
        const char next = text_[++at_];
        if (next == '\'')
          strict += '\'';
        else if (next == '\n')
          strict += "\\n";
        else
          strict += '\\', strict += next;
      } else if (c == '\n')
        strict += "\\n";
      else if (c == '\r')
        strict += "\\r";
      else if (c == '\t')
        strict += "\\t";
      else if (c == '"')
        strict += "\\\"";
      else
        strict += c;
    }
    ++at_;
    auto parsed = ParseJson(strict + "\"");
    if (!parsed) return Stop("a string that cannot be read");
    out = parsed->string();
    return true;
  }

  bool Word(Json& out) {
    const std::size_t start = at_;
    while (at_ < text_.size() && IsBareWordByte(text_[at_])) ++at_;
    std::string_view word = text_.substr(start, at_ - start);
    if (word.empty()) return Stop("a value is missing");
    if (word == "true" || word == "True" || word == "TRUE") return out = true, true;
    if (word == "false" || word == "False" || word == "FALSE") return out = false, true;
    if (word == "null" || word == "None" || word == "NULL" || word == "undefined" || word == "nil") return out = Json(), true;
    std::string number(word);
    if (number.starts_with('+')) number.erase(0, 1);
    if (number.starts_with('.')) number.insert(0, "0");
    if (number.ends_with('.')) number.pop_back();
    if (auto parsed = ParseJson(number); parsed && parsed->is_number()) return out = std::move(*parsed), true;
    if (word == "NaN" || word == "Infinity" || word == "-Infinity") return Stop("a number that JSON cannot hold");
    out = std::string(word);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string why_;
};

}  // namespace

Result<Json> RepairJson(std::string_view text) { return Repairer(text).Run(); }
Result<Json> ReadLenientValue(std::string_view text, std::size_t& pos) { return Repairer(text).ValueAt(pos); }

Result<Json> ReadJsonAnswer(std::string_view text, const JsonAnswerOptions& options) {
  text = Trim(text);
  auto strict = ParseJson(text);
  if (strict) return strict;
  const auto block = options.fenced ? OnlyFencedBlock(text) : std::nullopt;
  if (block) {
    if (auto inner = ParseJson(Trim(*block))) return inner;
  }
  if (options.repair) {
    if (auto repaired = RepairJson(block.value_or(text))) return repaired;
  }
  return strict;
}

}  // namespace rlar
