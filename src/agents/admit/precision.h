// How exact an answer the prompt asks for ("to 3 significant figures", "two decimal places", "the nearest tenth"). A reference often holds
// more digits than that: then the rounded number is right too, and digits behind those asked for say nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rlar {

struct Precision {
  bool significant = false;  // `digits` counts significant figures, else decimal places
  int digits = 0;            // 1 to 15 significant figures, 0 to 12 decimal places
};

// Nothing where the prompt asks for no such thing, or for two different ones.
std::optional<Precision> PrecisionAsked(std::string_view prompt);

// The number that the text is, with as many digits as asked for; empty where the text is no plain number ("-12.5", "1.3e-07") or holds no more.
std::string RoundedTo(std::string_view text, const Precision& precision);

// True where both are plain numbers and the same once rounded.
bool SameRounded(std::string_view a, std::string_view b, const Precision& precision);

}  // namespace rlar
