#include "text/language.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/text.h"
#include "rlar/json.h"
#include "text/language_data.h"
#include "text/python_random.h"
#include "text/unicode.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxChars = 10000;
constexpr int kTrials = 7;

bool IsMailChar(char32_t c) {
  return c < 0x80 && (IsAsciiAlpha(static_cast<char>(c)) || IsAsciiDigit(static_cast<char>(c)) || c == '-' || c == '_' || c == '.');
}
bool IsUrlChar(char32_t c) {
  return IsMailChar(c) || (c != 0 && c < 0x80 && std::string_view("?&~;+=/#").find(static_cast<char>(c)) != std::string_view::npos);
}

template <class Accept>
std::size_t RunEnd(const std::u32string& text, std::size_t i, std::size_t most, Accept accept) {
  const std::size_t limit = std::min(text.size(), i + most);
  while (i < limit && accept(text[i])) ++i;
  return i;
}

// https?://[…]{1,2076} becomes a blank.
std::u32string WithoutUrls(const std::u32string& text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t body = text.compare(i, 7, U"http://") == 0 ? i + 7 : text.compare(i, 8, U"https://") == 0 ? i + 8 : 0;
    const std::size_t end = body == 0 ? 0 : RunEnd(text, body, 2076, IsUrlChar);
    if (body != 0 && end > body) {
      out += U' ';
      i = end;
    } else {
      out += text[i++];
    }
  }
  return out;
}

// […]{1,64}@[…]{1,255}[… with stops]{1,255} becomes a blank.
std::u32string WithoutMail(const std::u32string& text) {
  if (text.find(U'@') == text.npos) return text;
  const auto not_stop = [](char32_t c) { return IsMailChar(c) && c != '.'; };
  std::u32string out;
  std::size_t copied = 0;  // text up to here is in `out`
  for (std::size_t at = text.find(U'@'); at != text.npos; at = text.find(U'@', at + 1)) {
    std::size_t begin = at;
    while (begin > copied && at - begin < 64 && IsMailChar(text[begin - 1])) --begin;
    const std::size_t host = RunEnd(text, at + 1, 255, not_stop);
    const std::size_t end = RunEnd(text, host, 255, IsMailChar);
    if (begin == at || host == at + 1 || end - at - 1 < 2) continue;
    out.append(text, copied, begin - copied);
    out += U' ';
    copied = end;
    at = end - 1;
  }
  return out.append(text, copied);
}

// "\u00A0" escapes and plain characters.
std::u32string Unescape(std::string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    if (text.substr(i, 2) == "\\u" && i + 6 <= text.size()) {
      out += static_cast<char32_t>(std::stoul(std::string(text.substr(i + 2, 4)), nullptr, 16));
      i += 6;
    } else {
      out += NextCodePoint(text, i);
    }
  }
  return out;
}

bool IsUpperChar(char32_t c) { return c < 0x80 ? c >= 'A' && c <= 'Z' : u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_UPPERCASE); }

// The last up to three characters, oldest first, as a key.
constexpr std::uint64_t Shift(std::uint64_t key, char32_t c) { return (key << 21 | c) & ((std::uint64_t{1} << 63) - 1); }

}  // namespace

char32_t LanguageModel::Normalize(char32_t c) const {
  if (c < 0x80) return IsAsciiAlpha(static_cast<char>(c)) ? c : U' ';
  if (c <= 0xFF) return latin1_excluded_.find(c) != latin1_excluded_.npos ? U' ' : c;
  if (c == 0x219) return 0x15F;
  if (c == 0x21B) return 0x163;
  if (c == 0x6CC) return 0x64A;
  if (c < 0x1EA0) return c;
  if (c <= 0x1EFF) return 0x1EC3;
  if (c >= 0x2000 && c <= 0x206F) return U' ';
  if (c >= 0x3040 && c <= 0x309F) return 0x3042;
  if (c >= 0x30A0 && c <= 0x30FF) return 0x30A2;
  if ((c >= 0x3100 && c <= 0x312F) || (c >= 0x31A0 && c <= 0x31BF)) return 0x3105;
  if (c >= 0x4E00 && c <= 0x9FFF) {
    const auto at = kanji_.find(c);
    return at == kanji_.end() ? c : at->second;
  }
  return c >= 0xAC00 && c <= 0xD7AF ? 0xAC00 : c;
}

