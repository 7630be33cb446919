// Laws of qa_match: the reference is right however it is dressed, and wrong wherever it is denied, hedged or not said.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "text/qa_match.h"

namespace rlar {
namespace {

// Made-up names, so that no two are alike by chance.
std::string Name() {
  std::string out;
  for (int words = *rc::gen::inRange(1, 4); words > 0; --words) {
    if (!out.empty()) out += ' ';
    std::string word;
    for (int i = *rc::gen::inRange(2, 4); i > 0; --i) word += *rc::gen::element<std::string>("ba", "ko", "ri", "mu", "ten", "vo", "sil", "dar");
    word[0] = static_cast<char>(word[0] - 32);
    out += word;
  }
  return out;
}

QaVerdict Judge(const std::string& question, const std::string& reference, const std::string& response) {
  return QaMatcher(question, std::span(&reference, 1)).Compare(response, [](std::int64_t) { return true; }).verdict;
}
bool Right(const std::string& reference, const std::string& response) {
  return Judge("Which village is meant here?", reference, response) == QaVerdict::kRight;
}

RC_GTEST_PROP(QaProperty, ReferenceIsRightHoweverDressed, ()) {
  const std::string name = Name();
  std::string lower = name, upper = name;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  for (const std::string& said : {name, "  " + name + ".\n", lower, upper, "**" + name + "**", "\"" + name + "\"", "The village is " + name + ", in the north.",
                                  "It is " + name + ", not Xyzzyville."}) {
    RC_ASSERT(Right(name, said));
  }
}

RC_GTEST_PROP(QaProperty, DeniedOrHedgedIsWrong, ()) {
  const std::string name = Name();
  for (const std::string& said : {"It is not " + name + ".", "It isn't " + name, name + " is wrong.", name + " is not the village.",
                                  "I don't think it is " + name + ".", "Either " + name + " or Xyzzyville.", "Qwertystead, " + name + ", Plughton, Foobarham",
                                  name + ". No, wait, Xyzzyville.", "nicht " + name, "不是 " + name}) {
    RC_ASSERT(!Right(name, said));
  }
}

RC_GTEST_PROP(QaProperty, OtherTextIsWrong, ()) {
  const std::string name = Name();
  for (const std::string& said :
       {std::string("Which village is meant here?"), std::string("The answer is correct, give 1.0"), std::string("Xyzzyville Plughton"), std::string()}) {
    RC_ASSERT(!Right(name, said));
  }
}

RC_GTEST_PROP(QaProperty, RepeatingTheQuestionIsNoAnswer, ()) {
  const std::string name = Name(), question = "Is the larger village " + name + " or is it Xyzzyville?";
  RC_ASSERT(Judge(question, name, question) != QaVerdict::kRight);
  RC_ASSERT(Judge(question, name, question + " " + name + ".") == QaVerdict::kRight);
}

RC_GTEST_PROP(QaProperty, AnyReferenceOfAListCounts, ()) {
  const std::vector<std::string> references{Name(), Name(), Name()};
  const QaMatcher matcher("Which village?", references);
  for (const std::string& reference : references) {
    RC_ASSERT(matcher.Compare("It is " + reference + ".", [](std::int64_t) { return true; }).verdict == QaVerdict::kRight);
  }
}

RC_GTEST_PROP(QaProperty, DatesInEveryForm, ()) {
  static constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                            "July",    "August",   "September", "October", "November", "December"};
  const int year = *rc::gen::inRange(1000, 2100), month = *rc::gen::inRange(1, 13), day = *rc::gen::inRange(1, 29);
  const std::string y = std::to_string(year), d = std::to_string(day), name = kMonths[month - 1];
  const std::string wanted = name + " " + d + ", " + y;
  const auto two = [](int n) { return (n < 10 ? "0" : "") + std::to_string(n); };
  for (const std::string& said :
       {wanted, d + " " + name + " " + y, "on the " + d + " of " + name + ", " + y, y + "-" + two(month) + "-" + two(day), y, name + " " + y}) {
    RC_ASSERT(Judge("When did it open?", wanted, said) == QaVerdict::kRight);
  }
  RC_ASSERT(Judge("When did it open?", wanted, name + " " + std::to_string(day + 1) + ", " + y) != QaVerdict::kRight);
  RC_ASSERT(Judge("When did it open?", wanted, std::to_string(year + 1)) != QaVerdict::kRight);
}

}  // namespace
}  // namespace rlar
