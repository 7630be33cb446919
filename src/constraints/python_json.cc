#include "constraints/python_json.h"

#include <string>

#include "base/text.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxDepth = 990;

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // Values nest in a stack of open brackets, never in calls.
  bool ReadAll() {
    std::string open;
    SkipBlanks();
    for (;;) {
      if (Take('{') || Take('[')) {
        open += text_[at_ - 1];
        if (open.size() > kMaxDepth) return false;
        SkipBlanks();
        if (!Take(open.back() == '{' ? '}' : ']')) {
          if (open.back() == '{' && !ReadKey()) return false;
          continue;
        }
        open.pop_back();
      } else if (!ReadScalar()) {
        return false;
      }
      // A value has ended: close what ends with it, or go on to the next member.
      SkipBlanks();
      while (!open.empty() && Take(open.back() == '{' ? '}' : ']')) {
        open.pop_back();
        SkipBlanks();
      }
      if (open.empty()) return at_ == text_.size();
      if (!Take(',')) return false;
      SkipBlanks();
      if (open.back() == '{' && !ReadKey()) return false;
    }
  }

 private:
  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool TakeWord(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  void SkipBlanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }
  std::size_t Digits() {
    const std::size_t start = at_;
    while (at_ < text_.size() && IsAsciiDigit(text_[at_])) ++at_;
    return at_ - start;
  }
  bool ReadKey() {
    if (!ReadString()) return false;
    SkipBlanks();
    if (!Take(':')) return false;
    SkipBlanks();
    return true;
  }
  bool ReadString() {
    if (!Take('"')) return false;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') continue;
      if (at_ >= text_.size()) return false;
      const char escaped = text_[at_++];
      if (escaped == 'u') {
        for (int i = 0; i < 4; ++i, ++at_) {
          if (at_ >= text_.size() || std::string_view("0123456789abcdefABCDEF").find(text_[at_]) == std::string_view::npos) return false;
        }
      } else if (std::string_view("\"\\/bfnrt").find(escaped) == std::string_view::npos) {
        return false;
      }
    }
    return false;
  }
  bool ReadScalar() {
    if (at_ < text_.size() && text_[at_] == '"') return ReadString();
    for (const std::string_view word : {"null", "true", "false", "NaN", "Infinity", "-Infinity"}) {
      if (TakeWord(word)) return true;
    }
    Take('-');
    if (!Take('0') && Digits() == 0) return false;
    // A fraction or exponent that is none ends the number before it.
    const std::size_t whole = at_;
    if (Take('.') && Digits() == 0) at_ = whole;
    const std::size_t fraction = at_;
    if (Take('e') || Take('E')) {
      if (!Take('+')) Take('-');
      if (Digits() == 0) at_ = fraction;
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool IsPythonJson(std::string_view text) { return Reader(text).ReadAll(); }

}  // namespace rlar