// Text without addresses, composed, single blanks; without ASCII where that is the smaller part.
std::u32string LanguageModel::Prepare(std::string_view text) const {
  std::u32string bare = WithoutMail(WithoutUrls(Decode(text)));
  std::u32string composed;
  const bool marks = std::any_of(bare.begin(), bare.end(), [](char32_t c) { return c >= 0x300; });
  if (!marks) composed.swap(bare);
  composed.reserve(bare.size());
  for (std::size_t i = 0; i < bare.size(); ++i) {
    const std::size_t mark = i + 1 < bare.size() && bare[i + 1] >= 0x300 ? vietnamese_marks_.find(bare[i + 1]) : std::u32string::npos;
    const std::size_t letter = mark == std::u32string::npos ? mark : vietnamese_letters_.find(bare[i]);
    if (letter == std::u32string::npos) {
      composed += bare[i];
    } else {
      composed += vietnamese_composed_[mark][letter];
      ++i;
    }
  }
  std::u32string out;
  out.reserve(composed.size());
  std::size_t latin = 0, other = 0;
  for (std::size_t i = 0; i < std::min(composed.size(), kMaxChars); ++i) {
    const char32_t c = composed[i];
    if (c == ' ' && i > 0 && composed[i - 1] == ' ') continue;
    out += c;
    latin += c >= 'A' && c <= 'z';
    other += c >= 0x300 && !(c >= 0x1E00 && c <= 0x1EFF);
  }
  if (latin * 2 < other) std::erase_if(out, [](char32_t c) { return c >= 'A' && c <= 'z'; });
  return out;
}

const LanguageModel::Slot* LanguageModel::Find(std::uint64_t key) const {
  for (std::size_t i = (key * 0x9E3779B97F4A7C15u) >> shift_;; i = (i + 1) & (slots_.size() - 1)) {
    if (slots_[i].key == key) return &slots_[i];
    if (slots_[i].key == 0) return nullptr;
  }
}

// The known 1-, 2- and 3-grams at each character; none inside words in capitals.
std::vector<const LanguageModel::Slot*> LanguageModel::Ngrams(const std::u32string& text) const {
  std::vector<const Slot*> found;
  found.reserve(text.size() * 3);
  std::uint64_t grams = U' ';
  int size = 1;
  bool last_upper = false, capitals = false;
  const auto add = [&](std::uint64_t key) {
    if (const Slot* slot = Find(key)) found.push_back(slot);
  };
  for (const char32_t raw : text) {
    const char32_t c = Normalize(raw);
    const char32_t last = grams & 0x1FFFFF;
    if (last == ' ') {
      grams = U' ';
      size = 1;
      capitals = false;
      last_upper = false;
      if (c == ' ') continue;
    }
    grams = Shift(grams, c);
    size = std::min(size + 1, 3);
    const bool upper = IsUpperChar(c);
    capitals = upper && (capitals || last_upper);
    last_upper = upper;
    if (capitals) continue;
    if (c != ' ') add(c);
    add(grams & ((std::uint64_t{1} << 42) - 1));
    if (size == 3) add(grams);
  }
  return found;
}

namespace {

// Whether the trials that are left, each worth 1/kTrials at most, leave the first language first (and likely).
bool IsDecided(const std::vector<double>& total, int left) {
  double first = 0, second = 0;
  for (const double value : total) {
    second = std::max(second, std::min(first, value));
    first = std::max(first, value);
  }
  return first > 0.2 && first - second > static_cast<double>(left) / kTrials + 1e-9;
}

}  // namespace

std::string LanguageModel::Detect(std::string_view text) const {
  const auto ngrams = Ngrams(Prepare(text));
  if (ngrams.empty()) return "";
  const std::size_t count = languages_.size();
  // In blocks, which the compiler makes vectors of; what stands behind the last language stays 0.
  constexpr std::size_t kBlock = 8;
  const std::size_t blocks = (count + kBlock - 1) / kBlock;
  std::vector<double> total(count, 0.0), probability(blocks * kBlock), updated(count);
  static const PythonRandom kSeeded(0);
  PythonRandom random = kSeeded;
  for (int trial = 0; trial < kTrials; ++trial) {
    std::fill_n(probability.begin(), count, 1.0 / static_cast<double>(count));
    const double weight = (0.5 + random.Gauss() * 0.05) / 10000;
    for (int i = 0;; ++i) {
      const Slot& slot = *ngrams[random.Below(static_cast<std::uint32_t>(ngrams.size()))];
      for (std::uint32_t e = slot.begin; e < slot.end; ++e) {
        updated[e - slot.begin] = probability[entries_[e].language] * (weight + entries_[e].probability);
      }
      for (std::size_t b = 0; b < blocks; ++b) {
        double* const block = probability.data() + b * kBlock;
        for (std::size_t k = 0; k < kBlock; ++k) block[k] *= weight;
      }
      for (std::uint32_t e = slot.begin; e < slot.end; ++e) probability[entries_[e].language] = updated[e - slot.begin];
      if (i % 5 != 0) continue;
      double sum = 0, most = 0;
      for (const double p : probability) sum += p;
      for (std::size_t b = 0; b < blocks; ++b) {
        double* const block = probability.data() + b * kBlock;
        for (std::size_t k = 0; k < kBlock; ++k) block[k] /= sum;
      }
      for (const double p : probability) most = std::max(most, p);
      if (most > 0.99999 || i >= 1000) break;
    }
    for (std::size_t k = 0; k < count; ++k) total[k] += probability[k] / kTrials;
    if (IsDecided(total, kTrials - 1 - trial)) break;
  }
  const auto best = std::max_element(total.begin(), total.end());
  return *best > 0.1 ? languages_[static_cast<std::size_t>(best - total.begin())] : "unknown";
}

