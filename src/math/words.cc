#include "math/words.h"

#include <algorithm>

#include "base/text.h"

namespace rlar::math {
namespace {

constexpr std::string_view kFunctions[] = {"sin",     "cos",     "tan",     "cot",   "sec",    "csc",   "cosec",     "arcsin", "arccos", "arctan", "arccot",
                                           "arcsec",  "arccsc",  "asin",    "acos",  "atan",   "sinh",  "cosh",      "tanh",   "coth",   "sech",   "csch",
                                           "arcsinh", "arccosh", "arctanh", "asinh", "acosh",  "atanh", "ln",        "log",    "lg",     "exp",    "sqrt",
                                           "abs",     "min",     "max",     "gcd",   "lcm",    "det",   "floor",     "ceil",   "sgn",    "sign",   "arg",
                                           "binom",   "tg",      "ctg",     "arctg", "arcctg", "cbrt",  "factorial", "erf",    "Gamma"};

constexpr std::string_view kGreek[] = {"alpha", "beta",   "gamma", "delta", "epsilon", "varepsilon", "zeta",  "eta",    "theta",  "vartheta", "iota",
                                       "kappa", "lambda", "mu",    "nu",    "xi",      "omicron",    "rho",   "varrho", "sigma",  "tau",      "upsilon",
                                       "phi",   "varphi", "chi",   "psi",   "omega",   "Gamma",      "Delta", "Theta",  "Lambda", "Xi",       "Pi",
                                       "Sigma", "Phi",    "Psi",   "Omega", "ell",     "hbar",       "aleph", "Upsilon"};

constexpr std::string_view kWords[] = {
    "and",   "or",   "for",  "all",   "any",  "the",   "if",    "is",   "are",   "be",   "of",   "to",   "in",    "on",    "at",   "by",   "as",
    "an",    "not",  "no",   "yes",   "odd",  "some",  "each",  "with", "where", "when", "then", "than", "true",  "false", "none", "even", "day",
    "days",  "both", "only", "one",   "two",  "six",   "ten",   "men",  "boy",   "man",  "cat",  "dog",  "red",   "sun",   "mon",  "tue",  "wed",
    "thu",   "fri",  "sat",  "may",   "per",  "box",   "way",   "ways", "its",   "has",  "can",  "but",  "such",  "that",  "from", "it",   "we",
    "so",    "do",   "does", "who",   "her",  "his",   "she",   "he",   "least", "most", "must", "pct",  "cents", "else",  "let",  "arc",  "mod",
    "units", "unit", "we",   "their", "this", "there", "which", "zero", "th",    "st",   "nd",   "rd",   "pm",    "am"};

bool In(const auto& list, std::string_view run) { return std::find(std::begin(list), std::end(list), run) != std::end(list); }

}  // namespace

bool IsFunctionName(std::string_view run) { return In(kFunctions, run); }

std::string_view ConstantName(std::string_view run) {
  if (run == "pi") return "pi";
  if (run == "infty" || run == "infinity" || run == "inf" || run == "oo" || run == "Infinity") return "inf";
  return {};
}

bool IsGreekName(std::string_view run) { return In(kGreek, run); }

bool LooksLikeWord(std::string_view run) {
  const std::string lower = AsciiLower(run);
  const bool capital_first = run[0] >= 'A' && run[0] <= 'Z';
  const std::string_view rest = run.substr(1);
  const bool rest_lower = std::all_of(rest.begin(), rest.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  const bool all_upper = run.size() > 1 && std::all_of(run.begin(), run.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (In(kWords, lower) && (!all_upper || lower == "yes" || lower == "true" || lower == "false" || lower == "odd" || lower == "even")) return run.size() > 1;
  if (!rest_lower) return false;
  const bool vowel = lower.find_first_of("aeiouy") != std::string::npos;
  if (capital_first) return run.size() >= 3 && vowel;
  // "aabb" and "xyzw" are products; words mix.
  const bool consonant = lower.find_first_not_of("aeiou") != std::string::npos;
  return run.size() >= 4 && vowel && consonant;
}

}  // namespace rlar::math
