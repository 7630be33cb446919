// Runs tests/golden/NAME.jsonl against every native verifier, and checks that each file covers what it must.
//
// A case is a row (design: prompt may be left out) with "why" (its kind before a colon: right, form, wrong, empty, hostile,
// reference, params, …) and "want": {"status", "value"?, "class"?, "components"?, "reason_contains"?}.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <set>
#include <thread>

#include "rows/row.h"
#include "tools/native_tool.h"

namespace rlar {
namespace {

struct Case {
  std::string where;
  std::string kind;
  Json want;
  Group group;
};

std::vector<Case> LoadCases(const VerifierSpec& spec) {
  const std::string path = std::string(RLAR_SOURCE_DIR) + "/tests/golden/" + std::string(spec.name) + ".jsonl";
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << "no golden file for " << spec.name;
  std::vector<Case> cases;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const std::string where = std::string(spec.name) + ".jsonl:" + std::to_string(number);
    auto json = ParseJson(line);
    if (!json) {
      ADD_FAILURE() << where << ": " << json.error().message;
      continue;
    }
    const Json* why = json->Find("why");
    const Json* want = json->Find("want");
    if (why == nullptr || want == nullptr) {
      ADD_FAILURE() << where << ": a case needs why and want";
      continue;
    }
    Case c{where, why->string().substr(0, why->string().find_first_of(": ")), *want, {}};
    if (json->Find("prompt") == nullptr) json->Set("prompt", "");
    auto row = ParseRow(*json);
    if (auto* error = std::get_if<RowError>(&row)) {
      ADD_FAILURE() << where << ": " << error->reason;
      continue;
    }
    c.group = std::move(std::get<Group>(row));
    cases.push_back(std::move(c));
  }
  return cases;
}

void Compare(const Case& c, const Score& score) {
  EXPECT_EQ(Name(score.status()), c.want.Find("status")->string()) << c.where << ": " << score.reason();
  if (const Json* value = c.want.Find("value")) {
    ASSERT_TRUE(score.value().has_value()) << c.where << ": " << score.reason();
    EXPECT_NEAR(*score.value(), value->number(), 1e-9) << c.where << ": " << score.reason();
  }
  if (const Json* wanted = c.want.Find("class")) {
    EXPECT_EQ(Name(score.error_class()), wanted->string()) << c.where << ": " << score.reason();
  }
  if (const Json* part = c.want.Find("reason_contains")) {
    EXPECT_NE(score.reason().find(part->string()), std::string::npos) << c.where << ": " << score.reason();
  }
  if (const Json* components = c.want.Find("components")) {
    for (const auto& [name, value] : components->object()) {
      bool found = false;
      for (const auto& [have, number] : score.components()) {
        if (have != name) continue;
        found = true;
        EXPECT_NEAR(number, value.number(), 1e-9) << c.where << ": component " << name;
      }
      EXPECT_TRUE(found) << c.where << ": no component " << name;
    }
  }
}

class Golden : public testing::TestWithParam<const VerifierSpec*> {};

TEST_P(Golden, CasesHold) {
  const NativeRunner runner(*GetParam());
  for (const Case& c : LoadCases(*GetParam())) {
    const auto scores = runner.Run(c.group.query, c.group.responses, Json());
    ASSERT_EQ(scores.size(), c.group.responses.size()) << c.where;
    ASSERT_FALSE(scores.empty()) << c.where << ": a case needs a response";
    for (const Score& score : scores) Compare(c, score);
  }
}

TEST_P(Golden, FileCoversEveryKind) {
  std::set<std::string> kinds;
  for (const Case& c : LoadCases(*GetParam())) kinds.insert(c.kind);
  std::vector<std::string> wanted{"right", "wrong", "form", "empty", "hostile"};
  if (GetParam()->needs_reference) wanted.push_back("reference");
  for (const std::string& kind : wanted) EXPECT_TRUE(kinds.count(kind)) << "no case of kind '" << kind << "'";
}

// The same score twice and on another thread, and nothing but the declared statuses.
TEST_P(Golden, IsDeterministic) {
  const NativeRunner runner(*GetParam());
  const auto cases = LoadCases(*GetParam());
  const auto run = [&](std::vector<std::string>& out) {
    for (const Case& c : cases) {
      for (const Score& score : runner.Run(c.group.query, c.group.responses, Json())) {
        out.push_back(std::string(Name(score.status())) + " " + (score.value() ? Json(*score.value()).Dump() : "-") + " " + score.reason());
      }
    }
  };
  std::vector<std::string> first, second;
  run(first);
  std::thread([&] { run(second); }).join();
  EXPECT_EQ(first, second);
}

// Text that no verifier may crash on, hang on, or call right.
TEST_P(Golden, SurvivesHostileText) {
  const NativeRunner runner(*GetParam());
  std::vector<std::string> texts{std::string(200'000, '('), std::string(100'000, '9'), std::string(50'000, '{'), std::string(1, '\0') + "x", "\xEF\xBB\xBF",
                                 "\xE2\x80\x8B\xE2\x80\x8B"};
  std::string fractions;
  for (int i = 0; i < 2'000; ++i) fractions += "\\frac{1}{";
  texts.push_back(fractions);
  texts.push_back("\\boxed{7^{7^{7^{7^7}}}}");
  std::size_t cases_run = 0;
  for (const Case& c : LoadCases(*GetParam())) {
    if (++cases_run > 4) break;  // a few query shapes are enough
    std::vector<Response> responses;
    for (const std::string& text : texts) responses.push_back(Response{.text = text});
    EXPECT_EQ(runner.Run(c.group.query, responses, Json()).size(), texts.size());
  }
}

INSTANTIATE_TEST_SUITE_P(Native, Golden, testing::ValuesIn(NativeVerifiers().begin(), NativeVerifiers().end()),
                         [](const auto& test) { return std::string(test.param->name); });

}  // namespace
}  // namespace rlar
