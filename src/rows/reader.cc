#include "rows/reader.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "base/text.h"
#include "base/unique_fd.h"
#include "process/child.h"
#include "process/python.h"
#include "rows/csv.h"
#include "rows/parquet_source.h"

namespace rlar {
namespace {

// Lines of a descriptor without their ends; memory is bounded by the longest line that is allowed.
class LineReader {
 public:
  LineReader(UniqueFd fd, std::size_t max_bytes) : fd_(std::move(fd)), max_bytes_(max_bytes) {}

  struct Line {
    std::string text;
    bool oversize = false;
  };
  Result<std::optional<Line>> Next() {
    Line line;
    bool any = false;
    for (;;) {
      if (pos_ == size_) {
        const ssize_t got = ::read(fd_.get(), buffer_.data(), buffer_.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return MakeError(ErrorCode::kUnreadable, std::string("cannot read: ") + std::strerror(errno));
        if (got == 0) {
          if (!any) return std::optional<Line>();
          return Finish(std::move(line));
        }
        pos_ = 0;
        size_ = static_cast<std::size_t>(got);
      }
      any = true;
      const char* start = buffer_.data() + pos_;
      const auto* end = static_cast<const char*>(std::memchr(start, '\n', size_ - pos_));
      const std::size_t part = end != nullptr ? static_cast<std::size_t>(end - start) : size_ - pos_;
      if (line.text.size() + part > max_bytes_) {
        line.oversize = true;
        line.text.clear();
        line.text.shrink_to_fit();
      } else if (!line.oversize) {
        line.text.append(start, part);
      }
      pos_ += part + (end != nullptr ? 1 : 0);
      if (end != nullptr) return Finish(std::move(line));
    }
  }

 private:
  std::optional<Line> Finish(Line line) {
    if (!line.text.empty() && line.text.back() == '\r') line.text.pop_back();
    if (first_ && line.text.starts_with("\xEF\xBB\xBF")) line.text.erase(0, 3);
    first_ = false;
    return line;
  }

  UniqueFd fd_;
  std::size_t max_bytes_;
  std::vector<char> buffer_ = std::vector<char>(1 << 16);
  std::size_t pos_ = 0, size_ = 0;
  bool first_ = true;
};

RowError Oversize(std::size_t limit) { return {Class::kRowOversize, "the row is longer than " + std::to_string(limit) + " bytes (--max-row-bytes)", {}}; }

// Shared by the formats: turns JSON objects into rows, guessing fields it has under other names.
class BaseReader : public RowReader {
 public:
  explicit BaseReader(ReaderOptions options) : options_(std::move(options)) {}
  const std::vector<std::string>& guesses() const override { return guesses_; }

 protected:
  std::variant<Group, RowError> FromJson(const Json& row) {
    if (options_.guess) {
      for (std::string& guess : GuessFields(row, options_.map)) guesses_.push_back(std::move(guess));
    }
    return ParseRow(row, options_.map);
  }
  std::variant<Group, RowError> FromText(std::string_view text) {
    if (Trim(text).empty()) return RowError{Class::kEmptyLine, "empty line", {}};
    if (!IsValidUtf8(text)) return RowError{Class::kBadUtf8, "the line is not valid UTF-8", {}};
    auto json = ParseJson(text);
    if (!json) return RowError{Class::kBadJson, "not JSON: " + json.error().message, {}};
    return FromJson(*json);
  }

  ReaderOptions options_;
  std::vector<std::string> guesses_;
  long line_ = 0;
};

class JsonLinesReader final : public BaseReader {
 public:
  JsonLinesReader(UniqueFd fd, ReaderOptions options) : BaseReader(std::move(options)), lines_(std::move(fd), options_.max_row_bytes) {}
  Result<std::optional<NumberedRow>> Next() override {
    auto line = lines_.Next();
    if (!line) return line.error();
    if (!line->has_value()) return std::optional<NumberedRow>();
    ++line_;
    if ((*line)->oversize) return std::optional<NumberedRow>({line_, 0, Oversize(options_.max_row_bytes)});
    const std::size_t bytes = (*line)->text.size();
    return std::optional<NumberedRow>({line_, bytes, FromText((*line)->text)});
  }

