#include "jsonschema/regex.h"

#include <re2/re2.h>
#include <unicode/regex.h>
#include <unicode/unistr.h>

#include <array>
#include <optional>
#include <utility>

#include "base/text.h"

namespace rlar::jsonschema {
namespace {

// Steps ICU may take for one search; a step is some tens of nanoseconds.
constexpr int kStepLimit = 200;
constexpr int kStackBytes = 1 << 20;

constexpr std::string_view kSpaces = R"(\x{9}-\x{d}\x{20}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff})";
constexpr std::string_view kNotDot = R"([^\n\r\x{2028}\x{2029}])";

// Long names of general categories, with the short ones that RE2 knows.
constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kCategories{{
    {"Letter", "L"},
    {"Cased_Letter", "LC"},
    {"Uppercase_Letter", "Lu"},
    {"Lowercase_Letter", "Ll"},
    {"Titlecase_Letter", "Lt"},
    {"Modifier_Letter", "Lm"},
    {"Other_Letter", "Lo"},
    {"Mark", "M"},
    {"Nonspacing_Mark", "Mn"},
    {"Spacing_Mark", "Mc"},
    {"Enclosing_Mark", "Me"},
    {"Number", "N"},
    {"Decimal_Number", "Nd"},
    {"digit", "Nd"},
    {"Letter_Number", "Nl"},
    {"Other_Number", "No"},
    {"Punctuation", "P"},
    {"punct", "P"},
    {"Symbol", "S"},
    {"Separator", "Z"},
    {"Space_Separator", "Zs"},
    {"Control", "Cc"},
}};

// One pass over a pattern that writes it in the syntax that RE2 and ICU share.
class Translator {
 public:
  Translator(std::string_view pattern, bool icu) : in_(pattern), icu_(icu) {}

  // nullopt with `error()` set where the pattern is none.
  std::optional<std::string> Run() {
    while (at_ < in_.size() && error_.empty()) Step();
    if (in_class_) error_ = "an open [";
    if (!error_.empty()) return std::nullopt;
    return std::move(out_);
  }
  const std::string& error() const { return error_; }

 private:
  void Step() {
    const char c = in_[at_];
    if (c == '\\') return Escape();
    ++at_;
    if (in_class_) {
      if (c == ']') in_class_ = false;
      if (c == '[' || c == '&' || c == '~') out_ += '\\';  // set operators of ICU, and "[:" of RE2
      out_ += c;
    } else if (c == '[') {
      in_class_ = true;
      out_ += c;
      if (at_ < in_.size() && in_[at_] == '^') out_ += in_[at_++];
      if (at_ < in_.size() && in_[at_] == ']') {  // "[]" matches nothing, "[^]" anything
        const bool all = out_.back() == '^';
        out_.erase(out_.size() - (all ? 2 : 1));
        out_ += all ? "[\\x{0}-\\x{10ffff}]" : "[^\\x{0}-\\x{10ffff}]";
        ++at_;
        in_class_ = false;
      }
    } else if (c == '(' && at_ < in_.size() && in_[at_] == '?') {
      const char kind = at_ + 1 < in_.size() ? in_[at_ + 1] : ' ';
      if (kind != ':' && kind != '=' && kind != '!' && kind != '<') error_ = "a group '(?" + std::string(1, kind) + "'";
      out_ += c;
    } else if (c == '.') {
      out_ += kNotDot;
    } else if (c == '$') {
      out_ += icu_ ? "\\z" : "$";
    } else if (c == '{' && !IsCounter()) {
      out_ += "\\{";
    } else {
      out_ += c;
    }
  }

  // "{2}", "{2,}", "{2,5}"
  bool IsCounter() const {
    std::size_t i = at_, digits = 0;
    while (i < in_.size() && IsAsciiDigit(in_[i])) ++i, ++digits;
    if (i < in_.size() && in_[i] == ',') {
      ++i;
      while (i < in_.size() && IsAsciiDigit(in_[i])) ++i;
    }
    return digits > 0 && i < in_.size() && in_[i] == '}';
  }

  void Code(char32_t c) {
    constexpr char kHex[] = "0123456789abcdef";
    std::string hex;
    do hex.insert(hex.begin(), kHex[c & 15]);
    while ((c >>= 4) != 0);
    out_ += "\\x{" + hex + "}";
  }

  // Hexadecimal digits from at_ on, exactly `count`.
  std::optional<char32_t> Hex(std::size_t count) {
    if (at_ + count > in_.size()) return std::nullopt;
    char32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const char c = ToAsciiLower(in_[at_ + i]);
      if (!IsAsciiDigit(c) && (c < 'a' || c > 'f')) return std::nullopt;
      value = value * 16 + static_cast<char32_t>(IsAsciiDigit(c) ? c - '0' : c - 'a' + 10);
    }
    at_ += count;
    return value;
  }

  void Set(std::string_view content, bool negated) {
    if (!in_class_)
      out_ += std::string(negated ? "[^" : "[") + std::string(content) + "]";
    else if (!negated)
      out_ += content;
    else
      error_ = "a negated class inside brackets";
  }

