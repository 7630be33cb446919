// What runs of letters mean in answers: functions, constants, Greek names, English words.
#pragma once

#include <string_view>

namespace rlar::math {

bool IsFunctionName(std::string_view run);
// "pi", "infinity", … as a constant's name, empty for anything else.
std::string_view ConstantName(std::string_view run);
bool IsGreekName(std::string_view run);
// A word of prose rather than a product of letters: by a small list, else by its looks (four letters or more, a vowel, no
// capitals inside).
bool LooksLikeWord(std::string_view run);

}  // namespace rlar::math
