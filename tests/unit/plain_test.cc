#include "text/plain.h"

#include <gtest/gtest.h>

#include "agents/find_reward_model/style_bias.h"

namespace rlar {
namespace {

TEST(PlainWords, MarksGoAndWordsStay) {
  EXPECT_EQ(PlainWords("## Steps\n\n1. **Open** the lid.\n2. Look.\n\n> - quoted\n---\n* * *\nend"), "Steps Open the lid. Look. quoted end");
  EXPECT_EQ(PlainWords("-5 is less than 3.14, #1 of 2.5; a-b *c*"), "-5 is less than 3.14, #1 of 2.5; a-b *c*") << "no marks of a list, no heading";
  EXPECT_EQ(PlainWords(""), "");
  EXPECT_EQ(PlainWords("\n \n- \n#"), "- #") << "a mark without words is all there is";
}

TEST(PlainWords, CodeStaysAsItIs) {
  EXPECT_EQ(PlainWords("Try:\n```py\n# no heading\n- 1\n```\ndone"), "Try:\n```py\n# no heading\n- 1\n```\ndone");
  EXPECT_EQ(PlainWords("```\n**open"), "```\n**open\n") << "an open fence runs to the end";
}

TEST(PlainWords, ADressChangesNothing) {
  for (const char* text : {"Open the lid first. Then look.", "One two three four five. Six! Seven?", "No stop at the end"}) {
    EXPECT_EQ(PlainWords(Dressed(text)), "Answer " + PlainWords(text));
  }
}

}  // namespace
}  // namespace rlar
