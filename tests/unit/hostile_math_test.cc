// Inputs that hang, crash or bloat other graders: each must be answered in milliseconds and megabytes, with the right
// status.
#include <gtest/gtest.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>

#include "tools/native_tool.h"

namespace rlar {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kMeasured = false;  // a sanitizer's time and memory are not ours
#else
constexpr bool kMeasured = true;
#endif

std::string Repeat(std::string_view part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

struct Hostile {
  std::string name, text;
  std::vector<Class> as_response;  // allowed classes of ok(0)
  bool as_reference = true;        // whether it may stand on the reference's side and give no verdict
};

std::vector<Hostile> Inputs() {
  std::string nested = "x", chain_of_thought;
  for (int i = 0; i < 300; ++i) nested = "\\frac{1}{1+" + nested + "}";
  for (int i = 0; i < 4'000; ++i) chain_of_thought += "Step " + std::to_string(i) + ": we add $x_{" + std::to_string(i) + "}$ and go on with what was found. ";
  const Class budget = Class::kResponseOverBudget, wrong = Class::kResponseWrong, unread = Class::kResponseUnparsable, size = Class::kResponseOversize;
  return {
      {"powers under a fraction", "\\boxed{\\dfrac{5^{(5^{(5^{(5^5)})}-4)}-5}{16}}", {budget}},
      {"a tower", "7^{7^{7^7}}", {budget}},
      {"a large factorial", "(10^9)!", {budget, wrong}},
      {"a factorial of a factorial", "((20)!)!", {budget, wrong}},
      {"a large binomial", "\\binom{10^6}{5*10^5}", {budget, wrong}},
      {"parentheses", Repeat("(", 3'000) + "1" + Repeat(")", 3'000), {size, unread, wrong}},
      {"an integral", "\\int_0^1 \\sin(x^x)e^{x^2} dx", {budget, unread, wrong}},
      {"a large power", "2^{99999999999}", {budget, wrong}},
      {"a long number", Repeat("1234567890", 20'000), {size, unread, wrong}},
      {"nested fractions", nested, {size, unread, wrong}},
      {"a long sum", "\\sum_{k=1}^{100000000} k^2", {budget, unread, wrong}},
      {"many formulas", Repeat("$x$ ", 20'000), {wrong, unread}},
      {"a long chain of thought", chain_of_thought, {wrong, unread}},
      {"open boxes", Repeat("\\boxed{", 5'000), {wrong, unread, size}},
      {"many signs", "\\boxed{" + Repeat("1 \\pm ", 60) + "1}", {wrong, unread, budget, size}},
      {"many roots", "\\boxed{" + Repeat("\\sqrt{2+", 150) + "2" + Repeat("}", 150) + "}", {wrong, unread, budget, size}},
      {"many symbols", "\\boxed{" + Repeat("(a+b)(c+d)(e+f)(g+h)", 40) + "}", {wrong, unread, budget, size}},
      {"dollars", Repeat("$", 100'000), {wrong, unread, size, Class::kResponseEmpty}},
      {"brackets", Repeat("\\[", 50'000), {wrong, unread, size}},
  };
}

Score Ask(const std::string& reference, const std::string& response, std::string_view params = "{}") {
  static const NativeRunner runner(*FindNativeVerifier("math_equal"));
  Query query;
  query.reference.kind = Reference::Kind::kText;
  query.reference.texts = {reference};
  std::vector<Response> responses{Response{.text = response}};
  return runner.Run(query, responses, *ParseJson(std::string(params)))[0];
}

std::size_t StatusKilobytes(std::string_view field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.compare(0, field.size(), field) == 0) return std::stoul(line.substr(line.find_first_of("0123456789")));
  }
  return 0;
}

// Runs twice, so that what is loaded once does not count, and bounds the second run.
Score Measured(const std::string& what, const std::function<Score()>& run) {
  run();
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak starts again from here
  const std::size_t before = StatusKilobytes("VmRSS:");
  double best = 1;
  Score score = Score::Ok(0);
  // Work is what is bounded: on a noisy machine its time shows in the fastest of several runs, so a slow one is measured again.
  for (int i = 0; i < 3 || (kMeasured && best >= 0.1 && i < 40); ++i) {
    const std::clock_t start = std::clock();
    score = run();
    best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
  }
  const std::size_t after = StatusKilobytes("VmHWM:");
  if (kMeasured) {
    EXPECT_LT(best, 0.1) << what;  // 10 ms where the machine is quick; others hang for minutes
    EXPECT_LT(after, before + 16 * 1024) << what;
  }
  return score;
}

TEST(HostileMath, OnTheResponsesSide) {
  for (const Hostile& input : Inputs()) {
    const Score score = Measured(input.name, [&] { return Ask("42", input.text); });
    EXPECT_EQ(Name(score.status()), "ok") << input.name << ": " << score.reason();
    EXPECT_EQ(score.value(), 0) << input.name;
    EXPECT_NE(std::find(input.as_response.begin(), input.as_response.end(), score.error_class()), input.as_response.end())
        << input.name << ": " << Name(score.error_class()) << ": " << score.reason();
  }
}

// The reference's fault is never the policy's zero for being over budget.
TEST(HostileMath, OnTheReferencesSide) {
  for (const Hostile& input : Inputs()) {
    const Score score = Measured(input.name, [&] { return Ask(input.text, "42"); });
    EXPECT_NE(score.error_class(), Class::kResponseOverBudget) << input.name << ": " << score.reason();
    if (score.value()) {
      EXPECT_EQ(*score.value(), 0) << input.name;
    }
  }
}

TEST(HostileMath, AgainstEachOther) {
  const auto inputs = Inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Hostile& other = inputs[(i + 1) % inputs.size()];
    Measured(inputs[i].name + " and " + other.name, [&] { return Ask(inputs[i].text, other.text); });
  }
}

TEST(HostileMath, InEveryMode) {
  for (const std::string_view mode : {"math_verify", "hendrycks", "prm800k", "dapo"}) {
    for (const Hostile& input : Inputs()) {
      const std::string params = "{\"compat\":\"" + std::string(mode) + "\"}";
      const Score score = Measured(std::string(mode) + ", " + input.name, [&] { return Ask("42", input.text, params); });
      EXPECT_EQ(Name(score.status()), "ok") << mode << ", " << input.name << ": " << score.reason();
      EXPECT_EQ(score.value(), 0) << mode << ", " << input.name;
    }
  }
}

}  // namespace
}  // namespace rlar
