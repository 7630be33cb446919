// Tokens of LaTeX, plain-text and Unicode mathematics.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "math/tree.h"

namespace rlar::math {

enum class Tok : unsigned char {
  kEnd,
  kNumber,
  kLetter,
  kConstant,
  kWord,
  kFunction,
  kPlus,
  kMinus,
  kPlusMinus,
  kMinusPlus,
  kTimes,
  kSlash,
  kCaret,
  kUnderscore,
  kBang,
  kPrime,
  kPercent,
  kDegree,
  kOpen,
  kClose,
  kBar,
  kMid,
  kComma,
  kSemicolon,
  kColon,
  kRel,
  kCup,
  kCap,
  kSetMinus,
  kFrac,
  kSqrt,
  kBinom,
  kBegin,
  kFinish,
  kAmp,
  kRow,
  kForall,
  kImplies,
  kAccent,
  kEmptySet,
  kMod,
  kBig,
  kCirc,
};

struct Token {
  Tok kind = Tok::kEnd;
  char sign = 0;  // kOpen, kClose: ( [ { < f (floor) c (ceiling), '{' is \{ and 'g' a LaTeX group
  Rel rel = Rel::kEq;
  bool spaced = false;   // white space stood before it
  bool in_text = false;  // stood inside \text{…}
  int decimals = -1;     // kNumber
  std::string text;      // digits without separators (with one point), letters, words, command names
};

struct Lexed {
  std::vector<Token> tokens;  // ends with kEnd
  bool ok = true;             // false: hidden characters, or too long
};

// Splits `latex` (already run through ToLatex). Linear.
Lexed Lex(std::string_view latex);

// Whether the lexer knows the command \name.
bool IsKnownCommand(std::string_view name);

// The tokens joined: equal for spellings that differ in nothing but layout.
std::string TokenKey(const std::vector<Token>& tokens);

}  // namespace rlar::math
