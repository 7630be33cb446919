// Laws that hold for every expression: equality is reflexive and symmetric, layout does not count, a change of value
// does.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <thread>

#include "base/text.h"
#include "math/compare.h"
#include "math/math_verify_extract.h"
#include "math/number_text.h"
#include "text/extract.h"

namespace rlar::math {
namespace {

Verdict Compare(const std::string& a, const std::string& b) {
  Answer x, y;
  ReadAnswer(a, x);
  ReadAnswer(b, y);
  Arena scratch;
  StepBudget budget;
  return SameAnswer(x, y, {}, scratch, budget);
}

// A random expression in LaTeX, `depth` levels at most, defined for positive x and y.
std::string Expression(int depth) {
  const int pick = *rc::gen::inRange(0, depth <= 0 ? 3 : 9);
  if (pick == 0) return std::to_string(*rc::gen::inRange(1, 30));
  if (pick == 1) return "x";
  if (pick == 2) return "y";
  const std::string a = Expression(depth - 1), b = Expression(depth - 1);
  switch (pick) {
    case 3: return "(" + a + "+" + b + ")";
    case 4: return "(" + a + "-" + b + ")";
    case 5: return "(" + a + ")\\cdot(" + b + ")";
    case 6: return "\\frac{" + a + "}{" + b + "+40}";
    case 7: return "\\sqrt{(" + a + ")^2+1}";
    default: return "\\sin(" + a + ")";
  }
}

RC_GTEST_PROP(MathProperty, EqualsItselfWrittenOtherwise, ()) {
  const std::string a = Expression(3);
  RC_ASSERT(Compare(a, "$ " + a + " $") == Verdict::kSame);
  RC_ASSERT(Compare(a, "\\left(" + a + "\\right) + 0") == Verdict::kSame);
}

RC_GTEST_PROP(MathProperty, ExpandedProductIsTheSame, ()) {
  const std::string a = Expression(2), b = Expression(2), c = Expression(1);
  const Verdict verdict = Compare("(" + a + ")\\cdot(" + b + "+" + c + ")", "(" + a + ")(" + b + ") + (" + a + ")(" + c + ")");
  RC_ASSERT(verdict == Verdict::kSame);
}

RC_GTEST_PROP(MathProperty, OneMoreIsAnother, ()) {
  const std::string a = Expression(3);
  RC_ASSERT(Compare(a, a + "+1") == Verdict::kDifferent);
}

RC_GTEST_PROP(MathProperty, Symmetric, ()) {
  const std::string a = Expression(2), b = Expression(2);
  RC_ASSERT(Compare(a, b) == Compare(b, a));
}

RC_GTEST_PROP(MathProperty, NumbersSurviveTheirSeparators, (std::int64_t n)) {
  n %= 1'000'000'000'000;
  std::string digits = std::to_string(n < 0 ? -n : n), grouped;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) grouped += ',';
    grouped += digits[i];
  }
  const std::string sign = n < 0 ? "-" : "";
  const auto plain = ParseNumberText(sign + digits), separated = ParseNumberText(sign + grouped);
  RC_ASSERT(plain.has_value() && separated.has_value());
  RC_ASSERT(plain->value == separated->value);
}

// LaTeX that looks the same, or nearly.
std::string Dressed(std::string text) {
  const auto replace = [&](std::string_view from, std::string_view to) { text = ReplaceAll(std::move(text), from, to); };
  if (*rc::gen::arbitrary<bool>()) replace("\\frac", "\\dfrac");
  if (*rc::gen::arbitrary<bool>()) {
    replace("(", "\\left(");
    replace(")", "\\right)");
  }
  if (*rc::gen::arbitrary<bool>()) replace("+", " \\, + \\; ");
  if (*rc::gen::arbitrary<bool>()) replace("-", " - ");
  if (*rc::gen::arbitrary<bool>()) replace("\\cdot", "\\times ");
  if (*rc::gen::arbitrary<bool>()) replace("x", "{x}");
  switch (*rc::gen::inRange(0, 6)) {
    case 0: return "$" + text + "$";
    case 1: return "\\(" + text + "\\)";
    case 2: return "\\displaystyle " + text;
    case 3: return "\\boxed{" + text + "}";
    case 4: return "  " + text + " .";
    default: return text;
  }
}

RC_GTEST_PROP(MathProperty, LayoutDoesNotCount, ()) {
  const std::string a = Expression(3), b = *rc::gen::arbitrary<bool>() ? a : Expression(2);
  RC_ASSERT(Compare(Dressed(a), b) == Compare(a, b));
  RC_ASSERT(Compare(a, Dressed(b)) == Compare(a, b));
}

// What is extracted is the whole answer: extracting again changes nothing.
RC_GTEST_PROP(MathProperty, ExtractionIsIdempotent, ()) {
  const std::string answer = Expression(2);
  const auto frame = *rc::gen::element<std::string>("The final answer is $@$.", "\\boxed{@}", "So it is \\(@\\)", "#### @", "<answer>@</answer>");
  const std::string response = ReplaceAll(frame, "@", answer);
  const Extraction once = ExtractAnswer(response, {});
  RC_ASSERT(once.found());
  const std::string text(once.answer());
  const std::string boxed = "\\boxed{" + text + "}";
  const Extraction twice = ExtractAnswer(boxed, {});
  RC_ASSERT(std::string(twice.answer()) == text);
  RC_ASSERT(Compare(text, answer) == Verdict::kSame);
}

// Putting a text into a grader's form twice is putting it there once.
RC_GTEST_PROP(MathProperty, NormalisingIsIdempotent, ()) {
  const std::string text = Dressed(Expression(2));
  const std::string once = MathVerifyNormalize(text);
  RC_ASSERT(MathVerifyNormalize(once) == once);
}

// Any bytes: no crash, and never a verdict that depends on the side.
RC_GTEST_PROP(MathProperty, SurvivesAnything, ()) {
  const auto piece =
      rc::gen::element<std::string>("\\frac", "{", "}", "(", ")", "[", "]", "^", "_", "x", "1", "|", ",", "\\pm", "=", "<", "\\{", "\\}", "\\begin{matrix}",
                                    "\\end{matrix}", "&", "\\\\", "\\sqrt", "!", "%", "\\text{", " ", "$", "\\cup", "e", "-", "/", ":");
  std::string a;
  for (const std::string& part : *rc::gen::container<std::vector<std::string>>(piece)) a += part;
  RC_ASSERT(Compare(a, "42") == Compare("42", a));
}

// A reference that was prepared on one thread serves others.
TEST(MathProperty, SharedReferenceOnManyThreads) {
  auto reference = std::make_unique<Answer>();
  ReadAnswer("12345678901234567890123/7+\\sqrt{2}", *reference);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      UseFlintOnThisThread();
      for (int i = 0; i < 50; ++i) {
        Answer answer;
        ReadAnswer("2^{1/2}+\\frac{12345678901234567890123}{7}", answer);
        Arena scratch;
        StepBudget budget;
        EXPECT_EQ(SameAnswer(*reference, answer, {}, scratch, budget), Verdict::kSame);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace rlar::math