  void Escape() {
    if (++at_ == in_.size()) {
      error_ = "a backslash at the end";
      return;
    }
    const char c = in_[at_++];
    switch (c) {
      case 'd': return Set("0-9", false);
      case 'w': return Set("A-Za-z0-9_", false);
      case 's': return Set(kSpaces, false);
      case 'D': return in_class_ ? void(out_ += R"(\x{0}-/:-\x{10ffff})") : Set("0-9", true);
      case 'W': return in_class_ ? void(out_ += R"(\x{0}-/:-@\[-\^`{-\x{10ffff})") : Set("A-Za-z0-9_", true);
      case 'S': return Set(kSpaces, true);
      case 'b':
        if (in_class_)
          Code(8);
        else
          out_ += icu_ ? "(?:(?<=[A-Za-z0-9_])(?![A-Za-z0-9_])|(?<![A-Za-z0-9_])(?=[A-Za-z0-9_]))" : "\\b";
        return;
      case 'B': out_ += "\\B"; return;
      case 't': return Code('\t');
      case 'n': return Code('\n');
      case 'v': return Code('\v');
      case 'f': return Code('\f');
      case 'r': return Code('\r');
      case '0': return Code(0);
      case 'c':
        if (at_ < in_.size() && IsAsciiAlpha(in_[at_])) return Code(static_cast<char32_t>(in_[at_++] & 31));
        error_ = "\\c without a letter";
        return;
      case 'x':
        if (const auto value = Hex(2)) return Code(*value);
        error_ = "\\x without two hexadecimal digits";
        return;
      case 'u': return UnicodeEscape();
      case 'p':
      case 'P': return Property(c);
      case 'k': out_ += "\\k"; return;
      default: break;
    }
    if (c >= '1' && c <= '9') {
      out_ += '\\';
      out_ += c;
    } else if (IsAsciiAlpha(c)) {
      error_ = std::string("\\") + c + ", which is no escape";
    } else {
      out_ += '\\';
      out_ += c;
      if (static_cast<unsigned char>(c) >= 0x80) out_.erase(out_.size() - 2, 1);
    }
  }

  void UnicodeEscape() {
    if (at_ < in_.size() && in_[at_] == '{') {
      const std::size_t close = in_.find('}', at_);
      const std::size_t digits = close == in_.npos ? 0 : close - at_ - 1;
      ++at_;
      const auto value = digits >= 1 && digits <= 6 ? Hex(digits) : std::nullopt;
      if (value && *value <= 0x10FFFF) return ++at_, Code(*value);
    } else if (auto value = Hex(4)) {
      if (*value >= 0xD800 && *value < 0xDC00 && in_.substr(at_, 2) == "\\u") {
        at_ += 2;
        if (const auto low = Hex(4); low && *low >= 0xDC00 && *low < 0xE000) value = 0x10000 + ((*value - 0xD800) << 10) + (*low - 0xDC00);
      }
      return Code(*value);
    }
    error_ = "\\u without its digits";
  }

  void Property(char kind) {
    const std::size_t close = in_.find('}', at_);
    if (at_ >= in_.size() || in_[at_] != '{' || close == in_.npos) {
      error_ = "\\p without a name in braces";
      return;
    }
    std::string_view name = in_.substr(at_ + 1, close - at_ - 1);
    at_ = close + 1;
    for (const std::string_view prefix : {"General_Category=", "gc=", "Script=", "sc=", "Script_Extensions=", "scx="}) {
      if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    }
    for (const auto& [longer, shorter] : kCategories) {
      if (name == longer) name = shorter;
    }
    out_ += std::string("\\") + kind + "{" + std::string(name) + "}";
  }

  std::string_view in_;
  bool icu_;
  std::size_t at_ = 0;
  bool in_class_ = false;
  std::string out_, error_;
};

}  // namespace

struct Regex::Compiled {
  std::unique_ptr<re2::RE2> fast;
  std::unique_ptr<icu::RegexPattern> full;
};

Result<Regex> Regex::Make(std::string_view pattern) {
  const auto refuse = [&](const std::string& why) {
    return MakeError(ErrorCode::kInvalidArgument, "'" + std::string(pattern.substr(0, 80)) + "' is no regular expression: " + why);
  };
  Translator translator(pattern, false);
  const auto simple = translator.Run();
  if (!simple) return refuse(translator.error());
  auto compiled = std::make_shared<Compiled>();
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_encoding(re2::RE2::Options::EncodingUTF8);
  compiled->fast = std::make_unique<re2::RE2>(*simple, options);
  if (compiled->fast->ok()) return Regex(std::move(compiled));
  const std::string why = compiled->fast->error();
  compiled->fast.reset();
  UErrorCode error = U_ZERO_ERROR;
  UParseError where;
  const auto wide = icu::UnicodeString::fromUTF8(*Translator(pattern, true).Run());
  compiled->full.reset(icu::RegexPattern::compile(wide, 0, where, error));
  if (U_FAILURE(error) || compiled->full == nullptr) return refuse(why);
  return Regex(std::move(compiled));
}

Regex::Found Regex::Search(std::string_view text) const {
  if (compiled_->fast != nullptr) {
    return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_->fast) ? Found::kYes : Found::kNo;
  }
  UErrorCode error = U_ZERO_ERROR;
  const auto wide = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
  const std::unique_ptr<icu::RegexMatcher> matcher(compiled_->full->matcher(wide, error));
  if (U_FAILURE(error)) return Found::kGaveUp;
  matcher->setTimeLimit(kStepLimit, error);
  matcher->setStackLimit(kStackBytes, error);
  const bool found = matcher->find(error);
  if (U_FAILURE(error)) return Found::kGaveUp;
  return found ? Found::kYes : Found::kNo;
}

}  // namespace rlar::jsonschema
