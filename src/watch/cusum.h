// Page's cumulative sum test for a rate that has risen: sequential, with a stated rate of false alarms.
#pragma once

#include <algorithm>
#include <cmath>

namespace rlar {

// While the true rate is at most `usual`, alarms come less than once in exp(`threshold`) observations on average; where it rises to
// `raised` or more, one comes after about threshold / (raised log(raised / usual) + (1 - raised) log((1 - raised) / (1 - usual))).
class Cusum {
 public:
  Cusum(double usual, double raised, double threshold) : yes_(std::log(raised / usual)), no_(std::log((1 - raised) / (1 - usual))), threshold_(threshold) {}
  // True from the observation on with which the sum passes the threshold, until Reset.
  bool Add(bool event) {
    sum_ = std::max(0.0, sum_ + (event ? yes_ : no_));
    return sum_ >= threshold_;
  }
  double sum() const { return sum_; }
  void Reset() { sum_ = 0; }

 private:
  double yes_, no_, threshold_, sum_ = 0;
};

}  // namespace rlar
