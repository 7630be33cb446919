#include "classify/features.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/hash.h"
#include "base/text.h"

namespace rlar {
namespace {

// Words looked at on each side of a prompt: task wording stands at the beginning and the end, content in between.
constexpr std::size_t kWordsPerSide = 48;

bool IsNumber(std::string_view text) {
  while (!text.empty() && (text.front() == '-' || text.front() == '+' || text.front() == '$' || text.front() == ' ')) {
    text.remove_prefix(1);
  }
  if (!text.empty() && text.back() == '%') text.remove_suffix(1);
  bool digit = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (IsAsciiDigit(text[i])) {
      digit = true;
    } else if (text[i] != '.' && text[i] != ',' && !((text[i] == 'e' || text[i] == 'E') && digit && i + 1 < text.size())) {
      return false;
    }
  }
  return digit;
}

bool IsArithmetic(std::string_view text) {
  bool digit = false, op = false;
  for (const char c : text) {
    if (IsAsciiDigit(c)) {
      digit = true;
    } else if (std::string_view("+-*/^=").find(c) != std::string_view::npos) {
      op = true;
    } else if (std::string_view("(). ").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return digit && op;
}

bool IsMath(std::string_view text) {
  if (text.find('\\') != text.npos || text.find('^') != text.npos || text.find("sqrt") != text.npos) return true;
  const bool symbol = text.find_first_of("=<>+*/") != text.npos;
  const bool digit = std::any_of(text.begin(), text.end(), IsAsciiDigit);
  return symbol && digit && SplitWords(text).size() <= 12 && text.find('"') == text.npos;
}

bool IsBoolean(const std::string& lower) { return lower == "yes" || lower == "no" || lower == "true" || lower == "false"; }

bool IsSequence(std::string_view text) {
  if (text.find('\n') != text.npos) return false;
  std::string_view inner = text;
  if (inner.size() > 1 && (inner.front() == '[' || inner.front() == '(') && (inner.back() == ']' || inner.back() == ')')) {
    inner = inner.substr(1, inner.size() - 2);
  }
  const auto items = Split(inner, ',');
  if (items.size() < 3) return false;
  return std::all_of(items.begin(), items.end(), [](std::string_view item) { return SplitWords(item).size() <= 2; });
}

bool IsAsciiPunctuation(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7F && !IsAsciiAlpha(c) && !IsAsciiDigit(c);
}

// A term of one variable, as "24*f" or "6x"; not "3rd", "x2y" or "1e5".
bool IsTerm(std::string_view folded) {
  std::size_t letters = 0;
  for (const char c : folded) {
    if (IsAsciiAlpha(c)) {
      ++letters;
    } else if (!IsAsciiDigit(c) && std::string_view("*.^+-/").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return letters == 1 && !IsNumber(folded);
}

// Lower case without punctuation around it; numbers become one word, list items, shares and terms of a variable others; signs that stand alone stay.
std::string FoldWord(std::string_view word) {
  if (word.size() <= 3 && std::all_of(word.begin(), word.end(), IsAsciiPunctuation)) return std::string(word);
  const bool item = word.ends_with(','), share = word.ends_with('%');
  while (!word.empty() && IsAsciiPunctuation(word.front())) word.remove_prefix(1);
  while (!word.empty() && IsAsciiPunctuation(word.back())) word.remove_suffix(1);
  std::string folded = AsciiLower(word);
  if (std::none_of(folded.begin(), folded.end(), IsAsciiDigit)) return folded;
  return share ? "0%" : IsTerm(folded) ? "0x" : item ? "0," : "0";
}

}  // namespace

std::string TextShape(std::string_view raw) {
  const std::string_view text = Trim(raw);
  if (text.empty()) return "none";
  if (IsNumber(text)) return "number";
  if (IsArithmetic(text)) return text.find_first_of("*+-()") == text.npos ? "math" : "expression";
  if (text.size() == 1 && text[0] >= 'A' && text[0] <= 'J') return "letter";
  if (text.front() == '{' && text.back() == '}' && ParseJson(text)) return "object";
  if (IsBoolean(AsciiLower(text))) return "boolean";
  if (IsSequence(text)) return "sequence";
  if (IsMath(text)) return "math";
  const std::size_t words = SplitWords(text).size();
  return words <= 4 ? "short_text" : words <= 8 ? "phrase" : "long_text";
}

std::string ReferenceShape(const Reference& reference) {
  switch (reference.kind) {
    case Reference::Kind::kNone: return "none";
    case Reference::Kind::kJson: return "object";
    case Reference::Kind::kText: return TextShape(reference.texts.front());
    case Reference::Kind::kList: break;
  }
  std::map<std::string, std::size_t> counts;
  for (const std::string& text : reference.texts) ++counts[TextShape(text)];
  const auto most = std::max_element(counts.begin(), counts.end(), [](auto& a, auto& b) { return a.second < b.second; });
  return "list:" + most->first;
}

std::string ParamNames(const Query& query) {
  if (!query.params.is_object()) return {};
  std::vector<std::string> names;
  for (const auto& [name, value] : query.params.object()) {
    if (!value.is_null()) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ",") + name;
  return joined;
}

std::vector<std::string> PromptWords(const Query& query) {
  const auto words = SplitWords(query.prompt);
  std::vector<std::string> folded;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i >= kWordsPerSide && i + kWordsPerSide < words.size()) continue;
    std::string word = FoldWord(words[i]);
    if (!word.empty()) folded.push_back(std::move(word));
  }
  return folded;
}

SparseVector PromptFeatures(const Query& query) {
  const auto words = PromptWords(query);
  std::vector<std::uint32_t> hashes;
  hashes.reserve(2 * words.size());
  std::string pair;
  for (std::size_t i = 0; i < words.size(); ++i) {
    hashes.push_back(static_cast<std::uint32_t>(Hash64(words[i]) % kFeatureSpace));
    if (i + 1 == words.size()) break;
    pair.assign(words[i]).append(1, ' ').append(words[i + 1]);
    hashes.push_back(static_cast<std::uint32_t>(Hash64(pair, 1) % kFeatureSpace));
  }
  std::sort(hashes.begin(), hashes.end());
  SparseVector features;
  for (std::size_t i = 0, next = 0; i < hashes.size(); i = next) {
    while (next < hashes.size() && hashes[next] == hashes[i]) ++next;
    features.emplace_back(hashes[i], 1 + std::log(static_cast<float>(next - i)));
  }
  return features;
}

double Dot(const SparseVector& a, const SparseVector& b) {
  double sum = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (i->first < j->first) {
      ++i;
    } else if (j->first < i->first) {
      ++j;
    } else {
      sum += static_cast<double>(i++->second) * (j++)->second;
    }
  }
  return sum;
}

void Normalise(SparseVector& v) {
  const double length = std::sqrt(Dot(v, v));
  if (length == 0) return;
  for (auto& [feature, weight] : v) weight = static_cast<float>(weight / length);
}

Json VectorToJson(const SparseVector& v) {
  Json array = Json::Array{};
  for (const auto& [feature, weight] : v) {
    array.Push(static_cast<std::int64_t>(feature));
    array.Push(static_cast<double>(weight));
  }
  return array;
}

Result<SparseVector> VectorFromJson(const Json* array) {
  SparseVector v;
  if (array == nullptr || !array->is_array() || array->array().size() % 2 != 0) {
    return MakeError(ErrorCode::kCorrupt, "it must be a list of features and weights");
  }
  for (std::size_t i = 0; i < array->array().size(); i += 2) {
    const Json& feature = array->array()[i];
    const Json& weight = array->array()[i + 1];
    if (!feature.is_number() || !weight.is_number() || feature.number() < 0 || feature.number() >= kFeatureSpace) {
      return MakeError(ErrorCode::kCorrupt, "it must hold features and weights");
    }
    v.emplace_back(static_cast<std::uint32_t>(feature.number()), static_cast<float>(weight.number()));
  }
  if (!std::is_sorted(v.begin(), v.end())) return MakeError(ErrorCode::kCorrupt, "it must be sorted by feature");
  return v;
}

}  // namespace rlar