 private:
  LineReader lines_;
};

class CsvReader final : public BaseReader {
 public:
  CsvReader(UniqueFd fd, ReaderOptions options) : BaseReader(std::move(options)), lines_(std::move(fd), options_.max_row_bytes) {}
  Result<std::optional<NumberedRow>> Next() override {
    std::vector<std::string> fields;
    if (header_.empty()) {
      auto head = Record();
      if (!head) return head.error();
      if (!head->has_value()) return std::optional<NumberedRow>();
      if (!IsValidUtf8((*head)->text) || !ParseCsvRecord((*head)->text, header_)) {
        return MakeError(ErrorCode::kInvalidArgument, "the first line is no CSV header");
      }
    }
    auto record = Record();
    if (!record) return record.error();
    if (!record->has_value()) return std::optional<NumberedRow>();
    ++line_;
    const auto error = [&](RowError what) { return std::optional<NumberedRow>({line_, 0, std::move(what)}); };
    if ((*record)->oversize) return error(Oversize(options_.max_row_bytes));
    const std::string& text = (*record)->text;
    if (Trim(text).empty()) return error({Class::kEmptyLine, "empty line", {}});
    if (!IsValidUtf8(text)) return error({Class::kBadUtf8, "the line is not valid UTF-8", {}});
    if (!ParseCsvRecord(text, fields)) return error({Class::kBadRow, "not CSV: a quote is out of place", {}});
    if (fields.size() != header_.size()) {
      return error({Class::kBadRow, "the record has " + std::to_string(fields.size()) + " fields, the header " + std::to_string(header_.size()), {}});
    }
    return std::optional<NumberedRow>({line_, text.size(), FromJson(ToJson(fields))});
  }

 private:
  // A record may go on over several lines inside quotes.
  Result<std::optional<LineReader::Line>> Record() {
    auto line = lines_.Next();
    if (!line || !line->has_value()) return line;
    while (!(*line)->oversize && CsvRecordIsOpen((*line)->text)) {
      auto more = lines_.Next();
      if (!more) return more;
      if (!more->has_value()) break;
      (*line)->oversize = (*more)->oversize || (*line)->text.size() + (*more)->text.size() > options_.max_row_bytes;
      (*line)->text += "\n" + (*more)->text;
    }
    return line;
  }
  // Cells that hold a JSON list or object are read as such; everything else is text; an empty cell is no field.
  Json ToJson(const std::vector<std::string>& fields) const {
    Json row = Json::Object{};
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (fields[i].empty()) continue;
      const bool structured = fields[i].front() == '{' || fields[i].front() == '[';
      auto parsed = structured ? ParseJson(fields[i]) : Result<Json>(Json(fields[i]));
      row.Set(header_[i], parsed ? std::move(*parsed) : Json(fields[i]));
    }
    return row;
  }

  LineReader lines_;
  std::vector<std::string> header_;
};

class ParquetReader final : public BaseReader {
 public:
  ParquetReader(Child child, ReaderOptions options) : BaseReader(std::move(options)), child_(std::move(child)) {}
  Result<std::optional<NumberedRow>> Next() override {
    auto text = child_.ReadLine(Deadline::Never(), options_.max_row_bytes);
    if (!text) {
      if (child_.at_end() && line_ == rows_) return std::optional<NumberedRow>();
      return MakeError(ErrorCode::kUnreadable, "the Parquet reader stopped after row " + std::to_string(line_), text.error());
    }
    ++line_;
    return std::optional<NumberedRow>({line_, text->size(), FromText(*text)});
  }
  void set_rows(long rows) { rows_ = rows; }

 private:
  Child child_;
  long rows_ = 0;
};

Result<std::unique_ptr<RowReader>> OpenParquet(const std::string& path, ReaderOptions options) {
  ChildOptions spawn = PythonProgram(kParquetReaderSource, {path});
  auto child = Child::Spawn(spawn);
  if (!child) return MakeError(ErrorCode::kUnavailable, "reading Parquet needs Python with pyarrow", child.error());
  auto head = child->ReadLine(Deadline::After(std::chrono::seconds(60)), 1 << 20);
  auto json = head ? ParseJson(*head) : Result<Json>(head.error());
  if (!json) return MakeError(ErrorCode::kUnavailable, "the Parquet reader did not start", json.error());
  if (const Json* error = json->Find("error"); error != nullptr && error->is_string()) {
    return MakeError(ErrorCode::kUnreadable, "'" + path + "': " + error->string());
  }
  auto reader = std::make_unique<ParquetReader>(std::move(*child), std::move(options));
  if (const Json* rows = json->Find("rows"); rows != nullptr && rows->is_number()) {
    reader->set_rows(static_cast<long>(rows->number()));
  }
  return std::unique_ptr<RowReader>(std::move(reader));
}

}  // namespace

Result<std::unique_ptr<RowReader>> OpenRows(const std::string& path, ReaderOptions options) {
  UniqueFd fd(path == "-" ? ::dup(0) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return MakeError(ErrorCode::kUnreadable, "cannot read '" + path + "': " + std::strerror(errno));
  const std::string lower = AsciiLower(path);
  if (lower.ends_with(".parquet")) return OpenParquet(path, std::move(options));
  if (lower.ends_with(".csv")) return std::unique_ptr<RowReader>(std::make_unique<CsvReader>(std::move(fd), std::move(options)));
  return std::unique_ptr<RowReader>(std::make_unique<JsonLinesReader>(std::move(fd), std::move(options)));
}

}  // namespace rlar