Result<void> LanguageModel::LoadTables() {
  auto file = ReadLanguageData("langdetect/messages.properties");
  if (!file) return file.error();
  vietnamese_composed_.resize(5);
  static constexpr std::array<std::string_view, 5> kMarks{"0300", "0301", "0303", "0309", "0323"};
  for (const std::string_view line : Split(*file, '\n')) {
    const std::size_t equals = line.find('=');
    if (equals == line.npos) continue;
    const std::string_view key = Trim(line.substr(0, equals));
    const std::u32string value = Unescape(Trim(line.substr(equals + 1)));
    if (key == "NGram.LATIN1_EXCLUDE") latin1_excluded_ = value;
    if (key == "TO_NORMALIZE_VI_CHARS") vietnamese_letters_ = value;
    if (key == "DMARK_CLASS") vietnamese_marks_ = value;
    for (std::size_t i = 0; i < kMarks.size(); ++i) {
      if (key == "NORMALIZED_VI_CHARS_" + std::string(kMarks[i])) vietnamese_composed_[i] = value;
    }
    if (key.substr(0, 12) == "NGram.KANJI_") {
      for (const char32_t c : value) kanji_[c] = value[0];
    }
  }
  for (const auto& row : vietnamese_composed_) {
    if (row.size() != vietnamese_letters_.size()) {
      return MakeError(ErrorCode::kCorrupt, "language data 'langdetect/messages.properties' has not the form it had");
    }
  }
  return {};
}

Result<void> LanguageModel::LoadProfiles() {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(LanguageDataFolder() + "/langdetect/profiles", error)) {
    names.push_back(file.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  std::unordered_map<std::uint64_t, std::vector<Entry>> ngrams;
  for (const std::string& name : names) {
    auto text = ReadLanguageData("langdetect/profiles/" + name);
    if (!text) return text.error();
    const auto profile = ParseJson(*text);
    const Json* frequencies = profile ? profile->Find("freq") : nullptr;
    const Json* sums = profile ? profile->Find("n_words") : nullptr;
    if (frequencies == nullptr || sums == nullptr || !frequencies->is_object() || !sums->is_array() || sums->array().size() < 3) {
      return MakeError(ErrorCode::kCorrupt, "language profile '" + name + "' has not the form it had");
    }
    for (const auto& [gram, count] : frequencies->object()) {
      const std::u32string chars = Decode(gram);
      if (chars.empty() || chars.size() > 3) continue;
      std::uint64_t key = 0;
      for (const char32_t c : chars) key = Shift(key, c);
      ngrams[key].push_back({static_cast<std::uint32_t>(languages_.size()), count.number() / sums->array()[chars.size() - 1].number()});
    }
    languages_.push_back(name);
  }
  if (languages_.size() < 2) return MakeError(ErrorCode::kUnavailable, "no language profiles; scripts/fetch_language_data gets them");
  BuildIndex(ngrams);
  return {};
}

void LanguageModel::BuildIndex(const std::unordered_map<std::uint64_t, std::vector<Entry>>& ngrams) {
  int bits = 4;
  while ((std::size_t{1} << bits) < 3 * ngrams.size()) ++bits;
  shift_ = 64 - bits;
  slots_.resize(std::size_t{1} << bits);
  for (const auto& [key, entries] : ngrams) {
    std::size_t i = (key * 0x9E3779B97F4A7C15u) >> shift_;
    while (slots_[i].key != 0) i = (i + 1) & (slots_.size() - 1);
    slots_[i] = {key, static_cast<std::uint32_t>(entries_.size()), static_cast<std::uint32_t>(entries_.size() + entries.size())};
    entries_.insert(entries_.end(), entries.begin(), entries.end());
  }
}

Result<LanguageModel> LanguageModel::Load() {
  LanguageModel model;
  RLAR_TRY(model.LoadTables());
  RLAR_TRY(model.LoadProfiles());
  return model;
}

const Result<LanguageModel>& Languages() {
  static const Result<LanguageModel> model = LanguageModel::Load();
  return model;
}

}  // namespace rlar
