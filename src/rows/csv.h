// CSV as RFC 4180 writes it: quoted fields may hold separators, quotes ("") and line breaks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rlar {

// Splits a complete record (without its line end) into fields. False where a quote is left open or stands in the wrong place.
bool ParseCsvRecord(std::string_view record, std::vector<std::string>& fields);
// True while `record` has an odd number of quotes, that is, goes on in the next line.
bool CsvRecordIsOpen(std::string_view record);

}  // namespace rlar
