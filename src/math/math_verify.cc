#include "math/math_verify.h"

#include <algorithm>

#include "base/text.h"
#include "math/lex.h"

namespace rlar::math {
namespace {

// Signs its grammar has not.
constexpr std::string_view kUnread[] = {"∞", "∪", "∩", "½", "¼", "¾", "²", "³", "√", "∈", "·", "±", "∅"};

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

bool HasUnknownCommand(std::string_view text) {
  for (std::size_t at = text.find('\\'); at != text.npos; at = text.find('\\', at + 1)) {
    std::size_t end = at + 1;
    while (end < text.size() && IsAsciiAlpha(text[end])) ++end;
    if (end > at + 1 && !IsKnownCommand(text.substr(at + 1, end - at - 1))) return true;
    at = std::max(end - 1, at + (end == at + 1 ? 1 : 0));
  }
  return false;
}

// Of an equation chain that does not parse the last side is tried.
std::string LastSide(std::string text) {
  if (text.find_first_of(",;") != text.npos || std::count(text.begin(), text.end(), '=') < 2 || !HasUnknownCommand(text)) return text;
  return text.substr(text.rfind('=') + 1);
}

bool IsEquation(Ref node) {
  return node->kind == Kind::kRelation && std::all_of(node->rels.begin(), node->rels.end(), [](Rel rel) { return rel == Rel::kEq || rel == Rel::kIn; });
}

bool OnlySymbols(Ref node);

// a = b = c ≈ d without what is only about right; x ≈ 11 alone is an equation.
Ref WithoutApproximation(Ref node, Arena& arena) {
  if (node->kind != Kind::kRelation || node->rels.back() != Rel::kApprox) return node;
  if (node->rels.size() == 1 && !OnlySymbols(node->kids[0])) return node->kids[0];
  Node& copy = arena.Make(Kind::kRelation);
  copy = *node;
  if (copy.rels.size() == 1) {
    copy.rels[0] = Rel::kEq;
  } else {
    copy.rels.pop_back();
    copy.kids.pop_back();
  }
  return &copy;
}

// As it reads things: a capital letter alone is a small one, a : b is a / b.
Ref Recast(Ref node, Arena& arena) {
  const bool capital = node->kind == Kind::kSymbol && node->name.size() == 1 && node->name[0] >= 'A' && node->name[0] <= 'Z';
  if (capital) return arena.Named(Kind::kSymbol, AsciiLower(node->name));
  return node->kind == Kind::kRatio && node->kids.size() == 2 ? arena.Of(Kind::kDiv, node->kids) : node;
}

bool OnlySymbols(Ref node) {
  if (node->kind == Kind::kSymbol || node->kind == Kind::kText || node->kind == Kind::kConstant) return true;
  const bool holds = node->kind == Kind::kMul || node->kind == Kind::kDiv || node->kind == Kind::kTuple || node->kind == Kind::kRatio ||
                     node->kind == Kind::kFunction || node->kind == Kind::kList;
  return holds && std::all_of(node->kids.begin(), node->kids.end(), [](Ref kid) { return OnlySymbols(kid) || kid->kind == Kind::kNumber; });
}

// The one letter "e", which Math-Verify reads as a symbol in \\text and as the constant elsewhere.
bool IsE(Ref node) {
  const bool named = node->kind == Kind::kSymbol || node->kind == Kind::kText || node->kind == Kind::kConstant;
  return named && (node->name == "e" || node->name == "E");
}

}  // namespace

MathVerifyAnswer ReadMathVerify(std::string_view text, const MathVerifyTargets& targets) {
  MathVerifyAnswer out;
  ForEachMathVerifyMatch(text, targets, [&](const MathVerifyMatch& match) {
    std::string all, shown;
    for (const MathVerifyMatch::Piece& piece : match.pieces) {
      std::string one = match.latex    ? MathVerifyNormalize(MathVerifyBoxes(piece.text, !piece.bare_box))
                        : match.number ? NumberText(piece.text)
                                       : std::string(piece.text);
      shown.append(shown.empty() ? "" : " and ").append(one);
      if (match.latex) one = LastSide(std::move(one));
      if (piece.percent) one += "\\%";
      all.append(all.empty() ? "" : " , ").append(one);
    }
    if (out.text.empty()) out.text = shown;
    if (std::any_of(std::begin(kUnread), std::end(kUnread), [&](std::string_view mark) { return all.find(mark) != all.npos; })) return false;
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
  Arena scratch;
  Ref left = Recast(WithoutApproximation(gold.expression->parsed.root, scratch), scratch);
  Ref right = Recast(WithoutApproximation(pred.expression->parsed.root, scratch), scratch);
  const bool gold_equation = IsEquation(left), pred_equation = IsEquation(right);
  // The answer follows the reference's form: an equation counts by its last side where the reference is none.
  if (pred_equation && !gold_equation) {
    right = right->kids.back();
  } else if (gold_equation && !pred_equation && OnlySymbols(left->kids[0])) {
    left = left->kids.back();
  } else if (gold_equation != pred_equation) {
    return Verdict::kDifferent;
  }
  if (right->kind == Kind::kRelation && left->kind != Kind::kRelation && !options.allow_set_relation_comp) return Verdict::kDifferent;
  const auto lists_relations = [](Ref node) {
    return node->kind == Kind::kList &&
           std::any_of(node->kids.begin(), node->kids.end(), [](Ref kid) { return kid->kind == Kind::kRelation && !IsEquation(kid); });
  };
  if (lists_relations(left) != lists_relations(right)) return Verdict::kDifferent;
  if (IsE(left) && IsE(right)) return Verdict::kSame;
  CompareOptions compare;
  compare.math_verify = true;
  compare.percent_equal = true;
  compare.float_rounding = options.float_rounding;
  compare.any_names = !options.strict;
  return SameTree(left, right, compare, scratch, budget);
}

}  // namespace rlar::math
