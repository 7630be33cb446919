// Targets: answers of mathematics, the graders of old runs, extraction and instruction constraints.
#include "base/text.h"
#include "constraints/constraint.h"
#include "math/compare.h"
#include "math/math_verify.h"
#include "math/number_text.h"
#include "math/string_graders.h"
#include "target.h"
#include "text/extract.h"

namespace rlar::fuzz {
namespace {

void Require(bool holds, std::string_view law) {
  if (holds) return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(law.size()), law.data());
  std::abort();
}

// ---- mathematics: two answers apart from a line "|||" ----

constexpr std::string_view kMathSeeds[] = {"\\frac{1}{2}|||0.5",
                                           "(x+1)^2|||x^2+2x+1",
                                           "x \\in [1,2)|||1 \\le x < 2",
                                           "\\begin{pmatrix}1&2\\\\3&4\\end{pmatrix}|||(1,2,3,4)",
                                           "\\{x \\mid x > 0\\}|||(0,\\infty)",
                                           "3 \\pm \\sqrt{2}|||3+2^{1/2}, 3-2^{1/2}",
                                           "5 \\text{ cm}|||0.05 m",
                                           "28\\%|||0.28",
                                           "\\log_2 8 + \\sin(\\pi/6)|||3.5",
                                           "p=5,q=2;p=7,q=2|||(5,2),(7,2)",
                                           "7^{7^{7}}|||42",
                                           "((20)!)!|||\\binom{10}{3}",
                                           "½ ≤ x² < √3|||x",
                                           "1{,}000{,}000|||10^6",
                                           "\\sum_{k=1}^{n} k|||n(n+1)/2",
                                           "101_2|||5",
                                           "\\frac{1 + \\sqrt{97}}{8} \\approx 1.36|||1.36",
                                           "12:30 PM|||0:30"};

void Math(std::string_view bytes) {
  const std::size_t middle = bytes.find("|||");
  const std::string a = std::string(bytes.substr(0, middle)), b = std::string(middle == bytes.npos ? bytes : bytes.substr(middle + 3));
  math::Answer x, y;
  math::ReadAnswer(a, x);
  math::ReadAnswer(b, y);
  const auto compare = [](const math::Answer& left, const math::Answer& right) {
    math::Arena scratch;
    StepBudget budget;
    return math::SameAnswer(left, right, {}, scratch, budget);
  };
  const math::Verdict verdict = compare(x, y);
  Require(verdict == compare(x, y), "the same question has the same answer");
  if (x.parsed.root != nullptr) Require(math::Print(x.parsed.root).size() < 4'000'000, "trees are bounded");
  if (!x.parsed.bad_text && !x.parsed.oversize && !x.parsed.key.empty()) {
    Require(compare(x, x) == math::Verdict::kSame, "everything equals itself");
  }
  math::CompareOptions loose{.percent_equal = true, .round_to_reference = true, .tolerance = math::Rational(1) / math::Rational(1'000)};
  math::Arena scratch;
  StepBudget budget;
  math::SameAnswer(x, y, loose, scratch, budget);
  math::ParseNumberText(a);
}

constexpr std::string_view kGraderSeeds[] = {"$\\frac{1}{3}$|||The final answer is $0.333$. I hope it is correct.",
                                             "\\boxed{1} and \\boxed{2}|||$\\boxed{1,2}$",
                                             "answer: 1,234.5%|||1234.5\\%",
                                             "$$x = 3 \\approx 2.9$$ or \\[4\\]|||Answer: \\(3\\)",
                                             "\\text{ m}\\sqrt2\\frac12|||\\boxed \\frac{1}{2}$",
                                             "(1,2]|||(1.0, 2.0]"};

void Graders(std::string_view bytes) {
  const std::size_t middle = bytes.find("|||");
  const std::string a = std::string(bytes.substr(0, middle)), b = std::string(middle == bytes.npos ? bytes : bytes.substr(middle + 3));
  StepBudget budget;
  const math::MathVerifyAnswer gold = math::ReadMathVerify(a, {}), said = math::ReadMathVerify(b, {});
  math::MathVerifySame(gold, said, {}, budget);
  math::MathVerifySame(gold, said, {.strict = false, .allow_set_relation_comp = true}, budget);
  Require(math::HendrycksEqual(a, a), "a string equals itself");
  math::HendrycksEqual(a, b);
  math::Prm800kEqual(b, a, budget);
  math::DapoCorrect(b, a, {});
}

// ---- extraction ----

constexpr std::string_view kExtractSeeds[] = {"<think>4</think> The final answer is \\boxed{\\frac{1}{2}}.",
                                              "#### 42",
                                              "{\"answer\": \"7\"}",
                                              "**Answer:** 3, 4 and 5",
                                              "Die Antwort lautet 12,5.",
                                              "$x$ and $$y$$ and \\(z\\)",
                                              "<answer>x = 1</answer>",
                                              "答案是：42。",
                                              "\\fbox{a} or \\boxed b",
                                              "not 42 but 41 or 43",
                                              "It costs $5 and $6."};

void Extract(std::string_view bytes) {
  const std::string text = std::string(bytes);
  for (const auto from : {ExtractOptions::From::kAuto, ExtractOptions::From::kNone, ExtractOptions::From::kBoxed}) {
    for (const auto want : {ExtractOptions::Want::kMath, ExtractOptions::Want::kNumber, ExtractOptions::Want::kText}) {
      const Extraction found = ExtractAnswer(text, {.from = from, .want = want});
      Require(found.begin <= found.end && found.end <= text.size(), "an answer stands in its response");
      Require(IsValidUtf8(found.answer()), "an answer is valid text");
      if (!found.text.empty())
        Require(found.text.data() >= text.data() && found.text.data() + found.text.size() <= text.data() + text.size(), "a view into the response");
      found.Describe();
    }
  }
}

// ---- instruction constraints: id, kwargs and response on lines of their own ----

constexpr std::string_view kConstraintSeeds[] = {"keywords:existence\n{\"keywords\":[\"a.b\",\"(c\"]}\nA b c",
                                                 "ratio:overlap\n{\"percentage\":5,\"reference_text\":\"abc def\"}\nabc dxx",
                                                 "format:options\n{\"options\":\"a), b), c)\"}\nb)",
                                                 "count:numbers\n{\"N\":2}\n1 and 2.5",
                                                 "words:alphabet\n{}\nA big cat",
                                                 "format:emoji\n{}\nFine 😀. Ok",
                                                 "custom:csv_quotes\n{}\n\"StudentID\"\t\"Subject\"\n\"1\"\t\"a\"",
                                                 "custom:mcq_count_length\n{}\nQuestion 1: a\nA) b",
                                                 "copy:repeat_phrase\n{\"phrase\":\"a b c\",\"small_n\":2}\na x c",
                                                 "repeat:repeat_span\n{\"prompt_to_repeat\":\"a b c d\",\"n_start\":1,\"n_end\":3}\nb c",
                                                 "sentence:increment\n{\"small_n\":1}\nOne. Two three. Mr. X is.",
                                                 "format:line_indent\n{}\na\n b\n\n  c",
                                                 "detectable_format:json_format\n{}\n{\"a\": [1, NaN]}",
                                                 "count:words_japanese\n{\"N\":2}\na 猫 b",
                                                 "length_constraints:nth_paragraph_first_word\n{\"num_paragraphs\":2,\"nth_paragraph\":2,\"first_word\":\"b\"}"
                                                 "\na\n\nb c",
                                                 "words:keywords_specific_position\n{\"keyword\":\"x\",\"n\":1,\"m\":2}\na x.",
                                                 "format:quote_unquote\n{}\n\"a\" b",
                                                 "words:odd_even_syllables\n{}\ncat happy-go r2"};

void Constraints(std::string_view bytes) {
  const std::string text = std::string(bytes);
  const std::size_t first = text.find('\n'), second = first == text.npos ? first : text.find('\n', first + 1);
  if (second == text.npos) return;
  const auto kwargs = ParseJson(std::string_view(text).substr(first + 1, second - first - 1));
  const std::string_view response = std::string_view(text).substr(second + 1);
  for (const ConstraintMode mode : {ConstraintMode::kPublished, ConstraintMode::kFixed}) {
    ConstraintContext context;
    context.mode = mode;
    context.prompt = "x";
    const Json empty{Json::Object{}};
    const auto made = MakeConstraint(text.substr(0, first), kwargs && kwargs->is_object() ? *kwargs : empty, context);
    if (!made) {
      Require(!made.error().message.empty(), "an error says what is wrong");
      continue;
    }
    Require((*made)(response) == (*made)(response), "the same response has the same verdict");
    for (const std::string& variant : LooseVariants(response)) (*made)(variant);
  }
}

template <std::size_t N>
std::vector<std::string> Seeds(const std::string_view (&seeds)[N]) {
  return {std::begin(seeds), std::end(seeds)};
}

}  // namespace

std::span<const Target> MathematicsTargets() {
  static const std::vector<Target> targets{{"math", Math, Seeds(kMathSeeds)},
                                           {"graders", Graders, Seeds(kGraderSeeds)},
                                           {"extraction", Extract, Seeds(kExtractSeeds)},
                                           {"constraints", Constraints, Seeds(kConstraintSeeds)}};
  return targets;
}

}  // namespace rlar::fuzz
