// Unicode spellings of mathematics, rewritten into the ASCII and LaTeX the lexer reads.
#pragma once

#include <string>
#include <string_view>

namespace rlar::math {

// Characters that show nothing: zero width, bidi controls, C0/C1 controls other than white space, tags.
bool IsHidden(char32_t code_point);

// Folds digits of any script, minus signs, full-width forms and special blanks; everything else stays. Appends to `out`.
void FoldNumberSigns(std::string_view text, std::string& out);

// Rewrites Unicode mathematics (√ π ∞ ≤ ∪ ½ x² x₁ − ·) as LaTeX, undoes JSON escapes that ate a backslash (form feed + "rac"),
// HTML's <sup> and <sub>, and native digits. Hidden characters stay, so that the lexer refuses them. Appends to `out`.
void ToLatex(std::string_view text, std::string& out);

}  // namespace rlar::math
