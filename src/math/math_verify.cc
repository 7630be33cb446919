#include "math/math_verify.h"

#include <algorithm>

#include "base/text.h"

namespace rlar::math {
namespace {

std::string NumberText(std::string_view raw) {
  std::string out;
  const std::size_t separator = raw.find_last_of(".,");
  // A comma with three digits behind each is one of thousands, else it is the decimal point.
  const bool thousands = raw.find_first_of(", ") != raw.npos && raw.size() > 4 && raw[std::min(raw.size() - 1, raw.find_first_of(", "))] != '.' &&
                         raw.size() - raw.find_first_of(", ") > 3;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == ',' || raw[i] == ' ') {
      if (!thousands && i == separator) out += '.';
    } else {
      out += raw[i];
    }
  }
  return out;
}

}  // namespace

MathVerifyAnswer ReadMathVerify(std::string_view text, const MathVerifyTargets& targets) {
  MathVerifyAnswer out;
  ForEachMathVerifyMatch(text, targets, [&](const MathVerifyMatch& match) {
    std::string all, first;
    for (const MathVerifyMatch::Piece& piece : match.pieces) {
      std::string one = match.latex ? MathVerifyNormalize(MathVerifyBoxes(piece.text, !piece.bare_box)) : match.number ? NumberText(piece.text) : std::string(piece.text);
      if (first.empty()) first = one;
      if (piece.percent) one += "\\%";
      all.append(all.empty() ? "" : " , ").append(one);
    }
    if (out.text.empty()) out.text = first;
    auto answer = std::make_unique<Answer>();
    ReadAnswer(all, *answer);
    if (answer->parsed.root == nullptr) return false;
    out.is_set = match.pieces.size() > 1;
    out.expression = std::move(answer);
    return true;
  });
  return out;
}

Verdict MathVerifySame(const MathVerifyAnswer& gold, const MathVerifyAnswer& pred, const MathVerifyOptions& options, StepBudget& budget) {
  const std::string_view a = Trim(gold.text), b = Trim(pred.text);
  if (!a.empty() && a == b) return Verdict::kSame;
  if (gold.expression == nullptr || pred.expression == nullptr) return Verdict::kDifferent;
  CompareOptions compare;
  compare.percent_equal = true;
  compare.float_rounding = options.float_rounding;
  compare.any_names = !options.strict;
  Arena scratch;
  return SameAnswer(*gold.expression, *pred.expression, compare, scratch, budget);
}

}  // namespace rlar::math
