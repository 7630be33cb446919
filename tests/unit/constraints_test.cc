#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "constraints/constraint.h"
#include "constraints/python_csv.h"
#include "constraints/syllables.h"
#include "constraints/verb_tagger.h"
#include "constraints/words.h"

namespace rlar {
namespace {

using Strings = std::vector<std::string>;

TEST(RuleSentences, KnowsTitlesNumbersAcronymsAndAddresses) {
  EXPECT_EQ(RuleSentences("Dr. Who paid 3.50 at shop.com. Fine!"), (Strings{"Dr. Who paid 3.50 at shop.com.", "Fine!"}));
  EXPECT_EQ(RuleSentences("He left the U.S. It rained."), (Strings{"He left the U.S.", "It rained."}));
  EXPECT_EQ(RuleSentences("I work for Acme Inc. and rest."), (Strings{"I work for Acme Inc. and rest."}));
  EXPECT_EQ(RuleSentences("Well... no? \"Yes.\" Ok"), (Strings{"Well...", "no?", "\"Yes\".", "Ok"}));
  EXPECT_EQ(RuleSentences("  "), Strings{});
}

TEST(RuleSentences, TakesLettersOfOtherScriptsForNoBlanks) { EXPECT_EQ(RuleSentences("“y. End."), (Strings{"“y.", "End."})); }

TEST(PythonCsv, QuotesReturnsAndBlankLines) {
  const auto rows = ReadPythonCsv("a,\"b,\nc\"\"d\"\n\n,x\r\n\"open", ',');
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, (std::vector<Strings>{{"a", "b,\nc\"d"}, {}, {"", "x"}, {"open"}}));
  EXPECT_FALSE(ReadPythonCsv("a\rb\n", ','));
}

TEST(Syllables, ListFirstThenVowels) {
  const SyllableCounter counter("fire,2\r\ncafe,2\n");
  EXPECT_EQ(counter.Count("Fire!"), 2);
  EXPECT_EQ(counter.Count("table"), 2);
  EXPECT_EQ(counter.Count("brrr"), 1);
  EXPECT_EQ(counter.Count("fire-cafe"), 4);
  EXPECT_EQ(counter.Count("r2d2"), 0);
}

// A model of three classes, made up here.
TEST(VerbTagger, WeighsFeaturesOfTheFirstWord) {
  const auto folder = std::filesystem::temp_directory_path() / "rlar_tagger_test";
  std::filesystem::create_directories(folder);
  const auto write = [&](const std::string& part, const std::string& text) {
    std::ofstream(folder / ("averaged_perceptron_tagger_eng." + part + ".json")) << text;
  };
  write("classes", R"(["NN", "VB", "DT"])");
  write("tagdict", R"({"the": "DT"})");
  write("weights", R"({"bias": {"NN": 1}, "i word run": {"VB": 3}, "i+1 word the": {"VB": 0.5}, "i suffix ing": {"VB": 2}, "i+1 word -END-": {"NN": 5}})");
  const auto tagger = VerbTagger::Load(folder.string());
  ASSERT_TRUE(tagger) << tagger.error().message;
  EXPECT_EQ((*tagger)->FirstTag({"the", "cat"}), "DT");
  EXPECT_EQ((*tagger)->FirstTag({"Run", "home"}), "VB");
  EXPECT_EQ((*tagger)->FirstTag({"Singing", "the", "song"}), "VB");
  EXPECT_EQ((*tagger)->FirstTag({"run"}), "NN");

  ConstraintContext context;
  context.tagger = folder.string();
  const auto made = MakeConstraint("words:start_verb", Json(Json::Object{}), context);
  if (made) {  // the sentence model is language data
    EXPECT_TRUE((*made)("Run to the hills."));
    EXPECT_FALSE((*made)("The hills run."));
  }
  std::filesystem::remove_all(folder);
}

TEST(VerbTagger, MissingModelIsUnavailableAndNamed) {
  const auto tagger = VerbTagger::Load("/nowhere");
  ASSERT_FALSE(tagger);
  EXPECT_EQ(tagger.error().code, ErrorCode::kUnavailable);
  EXPECT_NE(tagger.error().message.find("averaged_perceptron_tagger_eng"), std::string::npos);
}

// The number of lines that are blank and equal must not cost its square.
TEST(Constraints, LongTextsTakeLinearTime) {
  const ConstraintContext context;
  const std::string texts[] = {std::string(200'000, '\n'), std::string(200'000, ' '), std::string(200'000, '.'),
                               std::string(200'000, '*'),  std::string(200'000, '('), std::string(200'000, '"')};
  const auto kwargs = ParseJson(
      R"({"N": 2, "small_n": 2, "percentage": 5, "reference_text": "abc def", "word": "a", "keyword": "a", "n": 2,
    "m": 2, "sep": "-", "options": "a/b", "prompt_to_repeat": "a b c", "n_start": 1, "n_end": 2, "min_words": 1, "max_words": 2,
    "keyword1": "a", "keyword2": "b", "keyword3": "c", "keyword4": "d", "keyword5": "e", "phrase": "a b c", "first_word": "a",
    "last_word": "a", "n_sent": 1, "n_words": 1, "relation": "at least", "frequency": 2})");
  ASSERT_TRUE(kwargs);
  std::size_t ran = 0;
  for (const auto family : {IfbenchCountConstraints(), IfbenchWordConstraints(), IfbenchFormatConstraints(), IfbenchCustomConstraints(), IfrlvrConstraints()}) {
    for (const ConstraintType& type : family) {
      const auto made = MakeConstraint(type.id, *kwargs, context);
      if (!made) continue;
      for (const std::string& text : texts) {
        (*made)(text);
        ++ran;
      }
    }
  }
  EXPECT_GE(ran, 400u);
}

}  // namespace
}  // namespace rlar
