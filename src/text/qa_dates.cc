#include "text/qa_dates.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

namespace rlar {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"january", "february", "march",     "april",   "may",      "june",
                                                   "july",    "august",   "september", "october", "november", "december"};
constexpr std::string_view kFillers[] = {"on",       "in",     "of",   "since", "early",  "late",    "around",    "about",    "circa",
                                         "c",        "by",     "from", "until", "monday", "tuesday", "wednesday", "thursday", "friday",
                                         "saturday", "sunday", "ad",   "ce",    "year",   "年",      "月",        "日"};

int MonthNumber(const QaWord& word) {
  const auto at = std::find(kMonths.begin(), kMonths.end(), word.text);
  return at == kMonths.end() ? 0 : static_cast<int>(at - kMonths.begin()) + 1;
}

// A whole number of at most four digits, or -1.
int Whole(const QaWord& word) {
  if (!word.number || word.text.size() > 4 || word.text.find_first_not_of("0123456789") != std::string::npos) return -1;
  return std::atoi(word.text.c_str());
}
bool IsDay(const QaWord& word) { return Whole(word) >= 1 && Whole(word) <= 31; }
bool IsYear(const QaWord& word) { return word.text.size() >= 3 && Whole(word) >= 100 && Whole(word) <= 2999; }
bool IsLoneYear(const QaWord& word) { return word.text.size() == 4 && Whole(word) >= 1000 && Whole(word) <= 2100; }

class Finder {
 public:
  explicit Finder(std::span<const QaWord> words) : words_(words), used_(words.size()) {}

  std::vector<QaDate> Run() {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (const int month = MonthNumber(words_[i]); month != 0)
        Named(i, month);
      else if (words_[i].number && !used_[i])
        Numeric(i) || Cjk(i);
    }
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (!used_[i] && IsLoneYear(words_[i])) found_.push_back({.year = Whole(words_[i]), .begin = i, .end = i + 1});
    }
    std::sort(found_.begin(), found_.end(), [](const QaDate& a, const QaDate& b) { return a.begin < b.begin; });
    return std::move(found_);
  }

 private:
  bool Has(std::size_t at) const { return at < words_.size(); }

  void Named(std::size_t at, int month) {
    QaDate date{.month = month, .begin = at, .end = at + 1};
    const auto free_day = [&](std::size_t i) { return !used_[i] && IsDay(words_[i]); };
    if (Has(at + 1) && free_day(at + 1)) {
      date.day = Whole(words_[at + 1]);
      date.end = at + 2;
    } else if (at >= 1 && free_day(at - 1)) {
      date.day = Whole(words_[at - 1]);
      date.begin = at - 1;
    } else if (at >= 2 && words_[at - 1].text == "of" && free_day(at - 2)) {
      date.day = Whole(words_[at - 2]);
      date.begin = at - 2;
    }
    if (Has(date.end) && IsYear(words_[date.end])) {
      date.year = Whole(words_[date.end++]);
    } else if (Has(date.end + 1) && words_[date.end].text == "of" && IsYear(words_[date.end + 1])) {
      date.year = Whole(words_[date.end + 1]);
      date.end += 2;
    } else if (date.begin > 0 && !used_[date.begin - 1] && IsYear(words_[date.begin - 1])) {
      date.year = Whole(words_[--date.begin]);
    }
    Keep(date);
  }

  // 1776-07-04, 7/4/1776, 4.7.1776 (the last is read as two numbers: "4.7" and "1776", and so is no date here).
  bool Numeric(std::size_t at) {
    if (!Has(at + 2) || !words_[at + 1].number || !words_[at + 2].number) return false;
    const char mark = words_[at + 1].before;
    if ((mark != '-' && mark != '/') || words_[at + 2].before != mark) return false;
    const int a = Whole(words_[at]), b = Whole(words_[at + 1]), c = Whole(words_[at + 2]);
    QaDate date{.begin = at, .end = at + 3};
    if (IsLoneYear(words_[at]) && b >= 1 && b <= 12 && c >= 1 && c <= 31) {
      date.year = a, date.month = b, date.day = c;
    } else if (IsLoneYear(words_[at + 2]) && a >= 1 && b >= 1 && a <= 31 && b <= 31 && (a <= 12 || b <= 12)) {
      date.year = c;
      date.month = a <= 12 ? a : b;
      date.day = a <= 12 ? b : a;
      date.ambiguous = a <= 12 && b <= 12;
    } else {
      return false;
    }
    Keep(date);
    return true;
  }

  bool Cjk(std::size_t at) {
    if (!Has(at + 1) || words_[at + 1].text != "年" || Whole(words_[at]) < 100) return false;
    QaDate date{.year = Whole(words_[at]), .begin = at, .end = at + 2};
    if (Has(at + 3) && words_[at + 3].text == "月" && IsDay(words_[at + 2]) && Whole(words_[at + 2]) <= 12) {
      date.month = Whole(words_[at + 2]);
      date.end = at + 4;
      if (Has(at + 5) && words_[at + 5].text == "日" && IsDay(words_[at + 4])) {
        date.day = Whole(words_[at + 4]);
        date.end = at + 6;
      }
    }
    Keep(date);
    return true;
  }

  void Keep(const QaDate& date) {
    for (std::size_t i = date.begin; i < date.end; ++i) used_[i] = true;
    found_.push_back(date);
  }

  std::span<const QaWord> words_;
  std::vector<bool> used_;
  std::vector<QaDate> found_;
};

bool Agrees(int wanted, int said) { return wanted == 0 || said == 0 || wanted == said; }

}  // namespace

std::vector<QaDate> FindQaDates(std::span<const QaWord> words) { return Finder(words).Run(); }

std::optional<QaDate> OnlyQaDate(std::span<const QaWord> words) {
  const auto dates = FindQaDates(words);
  if (dates.size() != 1) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i >= dates[0].begin && i < dates[0].end) continue;
    if (std::find(std::begin(kFillers), std::end(kFillers), words[i].text) == std::end(kFillers)) return std::nullopt;
  }
  return dates[0];
}

bool DateAnswers(const QaDate& wanted, const QaDate& said) {
  const auto fits = [&](int month, int day) {
    if (!Agrees(wanted.year, said.year) || !Agrees(wanted.month, month) || !Agrees(wanted.day, day)) return false;
    if (wanted.year != 0 && said.year != 0) return true;
    if (wanted.year == 0) return month == wanted.month && (wanted.day == 0 || day == wanted.day);
    return wanted.month != 0 && wanted.day != 0 && month == wanted.month && day == wanted.day;
  };
  return fits(said.month, said.day) || (said.ambiguous && fits(said.day, said.month));
}

}  // namespace rlar
