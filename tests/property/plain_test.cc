#include "text/plain.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace rlar {
namespace {

RC_GTEST_PROP(PlainWords, HoldNoMarkAndNoLineBreakWithoutCode, ()) {
  const auto parts =
      *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>("# ", "- ", "1. ", "**", "word", " ", "\n", "> ", "x.", "---"));
  std::string text;
  for (const std::string& part : parts) text += part;
  const std::string plain = PlainWords(text);
  RC_ASSERT(plain.find("**") == std::string::npos);
  RC_ASSERT(plain.find_first_of("\n") == std::string::npos);
  RC_ASSERT(plain.find("  ") == std::string::npos);
}

}  // namespace
}  // namespace rlar
