// How long a response is, in the units that length rewards count in.
#pragma once

#include <optional>
#include <string_view>

#include "rlar/sample.h"

namespace rlar {

enum class LengthUnit { kTokens, kWords, kChars };

// "tokens" | "words" | "chars"; kTokens for anything else.
LengthUnit LengthUnitFrom(std::string_view name);

// Of the whole response, its reasoning included: the row's own token count, runs of non-blanks, or code points. nullopt where the row
// gives no token count.
std::optional<double> ResponseLength(const Response& response, LengthUnit unit);

}  // namespace rlar
