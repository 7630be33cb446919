// Laws that hold for every expression: equality is reflexive and symmetric, layout does not count, a change of value does.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <thread>

#include "math/compare.h"
#include "math/number_text.h"

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

// Any bytes: no crash, and never a verdict that depends on the side.
RC_GTEST_PROP(MathProperty, SurvivesAnything, ()) {
  const auto piece = rc::gen::element<std::string>("\\frac", "{", "}", "(", ")", "[", "]", "^", "_", "x", "1", "|", ",", "\\pm", "=", "<", "\\{", "\\}",
                                                   "\\begin{matrix}", "\\end{matrix}", "&", "\\\\", "\\sqrt", "!", "%", "\\text{", " ", "$", "\\cup", "e", "-", "/", ":");
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
