#include "text/plain.h"

#include <algorithm>

#include "base/text.h"

namespace rlar {
namespace {

bool IsFence(std::string_view line) { return line.starts_with("```") || line.starts_with("~~~"); }

// "---", "* * *", "___": three of one mark or more, and blanks.
bool IsRule(std::string_view line) {
  if (line.empty() || std::string_view("-*_").find(line[0]) == std::string_view::npos) return false;
  const auto marks = std::count(line.begin(), line.end(), line[0]);
  return marks >= 3 && std::all_of(line.begin(), line.end(), [&](char c) { return c == line[0] || IsAsciiSpace(c); });
}

// How many bytes of marks a line begins with: "## ", "- ", "12. ", "> ".
std::size_t MarkAt(std::string_view line) {
  std::size_t end = 0;
  if (line.starts_with('>')) return 1;
  while (end < line.size() && line[end] == '#' && end < 6) ++end;
  if (end == 0 && !line.empty() && std::string_view("-*+").find(line[0]) != std::string_view::npos) end = 1;
  if (end == 0) {
    while (end < line.size() && IsAsciiDigit(line[end]) && end < 9) ++end;
    if (end == 0 || end == line.size() || (line[end] != '.' && line[end] != ')')) return 0;
    ++end;
  }
  return end < line.size() && IsAsciiSpace(line[end]) ? end + 1 : 0;
}

std::string_view WithoutMarks(std::string_view line) {
  line = Trim(line);
  for (std::size_t mark = MarkAt(line); mark > 0; mark = MarkAt(line)) line = Trim(line.substr(mark));
  return line;
}

}  // namespace

std::string PlainWords(std::string_view text) {
  std::string out;
  bool code = false;
  for (const std::string_view line : Split(text, '\n')) {
    const bool fence = IsFence(Trim(line));
    if (fence || code) {
      if (fence && !code && !out.empty()) out += '\n';
      out += std::string(line) + "\n";
      code = code != fence;
      continue;
    }
    if (IsRule(Trim(line))) continue;
    const std::string plain = ReplaceAll(std::string(WithoutMarks(line)), "**", "");
    for (const std::string_view word : SplitWords(plain)) {
      if (!out.empty() && out.back() != '\n') out += ' ';
      out += word;
    }
  }
  return out;
}

}  // namespace rlar
