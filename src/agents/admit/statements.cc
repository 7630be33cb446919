#include "agents/admit/statements.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"

namespace rlar {
namespace {

constexpr std::size_t kMaxText = 2'000, kMaxWords = 6;  // longer sentences argue rather than state

// What stands between commas, semicolons, line ends and the word "and", without blanks around it: views into the text.
std::vector<std::string_view> Cut(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  const auto end_part = [&](std::size_t end) {
    const std::string_view part = Trim(text.substr(begin, end - begin));
    if (!part.empty()) parts.push_back(part);
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool cut = text[i] == ',' || text[i] == ';' || text[i] == '\n';
    const bool word = i > 0 && (IsAsciiSpace(text[i - 1]) || text[i - 1] == ',') && text.substr(i).starts_with("and ");
    if (!cut && !word) continue;
    end_part(i);
    i += word ? 2 : 0;
    begin = i + 1;
  }
  end_part(text.size());
  return parts;
}

struct Statement {
  std::string subject, said;  // `said` holds the subject too
};

// Empty `said`: the text is no statement.
Statement Read(std::string_view text) {
  Statement statement;
  std::string spaced;
  for (const char c : text) spaced += c == '=' ? std::string(" = ") : std::string(1, c);
  const std::string lower = AsciiLower(spaced);
  const auto words = SplitWords(lower);
  if (words.size() > kMaxWords || words.empty() || !IsAsciiAlpha(words.front()[0])) return {};
  std::size_t verbs = 0;
  for (const std::string_view word : words) {
    if (word == "is" || word == "are" || word == "=") {
      if (++verbs == 1) statement.subject = statement.said;
    } else if (word != "a" && word != "an" && word != "the") {
      statement.said += (statement.said.empty() ? "" : " ") + std::string(word);
    }
  }
  if (verbs != 1 || statement.subject.empty() || statement.said == statement.subject) return {};
  return statement;
}

std::string_view WithoutStop(std::string_view text) {
  text = Trim(text);
  if (text.ends_with(".")) text.remove_suffix(1);
  return text;
}

}  // namespace

std::vector<std::string> StatementsOf(std::string_view text) {
  if (text.size() > kMaxText) return {};
  std::vector<std::string> said;
  std::set<std::string> subjects;
  for (const std::string_view part : Cut(WithoutStop(text))) {
    Statement statement = Read(part);
    if (statement.said.empty() || !subjects.insert(statement.subject).second) return {};
    said.push_back(std::move(statement.said));
  }
  if (said.size() < 2) return {};
  std::sort(said.begin(), said.end());
  return said;
}

std::string StatementsReordered(std::string_view text) {
  if (StatementsOf(text).empty()) return "";
  const auto parts = Cut(WithoutStop(text));
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out += parts[parts.size() - 1 - i];
    if (i + 1 < parts.size()) out += std::string_view(parts[i].end(), parts[i + 1].begin());  // the separator between them
  }
  return out + (Trim(text).ends_with(".") ? "." : "");
}

}  // namespace rlar
