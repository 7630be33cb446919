#include "constraints/pattern.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/text.h"
#include "text/unicode.h"

namespace rlar {
namespace {

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool WordAt(std::string_view text, std::size_t i) {
  if (i >= text.size()) return false;
  return IsWordChar(NextCodePoint(text, i));
}

bool WordBefore(std::string_view text, std::size_t i) {
  if (i == 0) return false;
  --i;
  while (i > 0 && (text[i] & 0xC0) == 0x80) --i;
  return WordAt(text, i);
}

}  // namespace

Result<KeywordPattern> KeywordPattern::Make(std::string_view keyword, bool literal, bool whole_words) {
  KeywordPattern made;
  made.whole_words_ = whole_words;
  const bool plain = literal || keyword.find_first_of(".^$*+?{}[]\\|()") == keyword.npos;
  if (plain && IsAscii(keyword)) made.lower_ = AsciiLower(keyword);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(false);
  options.set_encoding(re2::RE2::Options::EncodingUTF8);
  std::string source = plain ? re2::RE2::QuoteMeta(std::string(keyword)) : std::string(keyword);
  if (!plain && whole_words) source = "\\b" + source + "\\b";
  made.regex_ = std::make_shared<const re2::RE2>(source, options);
  if (!made.regex_->ok()) {
    return MakeError(ErrorCode::kInvalidArgument, "'" + std::string(keyword) + "' is no regular expression: " + made.regex_->error());
  }
  // A literal that ends in a mark ("c++") has no word's boundary there.
  const bool bounded = !literal || (WordAt(keyword, 0) && WordBefore(keyword, keyword.size()));
  made.whole_words_ = plain && whole_words && bounded;
  return made;
}

bool KeywordPattern::AtBoundaries(std::string_view text, std::size_t begin, std::size_t end) const {
  if (!whole_words_) return true;
  return WordBefore(text, begin) != WordAt(text, begin) && WordBefore(text, end) != WordAt(text, end);
}

std::size_t KeywordPattern::CountLiteral(std::string_view text, std::size_t most) const {
  std::size_t count = 0;
  const char first = lower_[0];
  for (std::size_t i = 0; i + lower_.size() <= text.size() && count < most;) {
    if (ToAsciiLower(text[i]) == first && StartsWithIgnoreCase(text.substr(i), lower_) && AtBoundaries(text, i, i + lower_.size())) {
      ++count;
      i += lower_.size();
    } else {
      ++i;
    }
  }
  return count;
}

std::size_t KeywordPattern::Count(std::string_view text, std::size_t most) const {
  // Beyond ASCII some letters fold into it (the long s, the Kelvin sign).
  if (!lower_.empty() && IsAscii(text)) return CountLiteral(text, most);
  std::size_t count = 0;
  re2::StringPiece match;
  for (std::size_t from = 0; from <= text.size() && count < most;) {
    if (!regex_->Match(re2::StringPiece(text.data(), text.size()), from, text.size(), re2::RE2::UNANCHORED, &match, 1)) break;
    const std::size_t begin = static_cast<std::size_t>(match.data() - text.data()), end = begin + match.size();
    const bool counts = AtBoundaries(text, begin, end);
    count += counts;
    from = counts && end > begin ? end : begin + 1;
    while (from < text.size() && (text[from] & 0xC0) == 0x80) ++from;
  }
  return count;
}

}  // namespace rlar
