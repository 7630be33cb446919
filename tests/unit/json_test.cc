#include "rlar/json.h"

#include <gtest/gtest.h>

#include <cmath>

namespace rlar {
namespace {

TEST(Json, KeepsNumberText) {
  EXPECT_EQ(ParseJson("1.10")->Dump(), "1.10");
  EXPECT_EQ(ParseJson("123456789012345678901234567890")->number_text(), "123456789012345678901234567890");
  EXPECT_EQ(ParseJson("0.1")->number(), 0.1);
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const char* text : {"", "NaN", "[1,]", "{\"a\":1", "\"\\ud800\"", "\"\\udc00\"", "\"\xff\"", "01", "1 2", "1e999", "'a'", "Infinity"}) {
    EXPECT_FALSE(ParseJson(text)) << text;
  }
}

TEST(Json, RefusesNulBehindTheValue) {
  EXPECT_FALSE(ParseJson(std::string_view("{}\0x", 4)));
  EXPECT_FALSE(ParseJson(std::string_view("1 \0", 3)));
}

TEST(Json, SurrogatePairsAndEscapes) {
  EXPECT_EQ(ParseJson("\"\\ud83d\\ude00\"")->string(), "\xF0\x9F\x98\x80");
  EXPECT_EQ(Json("a\"\\\n\x01").Dump(), "\"a\\\"\\\\\\n\\u0001\"");
}

TEST(Json, DepthIsBounded) {
  const std::string deep(100'000, '[');
  EXPECT_FALSE(ParseJson(deep));
  std::string fine;
  for (int i = 0; i < 200; ++i) fine += '[';
  for (int i = 0; i < 200; ++i) fine += ']';
  EXPECT_TRUE(ParseJson(fine));
}

TEST(Json, LastOfARepeatedKeyWins) { EXPECT_EQ(ParseJson("{\"a\":1,\"a\":2}")->Dump(), "{\"a\":2}"); }

TEST(Json, ManyKeysStayFastAndInOrder) {
  std::string text = "{\"x\":0";
  for (int i = 0; i < 50'000; ++i) text += ",\"k" + std::to_string(i % 40'000) + "\":" + std::to_string(i);
  const auto parsed = ParseJson(text + "}");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->object().size(), 40'001u);
  EXPECT_EQ(parsed->object()[1].first, "k0");
  EXPECT_EQ(parsed->object()[1].second.number(), 40'000);
}

TEST(Json, EqualityIgnoresOrderAndNumberForm) {
  EXPECT_EQ(*ParseJson("{\"a\":1,\"b\":[2]}"), *ParseJson("{\"b\":[2.0],\"a\":1e0}"));
  EXPECT_FALSE(*ParseJson("[1]") == *ParseJson("[\"1\"]"));
}

TEST(Json, CanonicalSortsKeys) { EXPECT_EQ(ParseJson("{\"b\":1,\"a\":{\"d\":1,\"c\":2}}")->DumpCanonical(), "{\"a\":{\"c\":2,\"d\":1},\"b\":1}"); }

}  // namespace
}  // namespace rlar
