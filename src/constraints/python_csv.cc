#include "constraints/python_csv.h"

namespace rlar {
namespace {

class Reader {
 public:
  explicit Reader(char delimiter) : delimiter_(delimiter) {}

  // False where Python raises an error.
  bool Read(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
      const std::size_t end = std::min(text.find('\n', i), text.size() - 1);
      for (; i <= end; ++i) {
        if (!Take(text[i])) return false;
      }
      if (!EndLine()) return false;
    }
    if (state_ == State::kQuoted) {  // a quotation that nobody closed ends with the text
      Save();
      rows_.push_back(std::move(row_));
    }
    return true;
  }
  std::vector<std::vector<std::string>> rows_;

 private:
  enum class State { kRowStart, kFieldStart, kField, kQuoted, kQuoteInQuoted, kAfterReturn };
  static constexpr std::size_t kMaxField = 131'072;

  static bool IsReturn(char c) { return c == '\n' || c == '\r'; }
  bool Add(char c) {
    field_ += c;
    return field_.size() <= 4 * kMaxField;  // bytes; Python counts characters
  }
  void Save() {
    row_.push_back(std::move(field_));
    field_.clear();
  }
  bool EndRow(char c) {
    if (state_ != State::kRowStart) Save();
    state_ = c == '\0' ? State::kRowStart : State::kAfterReturn;
    return true;
  }
  bool StartField(char c) {
    if (IsReturn(c)) return EndRow(c);
    if (c == '"') return state_ = State::kQuoted, true;
    if (c == delimiter_) return Save(), state_ = State::kFieldStart, true;
    state_ = State::kField;
    return Add(c);
  }
  bool Take(char c) {
    switch (state_) {
      case State::kRowStart:
        if (IsReturn(c)) return state_ = State::kAfterReturn, true;
        [[fallthrough]];
      case State::kFieldStart: return StartField(c);
      case State::kField:
        if (IsReturn(c)) return EndRow(c);
        if (c == delimiter_) return Save(), state_ = State::kFieldStart, true;
        return Add(c);
      case State::kQuoted:
        if (c == '"') return state_ = State::kQuoteInQuoted, true;
        return Add(c);
      case State::kQuoteInQuoted:
        if (c == '"') return state_ = State::kQuoted, Add(c);
        if (c == delimiter_) return Save(), state_ = State::kFieldStart, true;
        if (IsReturn(c)) return EndRow(c);
        state_ = State::kField;
        return Add(c);
      case State::kAfterReturn: return IsReturn(c);
    }
    return false;
  }
  // Each line ends with a mark of its own: it ends the row, but not a quotation.
  bool EndLine() {
    if (state_ == State::kQuoted) return true;
    if (state_ != State::kRowStart && state_ != State::kAfterReturn) EndRow('\0');
    rows_.push_back(std::move(row_));
    row_.clear();
    state_ = State::kRowStart;
    return true;
  }

  char delimiter_;
  State state_ = State::kRowStart;
  std::string field_;
  std::vector<std::string> row_;
};

}  // namespace

std::optional<std::vector<std::vector<std::string>>> ReadPythonCsv(std::string_view text, char delimiter) {
  Reader reader(delimiter);
  if (!reader.Read(text)) return std::nullopt;
  return std::move(reader.rows_);
}

}  // namespace rlar
