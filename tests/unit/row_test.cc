#include "rows/row.h"

#include <gtest/gtest.h>

#include "rows/csv.h"
#include "rows/reader.h"

namespace rlar {
namespace {

Group MustParse(const std::string& text, const FieldMap& map = {}) {
  auto row = ParseRowText(text, map);
  if (auto* error = std::get_if<RowError>(&row)) ADD_FAILURE() << text << ": " << error->reason;
  return std::holds_alternative<Group>(row) ? std::get<Group>(row) : Group{};
}

RowError MustFail(const std::string& text) {
  auto row = ParseRowText(text);
  if (std::holds_alternative<Group>(row)) ADD_FAILURE() << text << ": parsed";
  return std::holds_alternative<RowError>(row) ? std::get<RowError>(row) : RowError{};
}

TEST(Row, PromptAsTextOrTurns) {
  EXPECT_EQ(MustParse(R"({"prompt":"hi"})").query.prompt, "hi");
  const Group group =
      MustParse(R"({"prompt":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]})");
  EXPECT_EQ(group.query.prompt, "a\nb");
  EXPECT_EQ(group.query.messages.size(), 2u);
}

TEST(Row, ResponseIsTheLastAssistantTurn) {
  const Group group =
      MustParse(R"({"prompt":"p","response":[{"role":"assistant","content":"one"},{"role":"user","content":"more"},{"role":"assistant","content":"two"}]})");
  ASSERT_EQ(group.responses.size(), 1u);
  EXPECT_EQ(group.responses[0].text, "two");
  EXPECT_EQ(group.responses[0].messages.size(), 3u);
}

TEST(Row, ReferenceShapes) {
  EXPECT_EQ(MustParse(R"({"prompt":"p","reference":1.10})").query.reference.texts[0], "1.10");
  EXPECT_EQ(MustParse(R"({"prompt":"p","reference":["a",2]})").query.reference.texts[1], "2");
  EXPECT_EQ(MustParse(R"({"prompt":"p","reference":{"a":1}})").query.reference.kind, Reference::Kind::kJson);
  EXPECT_TRUE(MustParse(R"({"prompt":"p","reference":null})").query.reference.empty());
  EXPECT_TRUE(MustParse(R"({"prompt":"p","reference":[]})").query.reference.empty());
}

TEST(Row, WhatIsNotARowSaysWhy) {
  EXPECT_EQ(MustFail("").error_class, Class::kEmptyLine);
  EXPECT_EQ(MustFail("{").error_class, Class::kBadJson);
  EXPECT_EQ(MustFail("{\"prompt\":\"\xff\"}").error_class, Class::kBadUtf8);
  EXPECT_EQ(MustFail(R"({"prompt":"\ud800"})").error_class, Class::kBadJson);
  EXPECT_EQ(MustFail(R"({"prompt":NaN})").error_class, Class::kBadJson);
  EXPECT_EQ(MustFail(R"([1])").error_class, Class::kBadRow);
  EXPECT_EQ(MustFail(R"({"response":"x"})").error_class, Class::kBadRow);
  EXPECT_EQ(MustFail(R"({"prompt":3})").error_class, Class::kBadRow);
  EXPECT_EQ(MustFail(R"({"prompt":"p","responses":"x"})").error_class, Class::kBadRow);
  EXPECT_EQ(MustFail(R"({"prompt":"p","response":"x","responses":["y"]})").error_class, Class::kBadRow);
  EXPECT_EQ(MustFail(R"({"prompt":[{"role":"user","content":[{"type":"image_url"}]}]})").error_class, Class::kUnsupportedContent);
  EXPECT_EQ(MustFail(R"({"id":7,"prompt":3})").id.Dump(), "7");
}

TEST(Row, UnknownFieldsAreKept) { EXPECT_EQ(MustParse(R"({"prompt":"p","colour":"red"})").query.extra.Dump(), R"({"colour":"red"})"); }

TEST(Row, MapAndGuesses) {
  auto map = ParseFieldMap("prompt=q,reference=meta.gold");
  ASSERT_TRUE(map.has_value());
  EXPECT_EQ(MustParse(R"({"q":"p","meta":{"gold":"g"}})", *map).query.reference.texts[0], "g");
  EXPECT_FALSE(ParseFieldMap("promt=q"));
  EXPECT_FALSE(ParseFieldMap("prompt"));

  FieldMap guessed;
  const auto verl = ParseJson(R"({"data_source":"gsm8k","prompt":[{"role":"user","content":"q"}],"reward_model":{"ground_truth":"5"}})");
  EXPECT_EQ(GuessFields(*verl, guessed), (std::vector<std::string>{"reference=reward_model.ground_truth", "source=data_source"}));
  const auto row = ParseRow(*verl, guessed);
  ASSERT_TRUE(std::holds_alternative<Group>(row));
  EXPECT_EQ(std::get<Group>(row).query.reference.texts[0], "5");
  EXPECT_EQ(std::get<Group>(row).query.source, "gsm8k");
}

TEST(Row, ParamsAlsoStandAtTheTop) {
  const Group group = MustParse(R"({"prompt":"p","choices":["x","y"],"extra_info":{"test_list":["assert True"]}})");
  EXPECT_NE(group.query.params.Find("choices"), nullptr);
  EXPECT_NE(group.query.params.Find("tests"), nullptr);
}

TEST(Csv, Records) {
  std::vector<std::string> fields;
  ASSERT_TRUE(ParseCsvRecord("a,\"b,\"\"c\"\"\n d\",", fields));
  EXPECT_EQ(fields, (std::vector<std::string>{"a", "b,\"c\"\n d", ""}));
  EXPECT_FALSE(ParseCsvRecord("a\"b,c", fields));
  EXPECT_FALSE(ParseCsvRecord("\"a\"b", fields));
  EXPECT_TRUE(CsvRecordIsOpen("a,\"b"));
}

}  // namespace
}  // namespace rlar
