// Targets: what reads JSON, schemas, patterns, addresses, calls, queries, dates and answers.
#include "jsonschema/formats.h"
#include "jsonschema/number.h"
#include "jsonschema/regex.h"
#include "jsonschema/schema.h"
#include "jsonschema/uri.h"
#include "rlar/json.h"
#include "sql/compare.h"
#include "sql/database.h"
#include "target.h"
#include "text/extract.h"
#include "text/json_answer.h"
#include "text/qa_dates.h"
#include "text/tool_calls.h"

namespace rlar::fuzz {
namespace {

// Two texts in one, cut at the first bell.
std::pair<std::string_view, std::string_view> Halves(std::string_view text) {
  const std::size_t cut = text.find('\a');
  return cut == text.npos ? std::pair{text, text} : std::pair{text.substr(0, cut), text.substr(cut + 1)};
}

void ReadJson(std::string_view text) {
  const auto json = ParseJson(text);
  if (!json) return;
  const auto again = ParseJson(json->Dump());
  FUZZ_CHECK(again.has_value() && jsonschema::SameValue(*json, *again));
  const auto repaired = RepairJson(text);
  if (json->is_object() || json->is_array()) FUZZ_CHECK(repaired.has_value() && *repaired == *json);
}

void ReadRepair(std::string_view text) {
  const auto json = RepairJson(text);
  if (json) FUZZ_CHECK(ParseJson(json->Dump()).has_value());
  (void)ReadJsonAnswer(text, {.repair = true}).has_value();
}

void ReadSchema(std::string_view text) {
  const auto [schema_text, value_text] = Halves(text);
  const auto schema = ParseJson(schema_text), value = ParseJson(value_text);
  if (!schema || !value) return;
  for (const auto draft : {jsonschema::Draft::k07, jsonschema::Draft::k2020}) {
    const auto compiled = jsonschema::Schema::Compile(*schema, {.draft = draft, .remotes = {}, .assert_format = true});
    if (!compiled) continue;
    std::int64_t left = 200'000;
    const auto spend = [&](std::int64_t steps) { return (left -= steps) >= 0; };
    jsonschema::Failure failure;
    const auto verdict = compiled->Validate(*value, spend);
    if (verdict == jsonschema::Verdict::kInvalid && left > 100'000) {
      FUZZ_CHECK(compiled->Validate(*value, spend, &failure) == verdict);
    }
  }
}

void ReadRegex(std::string_view text) {
  const auto [pattern, subject] = Halves(text);
  if (const auto regex = jsonschema::Regex::Make(pattern)) (void)regex->Search(subject.substr(0, 2000));
}

void ReadFormats(std::string_view text) {
  for (const char* name : {"date", "date-time", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference",
                           "iri", "iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer"}) {
    (void)jsonschema::FindFormat(name)(text);
  }
  const std::string once = jsonschema::ResolveUri("http://example.org/a/b?c#d", text);
  (void)jsonschema::PointerTokens(text);
  (void)jsonschema::SplitFragment(once);
}

void ReadNumbers(std::string_view text) {
  const auto [first, second] = Halves(text);
  const auto a = ParseJson(first), b = ParseJson(second);
  if (!a || !b || !a->is_number() || !b->is_number()) return;
  FUZZ_CHECK(jsonschema::CompareNumbers(*a, *b) == 0 ? jsonschema::CompareNumbers(*b, *a) == 0
                                                     : (jsonschema::CompareNumbers(*a, *b) > 0) == (jsonschema::CompareNumbers(*b, *a) < 0));
  FUZZ_CHECK(jsonschema::CompareNumbers(*a, *a) == 0);
  if (b->number() > 0) (void)jsonschema::IsMultiple(*a, *b);
}

void ReadToolCalls(std::string_view text) { (void)ToolCallsFromText(text).has_value(); }

void ReadQuery(std::string_view text) {
  static const auto database = sql::Database::Open("CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x'), (2, NULL), (2.5, x'00');",
                                                   {.instructions = 50'000, .rows = 1000, .bytes = 1 << 20});
  FUZZ_CHECK(database.has_value());
  const auto result = database->Query(text, false);
  if (const auto* table = std::get_if<sql::Table>(&result)) {
    FUZZ_CHECK(sql::SameRowSet(*table, *table));
    FUZZ_CHECK(sql::SameRows(*table, *table, true));
  }
  const auto left = database->Query("SELECT count(*), total(a) FROM t", false);
  FUZZ_CHECK(std::get<sql::Table>(left).rows.front() == (sql::Row{"n3", "n5.5"}));
  (void)sql::OrdersRows(text);
}

void ReadQa(std::string_view text) {
  const QaText read = ReadQaText(text);
  for (const QaWord& word : read.words) FUZZ_CHECK(word.begin <= read.text.size() && !word.text.empty());
  for (const QaDate& date : FindQaDates(read.words)) {
    FUZZ_CHECK(date.begin < date.end && date.end <= read.words.size());
    FUZZ_CHECK(DateAnswers(date, date));
  }
}

void ReadExtraction(std::string_view text) {
  for (const auto want : {ExtractOptions::Want::kMath, ExtractOptions::Want::kNumber, ExtractOptions::Want::kText}) {
    const Extraction found = ExtractAnswer(text, {.want = want});
    FUZZ_CHECK(found.end <= text.size() && found.begin <= found.end);
  }
}

const std::vector<std::string> kJson = {R"({"a":[1,2.5e3,null,true],"b":{"c":"d\n\u00e9"}})", R"([{"x":-0.0},"",[[]]])", "{'a': True, // note\n b: [1,2,],}"};
const std::vector<Target> kTargets = {
    {"json", &ReadJson, kJson},
    {"json_repair", &ReadRepair, kJson},
    {"json_schema",
     &ReadSchema,
     {"{\"type\":\"object\",\"properties\":{\"a\":{\"minimum\":3}},\"required\":[\"a\"]}\a{\"a\":2}",
      "{\"$ref\":\"#/$defs/"
      "x\",\"$defs\":{\"x\":{\"anyOf\":[{\"type\":\"string\",\"pattern\":\"^a+$\"},{\"$dynamicRef\":\"#m\"}],\"$dynamicAnchor\":\"m\"}}}\a\"aa\"",
      "{\"items\":[{\"const\":1}],\"additionalItems\":false,\"uniqueItems\":true,\"unevaluatedItems\":{\"not\":{}},\"format\":\"uri\"}\a[1,1]",
      "{\"oneOf\":[{\"if\":{\"multipleOf\":0.1},\"then\":{\"maxLength\":2}},{\"enum\":[1,null]}],\"$ref\":\"#\"}\a0.3"}},
    {"ecma_regex", &ReadRegex, {"^(a|b)*[\\d\\s-\\w]{2,5}$\aababab", "(?=.*\\p{Letter})\\u0041\\x42\\cC[^\\]]\\b\aAB", "(?<n>a+)+\\k<n>$\aaaaaaaaaaaaaaaab"}},
    {"formats",
     &ReadFormats,
     {"2024-02-29T12:00:60+01:00", "P3Y6M4DT12H", "a.b+c@example.org", "http://[::1]:80/a%20b?c#d", "/a~1b/{x,y*}", "xn--bcher-kva.example"}},
    {"numbers", &ReadNumbers, {"1.0\a1", "1e400\a1e-400", "12345678901234567890.5\a0.5", "-0\a0.000"}},
    {"tool_calls",
     &ReadToolCalls,
     {"[f(a=1, b='x'), g()]", "<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":[1]}}</tool_call>",
      R"({"tool_calls":[{"function":{"name":"f","arguments":"{\"a\":1}"}}]})"}},
    {"sql",
     &ReadQuery,
     {"SELECT a, count(*) FROM t WHERE b LIKE 'x%' GROUP BY a ORDER BY 1",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n LIMIT 9) SELECT * FROM n", "SELECT printf('%d', a) || hex(b) FROM t", "DROP TABLE t",
      "PRAGMA table_info(t)"}},
    {"qa_text",
     &ReadQa,
     {"On July 4, 1776, in twenty-five U.S. states; 1.5 million ofBengal", "2008年8月8日 巴黎 파리는 São Tomé’s II", "7/4/1776 1999-12-31 4th of May"}},
    {"extraction",
     &ReadExtraction,
     {"The answer is \\boxed{42}.", "<think>a</think>**73** #### 5", "Final answer: $x=\\frac12$ or 答案是 7", R"({"answer": "x"})"}},
};

}  // namespace

std::span<const Target> ParserTargets() { return kTargets; }

}  // namespace rlar::fuzz
