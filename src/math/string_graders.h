// Graders of old runs that compare normalised strings: Hendrycks' MATH, PRM800K, DAPO. Their verdicts, mistakes included.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rlar/verifier.h"

namespace rlar::math {

// The content of the last \boxed{…}, "\boxed x" or \fbox{…}; nullopt where there is none or it is not closed.
std::optional<std::string> HendrycksBox(std::string_view text);
// is_equiv of Hendrycks et al. (2021).
bool HendrycksEqual(std::string_view a, std::string_view b);

// grade_answer of Lightman et al. (2023): equal strings, else equal values where the strings are harmless.
bool Prm800kEqual(std::string_view given, std::string_view truth, StepBudget& budget);

struct DapoOptions {
  bool strict_box = false;  // only a box in the last 100 characters, equal to the byte
};
// Whether the last 300 characters answer right: the last "Answer: …" line, else a box in the last 100 characters.
bool DapoCorrect(std::string_view response, std::string_view truth, const DapoOptions& options);

}  // namespace rlar::math
