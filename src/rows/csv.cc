#include "rows/csv.h"

#include <algorithm>

namespace rlar {

bool CsvRecordIsOpen(std::string_view record) { return std::count(record.begin(), record.end(), '"') % 2 != 0; }

bool ParseCsvRecord(std::string_view record, std::vector<std::string>& fields) {
  fields.clear();
  std::size_t i = 0;
  for (;;) {
    std::string field;
    if (i < record.size() && record[i] == '"') {
      ++i;
      for (;;) {
        const std::size_t quote = record.find('"', i);
        if (quote == record.npos) return false;
        field.append(record, i, quote - i);
        i = quote + 1;
        if (i >= record.size() || record[i] != '"') break;
        field += '"';
        ++i;
      }
      if (i < record.size() && record[i] != ',') return false;
    } else {
      const std::size_t end = std::min(record.find(',', i), record.size());
      field = record.substr(i, end - i);
      if (field.find('"') != field.npos) return false;
      i = end;
    }
    fields.push_back(std::move(field));
    if (i >= record.size()) return true;
    ++i;  // the comma
  }
}

}  // namespace rlar
