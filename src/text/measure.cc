#include "text/measure.h"

#include "base/text.h"
#include "text/unicode.h"

namespace rlar {

LengthUnit LengthUnitFrom(std::string_view name) {
  if (name == "words") return LengthUnit::kWords;
  return name == "chars" ? LengthUnit::kChars : LengthUnit::kTokens;
}

std::optional<double> ResponseLength(const Response& response, LengthUnit unit) {
  switch (unit) {
    case LengthUnit::kTokens: return response.tokens ? std::optional<double>(static_cast<double>(*response.tokens)) : std::nullopt;
    case LengthUnit::kWords: return static_cast<double>(SplitBlanks(response.text).size() + SplitBlanks(response.reasoning).size());
    case LengthUnit::kChars: return static_cast<double>(CodePointCount(response.text) + CodePointCount(response.reasoning));
  }
  return std::nullopt;
}

}  // namespace rlar
