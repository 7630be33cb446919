// Probes: responses made from a row's own prompt and reference whose verdict is known, so that a tool can be tried on a
// user's data before it is trusted. Design: docs/admission.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rlar/sample.h"

namespace rlar {

struct Probe {
  enum class Want { kAccept, kRefuse, kLadder };
  Want want = Want::kAccept;
  std::string kind;  // "bare", "boxed", "other_reference", "negation", …: named in refusals
  std::string response;
  double level = 0;       // kLadder: how much of the reference is left, in (0, 1]
  std::string form = {};  // where a kind has the same forms for every row, which one this is: each is judged by itself as well
};

// `others`: references of other rows of the same task that differ from this row's, as texts.
std::vector<Probe> MakeProbes(const Query& query, const std::string& shape, const std::vector<std::string>& others);

// True where the row's parameters say that a response is a program, which tests run.
bool HasTests(const Query& query);

// For a tool that reads the row's own parameters and no reference: texts that no instruction asks for.
std::vector<Probe> MakeBlankProbes(const Query& query);

// For a tool that reads the row's own parameters and no reference, where the row holds one: an example of a right response, which other
// rows' references may be too, unless the parameters are `tests` of code, which tell them apart.
std::vector<Probe> MakeExampleProbes(const Query& query, bool tests, const std::vector<std::string>& others);

// References of other rows that say something else than the row `self` does; a few, as texts.
std::vector<std::string> OtherReferences(const std::vector<const Query*>& rows, std::size_t self);

// The reference as a response would state it.
std::string ReferenceText(const Reference& reference);

// An algebraic sum ("2*x**2 - 3*x + C"), or numbers joined by one sign ("2 × 3 × 5"), with its terms in the other order, which has the
// same value; empty where the text is none.
std::string Reordered(const std::string& reference);

// Numbers in a list ("-2, 0.5") the other way round, where the prompt asks for the solutions of an equation, which have no order; else empty.
std::string SolutionsReordered(const std::string& reference, const std::string& prompt);

// The value of numbers joined by one sign, where the prompt holds it (30 for "2 × 3 × 5"): what was to be taken apart; else empty.
std::string ValueInPrompt(const std::string& reference, const std::string& prompt);

// Alterations of a reference, each likely to be wrong where one answer is right: two tokens swapped, one left out, a digit
// changed. What says the same all the same (docs/admission.md) is left out: statements without an article, digits behind those that `prompt`
// asks for. Deterministic; none where the text is too short.
std::vector<std::string> AlteredTexts(const std::string& reference, std::string_view prompt);

}  // namespace rlar
