// Laws of the text metrics, of repetition of rows in query results, and of the formats that rewards ask for.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "sql/compare.h"
#include "text/bleu.h"
#include "text/chrf.h"
#include "text/meteor.h"
#include "text/ter.h"
#include "tools/native_tool.h"

namespace rlar {
namespace {

std::vector<std::string> Words(int most) {
  std::vector<std::string> words;
  for (int i = *rc::gen::inRange(1, most); i > 0; --i)
    words.push_back(*rc::gen::element<std::string>("a", "b", "c", "dog", "cats", "runs", "über", "3.5", "x,", "東京"));
  return words;
}
std::string Join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}
std::int64_t Edits(const std::string& said, const std::string& wanted) {
  return TerReferences(std::span(&wanted, 1), {}).Count(said, [](std::int64_t) { return true; })->edits;
}

RC_GTEST_PROP(TerProperty, MovingABlockCostsOneEdit, ()) {
  std::vector<std::string> words;
  for (int i = 0, n = *rc::gen::inRange(3, 40); i < n; ++i) words.push_back("w" + std::to_string(i));
  const std::string wanted = Join(words);
  RC_ASSERT(Edits(wanted, wanted) == 0);
  const auto n = static_cast<int>(words.size());
  const int begin = *rc::gen::inRange(0, n - 1), size = *rc::gen::inRange(1, std::min(10, n - begin) + 1);
  std::vector<std::string> block(words.begin() + begin, words.begin() + begin + size);
  words.erase(words.begin() + begin, words.begin() + begin + size);
  const int target = *rc::gen::inRange(0, static_cast<int>(words.size()) + 1);
  words.insert(words.begin() + target, block.begin(), block.end());
  RC_ASSERT(Edits(Join(words), wanted) == (target == begin ? 0 : 1));
}

RC_GTEST_PROP(TerProperty, NeverMoreThanWithoutShifts, ()) {
  const auto said = Words(30), wanted = Words(30);
  const std::int64_t edits = Edits(Join(said), Join(wanted));
  // Edit distance the plain way.
  std::vector<std::size_t> row(wanted.size() + 1);
  for (std::size_t j = 0; j <= wanted.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= said.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= wanted.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (said[i - 1] != wanted[j - 1])});
      diagonal = above;
    }
  }
  RC_ASSERT(edits <= static_cast<std::int64_t>(row.back()));
}

RC_GTEST_PROP(MetricProperty, TheReferenceScoresFull, ()) {
  const std::string text = Join(Words(20));
  const BleuOptions bleu{.effective_order = true};
  RC_ASSERT(std::abs(ComputeBleu(BleuReferences(std::span(&text, 1), bleu).Count(text), bleu).score - 100) < 1e-9);
  RC_ASSERT(std::abs(ComputeChrf(ChrfReferences(std::span(&text, 1), {}).Count(text), {}) - 100) < 1e-9);
  const MeteorScore meteor = MeteorReference(text, {}).Compare(text);
  RC_ASSERT(meteor.precision == 1 && meteor.recall == 1);
}

RC_GTEST_PROP(MetricProperty, BlanksDoNotCount, ()) {
  const auto said = Words(15), wanted = Words(15);
  const std::string reference = Join(wanted);
  const std::string wide = "  " + Join(said) + " \n";
  const BleuOptions bleu{.effective_order = true};
  const BleuReferences references(std::span(&reference, 1), bleu);
  RC_ASSERT(ComputeBleu(references.Count(Join(said)), bleu).score == ComputeBleu(references.Count(wide), bleu).score);
  RC_ASSERT(Edits(Join(said), reference) == Edits(wide, reference));
  RC_ASSERT(MeteorReference(reference, {}).Compare(Join(said)).score == MeteorReference(reference, {}).Compare(wide).score);
}

sql::Table AnyTable() {
  sql::Table table{.columns = static_cast<std::size_t>(*rc::gen::inRange(1, 4)), .rows = {}};
  for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
    auto& row = table.rows.emplace_back();
    for (std::size_t c = 0; c < table.columns; ++c) row.push_back("n" + std::to_string(*rc::gen::inRange(0, 3)));
  }
  return table;
}

RC_GTEST_PROP(SqlProperty, SetRuleForgetsOrderAndDuplicates, ()) {
  const sql::Table table = AnyTable();
  sql::Table other = table;
  std::reverse(other.rows.begin(), other.rows.end());
  RC_ASSERT(sql::SameRows(table, other, false));
  if (!other.rows.empty()) other.rows.push_back(other.rows.front());
  RC_ASSERT(sql::SameRowSet(table, other));
  RC_ASSERT(sql::SameRows(table, other, false) == (other.rows.size() == table.rows.size()));
}

RC_GTEST_PROP(SqlProperty, StrictRuleForgetsTheOrderOfColumns, ()) {
  const sql::Table table = AnyTable();
  sql::Table other = table;
  for (sql::Row& row : other.rows) std::rotate(row.begin(), row.begin() + 1, row.end());
  RC_ASSERT(sql::SameRows(table, other, true));
  if (other.rows.empty()) return;
  other.rows.front().front() = "tother";
  RC_ASSERT(!sql::SameRows(table, other, false));
  RC_ASSERT(!sql::SameRowSet(table, other));
}

Score Run(const char* tool, const std::string& params, const std::string& text, long tokens = 0) {
  Query query;
  const Response response{.text = text, .tokens = tokens};
  return NativeRunner(*FindNativeVerifier(tool)).Run(query, std::span(&response, 1), *ParseJson(params)).front();
}

RC_GTEST_PROP(LengthProperty, LongerIsNeverBetter, ()) {
  const long a = *rc::gen::inRange(0, 300), b = a + *rc::gen::inRange(0, 100);
  const std::string overlong = R"({"max_length":200,"buffer":100})";
  RC_ASSERT(*Run("overlong", overlong, "x", a).value() >= *Run("overlong", overlong, "x", b).value());
  const std::string cosine = R"({"max_length":200,"unit":"tokens"})", wrong = R"({"max_length":200,"unit":"tokens","correct":false})";
  RC_ASSERT(*Run("cosine_length", cosine, "x", a).value() >= *Run("cosine_length", cosine, "x", b).value());
  RC_ASSERT(*Run("cosine_length", wrong, "x", a).value() <= *Run("cosine_length", wrong, "x", b).value());
}

RC_GTEST_PROP(FormatProperty, EveryTagOnceAndInOrder, ()) {
  const std::string inner = Join(Words(5));
  const std::string right = "<plan>" + inner + "</plan>\n<code>" + inner + "</code>";
  const std::string params = R"({"tags":["plan","code"]})";
  RC_ASSERT(*Run("format_tags", params, right).value() == 1);
  const auto at = static_cast<std::size_t>(*rc::gen::inRange(0, 4));
  const std::string part = std::vector<std::string>{"<plan>", "</plan>", "<code>", "</code>"}[at];
  std::string without = right, twice = right;
  without.erase(without.find(part), part.size());
  twice.insert(twice.find(part), part);
  RC_ASSERT(*Run("format_tags", params, without).value() == 0);
  RC_ASSERT(*Run("format_tags", params, twice).value() == 0);
}

}  // namespace
}  // namespace rlar
