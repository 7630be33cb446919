#pragma once

#include <utility>

namespace rlar {

// Wilson score interval of a proportion at 95 %; [0, 1] for n = 0.
std::pair<double, double> WilsonInterval(double successes, double n);

}  // namespace rlar
