#include "math/compare.h"

#include <algorithm>

#include "base/text.h"
#include "math/forms.h"
#include "math/matrices.h"
#include "math/rounding.h"
#include "math/sets.h"

namespace rlar::math {
namespace {

Verdict Of(bool same) { return same ? Verdict::kSame : Verdict::kDifferent; }

bool IsCollection(Ref node) { return node->kind == Kind::kList || node->kind == Kind::kSet || node->kind == Kind::kTuple; }

// Letters that stand for "any integer" or a free parameter; which one is used says nothing.
bool IsParameter(const std::string& name) {
  static constexpr std::string_view kNames[] = {"k", "n", "m", "l", "j", "t", "s", "ell", "C", "c", "p", "q", "r"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

bool IsEquation(Ref node) { return node->kind == Kind::kRelation && node->rels.size() == 1 && node->rels[0] == Rel::kEq; }

class Comparer {
 public:
  Comparer(const CompareOptions& options, Arena& arena, StepBudget& budget) : options_(options), arena_(arena), budget_(budget) {}

  // a: the reference, b: the answer.
  Verdict Same(Ref a, Ref b, int depth = 0) {
    if (depth > 12 || !budget_.Spend(20)) return Verdict::kUnknown;
    if (Print(a) == Print(b)) return Verdict::kSame;
    if (a->kind == Kind::kText || b->kind == Kind::kText) return Of(a->kind == b->kind && a->name == b->name);
    if (IsEquation(a) && IsEquation(b)) {
      const Verdict both = Equations(a, b, depth);
      if (both == Verdict::kSame) return both;
      if (both == Verdict::kDifferent && !NumericValues(a, b)) return both;
    }
    // A formula against the equation that defines it.
    if (IsEquation(a) != IsEquation(b)) {
      Ref equation = IsEquation(a) ? a : b;
      Ref formula = IsEquation(a) ? b : a;
      if (formula->kind != Kind::kRelation && !IsCollection(formula) && Solves(equation, formula)) return Verdict::kSame;
    }
    Ref label_a = nullptr, label_b = nullptr, about_a = nullptr, about_b = nullptr;
    Ref x = ValueOf(a, &label_a, &about_a), y = ValueOf(b, &label_b, &about_b);
    if (x != a || y != b) {
      Verdict verdict = Same(x, y, depth + 1);
      if (verdict != Verdict::kSame && about_a != nullptr) verdict = Best(verdict, Same(about_a, y, depth + 1));
      if (verdict != Verdict::kSame && (label_a != nullptr || label_b != nullptr || a->bound || b->bound))
        verdict = Best(verdict, Renamed(x, y, label_a, label_b, depth));
      return verdict;
    }
    return Forms(a, b, depth);
  }

 private:
  static Verdict Best(Verdict a, Verdict b) {
    if (a == Verdict::kSame || b == Verdict::kSame) return Verdict::kSame;
    return a == Verdict::kUnknown ? a : b;
  }

  bool NumericValues(Ref a, Ref b) {
    Ref la = nullptr, lb = nullptr;
    Ref x = ValueOf(a, &la), y = ValueOf(b, &lb);
    if (la == nullptr || lb == nullptr) return false;
    if (Symbols(x).empty() && Symbols(y).empty()) return true;
    // f(x) = … and f(t) = … differ in their variable's name only.
    return (la->kind == Kind::kFunction && lb->kind == Kind::kFunction) || la->kind == Kind::kTuple || lb->kind == Kind::kTuple;
  }

  Ref Minus(Ref a, Ref b) { return arena_.Of(Kind::kAdd, {a, arena_.Of(Kind::kNeg, {b})}); }

  Verdict Equations(Ref a, Ref b, int depth) {
    if (Contains(a, Kind::kText) || Contains(b, Kind::kText)) return Verdict::kUnknown;
    if (IsCollection(a->kids[1]) || IsCollection(b->kids[1])) return Verdict::kUnknown;
    Ref f = Minus(a->kids[0], a->kids[1]), g = Minus(b->kids[0], b->kids[1]);
    if (Proportional(f, g, false, budget_) == Verdict::kSame) return Verdict::kSame;
    if (a->kids[0]->kind == Kind::kSymbol && Same(a->kids[0], b->kids[0], depth + 1) == Verdict::kSame) return Same(a->kids[1], b->kids[1], depth + 1);
    if (b->kids[0]->kind == Kind::kSymbol && Solves(a, b->kids[1], b->kids[0]->name)) return Verdict::kSame;
    if (a->kids[0]->kind == Kind::kSymbol && Solves(b, a->kids[1], a->kids[0]->name)) return Verdict::kSame;
    return Verdict::kDifferent;
  }

  // Whether `formula` is what `equation` gives for one of its symbols (linear in it, so that nothing else is a solution).
  bool Solves(Ref equation, Ref formula, std::string_view only = {}) {
    if (Contains(equation, Kind::kText) || Contains(formula, Kind::kText) || Contains(formula, Kind::kPlusMinus)) return false;
    std::vector<std::string> free;
    const std::vector<std::string> used = Symbols(formula);
    for (const std::string& name : Symbols(equation)) {
      if (std::find(used.begin(), used.end(), name) == used.end()) free.push_back(name);
    }
    if (free.size() != 1 || (!only.empty() && free[0] != only)) return false;
    Ref f = Minus(equation->kids[0], equation->kids[1]);
    if (SameScalar(Substitute(f, free[0], formula, arena_), arena_.Number(0), budget_) != Verdict::kSame) return false;
    const auto at = [&](std::int64_t value) { return Substitute(f, free[0], arena_.Number(value), arena_); };
    Ref bend = arena_.Of(Kind::kAdd, {at(2), at(4), arena_.Of(Kind::kMul, {arena_.Number(-2), at(3)})});
    if (SameScalar(bend, arena_.Number(0), budget_) != Verdict::kSame) return false;
    return SameScalar(at(2), at(3), budget_) == Verdict::kDifferent;
  }

  // One free variable on each side, called differently.
  Verdict Renamed(Ref a, Ref b, Ref label_a, Ref label_b, int depth) {
    const std::vector<std::string> x = Symbols(a), y = Symbols(b);
    if (x.size() != y.size() || x.empty() || x.size() > 3 || x == y) return Verdict::kDifferent;
    if (options_.math_verify && !options_.any_names) return Verdict::kDifferent;
    if (options_.any_names && x.size() == 1) return Same(a, Substitute(b, y[0], arena_.Named(Kind::kSymbol, x[0]), arena_), depth + 1);
    std::vector<std::string> only_x, only_y;
    std::set_difference(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(only_x));
    std::set_difference(y.begin(), y.end(), x.begin(), x.end(), std::back_inserter(only_y));
    if (only_x.size() != 1 || only_y.size() != 1) return Verdict::kDifferent;
    const bool function = (label_a != nullptr && (label_a->kind == Kind::kFunction || label_a->kind == Kind::kTuple)) ||
                          (label_b != nullptr && (label_b->kind == Kind::kFunction || label_b->kind == Kind::kTuple));
    if (!function && !(IsParameter(only_x[0]) && IsParameter(only_y[0])) && !bound_) return Verdict::kDifferent;
    return Same(a, Substitute(b, only_y[0], arena_.Named(Kind::kSymbol, only_x[0]), arena_), depth + 1);
  }

  Verdict Forms(Ref a, Ref b, int depth) {
    bound_ |= a->bound || b->bound;
    if (Contains(a, Kind::kMatrix) && Contains(b, Kind::kMatrix)) {
      a = WorkOutMatrices(a, arena_);
      b = WorkOutMatrices(b, arena_);
    }
    if (IsClearlySet(a) || IsClearlySet(b)) {
      const Verdict sets = Sets(a, b, depth);
      if (sets != Verdict::kUnknown) return sets;
    }
    if (a->kind == Kind::kRelation && b->kind == Kind::kRelation) return Relations(a, b, depth);
    if (a->kind == Kind::kRelation || b->kind == Kind::kRelation) return Verdict::kDifferent;
    if (a->kind == Kind::kMatrix || b->kind == Kind::kMatrix) return Matrices(a, b, depth);
    if (IsCollection(a) || IsCollection(b) || Contains(a, Kind::kPlusMinus) || Contains(b, Kind::kPlusMinus)) return Collections(a, b, depth);
    if (a->kind == Kind::kRatio && b->kind == Kind::kRatio) return Ratios(a, b);
    if ((a->kind == Kind::kFunction && a->name == "forall") || (b->kind == Kind::kFunction && b->name == "forall")) {
      return a->kind == b->kind && a->name == b->name ? Same(a->kids[0], b->kids[0], depth + 1) : Verdict::kDifferent;
    }
    const Verdict scalar = Scalars(a, b);
    if (scalar == Verdict::kSame) return scalar;
    const std::vector<std::string> x = Symbols(a), y = Symbols(b);
    if (options_.any_names && x != y && x.size() == 2 && y.size() == 2) {
      // f(x) against f(y): one name is shared.
      std::vector<std::string> only_x, only_y;
      std::set_difference(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(only_x));
      std::set_difference(y.begin(), y.end(), x.begin(), x.end(), std::back_inserter(only_y));
      if (only_x.size() == 1) return Same(a, Substitute(b, only_y[0], arena_.Named(Kind::kSymbol, only_x[0]), arena_), depth + 1);
    }
    if (x.size() == y.size() && x.size() >= 1 && x != y) return Best(Renamed(a, b, nullptr, nullptr, depth), scalar);
    return scalar;
  }

  Verdict Sets(Ref a, Ref b, int) {
    const auto x = ToRealSet(a, true, arena_, budget_);
    const auto y = x ? ToRealSet(b, true, arena_, budget_) : std::nullopt;
    if (!x || !y) return Verdict::kUnknown;
    return SameSet(*x, *y, budget_);
  }

  Verdict Relations(Ref a, Ref b, int depth) {
    if (a->rels.size() != b->rels.size() || a->name != b->name) return Verdict::kDifferent;
    if (a->rels == b->rels) {
      bool all = true;
      for (std::size_t i = 0; all && i < a->kids.size(); ++i) all = Same(a->kids[i], b->kids[i], depth + 1) == Verdict::kSame;
      if (all) return Verdict::kSame;
    }
    if (a->rels.size() != 1) return Verdict::kDifferent;
    // f < g against a multiple of it, turned round where the factor is negative.
    const auto up = [](Rel rel) { return rel == Rel::kLt || rel == Rel::kLe; };
    const auto strict = [](Rel rel) { return rel == Rel::kLt || rel == Rel::kGt; };
    const auto order = [&](Rel rel) { return up(rel) || rel == Rel::kGt || rel == Rel::kGe; };
    if (!order(a->rels[0]) || !order(b->rels[0]))
      return a->rels == b->rels && a->rels[0] == Rel::kNe ? Proportional(Minus(a->kids[0], a->kids[1]), Minus(b->kids[0], b->kids[1]), false, budget_)
                                                          : Verdict::kDifferent;
    if (strict(a->rels[0]) != strict(b->rels[0])) return Verdict::kDifferent;
    Ref f = Minus(a->kids[0], a->kids[1]), g = Minus(b->kids[0], b->kids[1]);
    if (up(a->rels[0]) != up(b->rels[0])) g = arena_.Of(Kind::kNeg, {g});
    return Proportional(f, g, true, budget_);
  }

  Verdict Matrices(Ref a, Ref b, int depth) {
    if (a->kind == Kind::kMatrix && b->kind == Kind::kMatrix) {
      if (a->name != b->name || a->kids.size() != b->kids.size()) return Verdict::kDifferent;
      const bool vectors = (a->rows == 1 || a->rows == static_cast<int>(a->kids.size())) && (b->rows == 1 || b->rows == static_cast<int>(b->kids.size()));
      if (a->rows != b->rows && !vectors) return Verdict::kDifferent;
      return InOrder(a->kids, b->kids, depth);
    }
    Ref matrix = a->kind == Kind::kMatrix ? a : b;
    Ref other = matrix == a ? b : a;
    const bool vector = matrix->rows == 1 || matrix->rows == static_cast<int>(matrix->kids.size());
    if (!vector || other->kind != Kind::kTuple) return Verdict::kDifferent;
    return InOrder(a->kids, b->kids, depth);
  }

  Verdict InOrder(const std::vector<Ref>& a, const std::vector<Ref>& b, int depth) {
    if (a.size() != b.size()) return Verdict::kDifferent;
    Verdict worst = Verdict::kSame;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const Verdict verdict = Same(a[i], b[i], depth + 1);
      if (verdict == Verdict::kDifferent) return verdict;
      if (verdict == Verdict::kUnknown) worst = verdict;
    }
    return worst;
  }

  // Each element of one side has its own partner on the other.
  Verdict AnyOrder(const std::vector<Ref>& a, const std::vector<Ref>& b, int depth) {
    if (a.size() != b.size() || a.size() > 200) return Verdict::kDifferent;
    std::vector<bool> taken(b.size(), false);
    for (Ref x : a) {
      std::size_t hit = b.size();
      for (std::size_t i = 0; i < b.size() && hit == b.size(); ++i) {
        if (!taken[i] && Same(x, b[i], depth + 1) == Verdict::kSame) hit = i;
      }
      if (budget_.exhausted()) return Verdict::kUnknown;
      if (hit == b.size()) return Verdict::kDifferent;
      taken[hit] = true;
    }
    return Verdict::kSame;
  }

  std::vector<Ref> Distinct(const std::vector<Ref>& in, int depth) {
    std::vector<Ref> out;
    for (Ref x : in) {
      if (out.size() > 60 || std::none_of(out.begin(), out.end(), [&](Ref y) { return Same(x, y, depth + 1) == Verdict::kSame; })) out.push_back(x);
    }
    return out;
  }

  static bool IsOrdered(Ref node) { return node->kind == Kind::kTuple; }

  Verdict Collections(Ref a, Ref b, int depth) {
    a = AsTuples(a, b, arena_);
    b = AsTuples(b, a, arena_);
    // 1,22 is a list or a decimal comma; the other side decides.
    const bool signs = Contains(a, Kind::kPlusMinus) || Contains(b, Kind::kPlusMinus);
    if (const auto comma = DecimalComma(a); comma && !signs && !IsCollection(b)) return Same(arena_.Number(*comma), b, depth + 1);
    if (const auto comma = DecimalComma(b); comma && !signs && !IsCollection(a)) return Same(a, arena_.Number(*comma), depth + 1);
    const bool tuple_a = a->kind == Kind::kTuple, tuple_b = b->kind == Kind::kTuple;
    if ((tuple_a && Contains(a, Kind::kPlusMinus)) || (tuple_b && Contains(b, Kind::kPlusMinus))) return Families(a, b, depth);
    if (tuple_a && tuple_b) return a->open == b->open && a->close == b->close ? InOrder(Plain(a), Plain(b), depth) : Verdict::kDifferent;
    std::vector<Ref> x = Items(a), y = Items(b);
    if (tuple_a || tuple_b) {
      Ref other = tuple_a ? b : a;
      const bool holds_tuples = std::any_of(other->kids.begin(), other->kids.end(), [](Ref kid) { return ValueOf(kid)->kind == Kind::kTuple; });
      if (other->kind == Kind::kList && !holds_tuples) return InOrder(Elements(a, arena_), Elements(b, arena_), depth);
      if (other->kind == Kind::kSet && other->kids.size() != 1) return Verdict::kDifferent;
    }
    if (Labelled(a) && Labelled(b)) {
      const Verdict labels = AnyOrder(a->kids, b->kids, depth);
      if (labels == Verdict::kSame || SameLabels(a, b)) return labels;
    }
    const Verdict verdict = AnyOrder(x, y, depth);
    if (verdict != Verdict::kDifferent) return verdict;
    if (x.size() == y.size()) return verdict;
    x = Distinct(x, depth);
    y = Distinct(y, depth);
    return AnyOrder(x, y, depth);
  }

  static bool Labelled(Ref node) {
    return node->kind == Kind::kList && std::all_of(node->kids.begin(), node->kids.end(), [](Ref kid) {
             Ref label = nullptr;
             ValueOf(kid, &label);
             return label != nullptr;
           });
  }
  static bool SameLabels(Ref a, Ref b) {
    std::vector<std::string> x, y;
    for (auto [node, out] : {std::pair{a, &x}, std::pair{b, &y}}) {
      for (Ref kid : node->kids) {
        Ref label = nullptr;
        ValueOf(kid, &label);
        out->push_back(Print(label));
      }
      std::sort(out->begin(), out->end());
    }
    return x == y && std::adjacent_find(x.begin(), x.end()) == x.end();
  }

  static std::vector<Ref> Plain(Ref node) { return node->kids; }
  std::vector<Ref> Items(Ref node) {
    if (node->kind == Kind::kTuple) return {node};
    return Elements(node, arena_);
  }

  // Tuples with ±: as one choice of sign for all, or one for each.
  Verdict Families(Ref a, Ref b, int depth) {
    const auto all = [&](Ref node, bool freely) {
      std::vector<Ref> out;
      for (Ref item : node->kind == Kind::kTuple ? std::vector<Ref>{node} : Elements(node, arena_)) {
        for (Ref variant : freely ? ExpandSignsFreely(item, arena_) : ExpandSigns(item, arena_)) out.push_back(variant);
      }
      return out;
    };
    for (const bool freely : {false, true}) {
      if (AnyOrder(all(a, freely), all(b, freely), depth) == Verdict::kSame) return Verdict::kSame;
    }
    return Verdict::kDifferent;
  }

  static std::optional<Rational> DecimalComma(Ref node) {
    if (node->kind != Kind::kList || node->name != "," || node->kids.size() != 2) return std::nullopt;
    Ref whole = node->kids[0], part = node->kids[1];
    if (whole->kind != Kind::kNumber || part->kind != Kind::kNumber || whole->decimals >= 0 || part->decimals >= 0) return std::nullopt;
    if (!whole->value.is_integer() || part->name.empty() || part->name.size() > 12 || part->value.sign() < 0) return std::nullopt;
    const Rational fraction = part->value * Rational::Pow10(-static_cast<std::int64_t>(part->name.size()));
    return whole->value.sign() < 0 ? whole->value - fraction : whole->value + fraction;
  }

  Verdict Ratios(Ref a, Ref b) {
    if (a->kids.size() != b->kids.size()) return Verdict::kDifferent;
    for (std::size_t i = 1; i < a->kids.size(); ++i) {
      Ref left = arena_.Of(Kind::kMul, {a->kids[i], b->kids[0]}), right = arena_.Of(Kind::kMul, {b->kids[i], a->kids[0]});
      const Verdict verdict = SameScalar(left, right, budget_);
      if (verdict != Verdict::kSame) return verdict;
    }
    return Verdict::kSame;
  }

  static bool SameNoun(std::string_view a, std::string_view b) {
    const auto last = [](std::string_view text) {
      std::string_view word = text.substr(text.rfind(' ') == text.npos ? 0 : text.rfind(' ') + 1);
      if (word.ends_with("s")) word.remove_suffix(1);
      return word;
    };
    return last(a) == last(b);
  }

  // Words that turn a value into another statement are no unit.
  static bool Denies(std::string_view unit) {
    static constexpr std::string_view kWords[] = {"not",     "no",    "never",     "if",     "unless", "except", "or",
                                                  "neither", "wrong", "incorrect", "cannot", "than",   "when"};
    for (const std::string_view word : SplitWords(unit)) {
      if (std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords)) return true;
    }
    return false;
  }

  Verdict Scalars(Ref a, Ref b) {
    const Quantity x = ReadQuantity(a, arena_), y = ReadQuantity(b, arena_);
    if (x.known && y.known) {
      if (!x.known->SameKind(*y.known)) return Verdict::kDifferent;
      return Values(ToBase(x), ToBase(y), a, b);
    }
    if (Denies(x.unit) != Denies(y.unit) || (options_.math_verify && x.unit != y.unit)) return Verdict::kDifferent;
    const auto ignorable = [](const Quantity& q) { return q.unit.empty() || q.unit.find("unit") != std::string::npos; };
    if (!ignorable(x) && !ignorable(y) && !SameNoun(x.unit, y.unit)) return Verdict::kDifferent;
    Verdict verdict = Values(x.value, y.value, x.value, y.value);
    if (verdict == Verdict::kSame) return verdict;
    // A clock's time has no value to compare.
    if (verdict == Verdict::kUnknown && Contains(x.value, Kind::kRatio) != Contains(y.value, Kind::kRatio)) return Verdict::kDifferent;
    if (x.percent_inner != nullptr && (y.percent_inner != nullptr || options_.percent_equal)) {
      verdict = Best(verdict, Values(x.percent_inner, y.percent_inner != nullptr ? y.percent_inner : y.value, x.percent_inner, y.percent_inner));
    } else if (x.percent_inner != nullptr) {
      verdict = Best(verdict, Values(x.percent_inner, arena_.Of(Kind::kMul, {arena_.Number(100), y.value}), x.percent_inner, nullptr));
    } else if (y.percent_inner != nullptr && options_.percent_equal) {
      verdict = Best(verdict, Values(x.value, y.percent_inner, x.value, y.percent_inner));
    }
    if (x.percent_inner != nullptr && options_.percent_equal && y.percent_inner == nullptr) {
      verdict = Best(verdict, Values(x.percent_inner, arena_.Of(Kind::kMul, {arena_.Number(100), y.value}), x.percent_inner, nullptr));
    }
    if ((x.degree_inner != nullptr) != (y.degree_inner != nullptr)) {
      Ref plain = x.degree_inner != nullptr ? y.value : x.value;
      if (!Contains(plain, Kind::kDegree) && ExactRational(plain)) {
        verdict =
            Best(verdict, SameScalar(x.degree_inner != nullptr ? x.degree_inner : x.value, y.degree_inner != nullptr ? y.degree_inner : y.value, budget_));
      }
    }
    if (verdict != Verdict::kSame && (a->kind == Kind::kBased) != (b->kind == Kind::kBased)) {
      Ref based = a->kind == Kind::kBased ? a : b;
      Ref plain = based == a ? b : a;
      if (plain->kind == Kind::kNumber && plain->value.ToString() == based->name) return Verdict::kSame;
    }
    return verdict;
  }

  Ref ToBase(const Quantity& q) {
    return arena_.Of(Kind::kAdd, {arena_.Of(Kind::kMul, {q.value, arena_.Number(q.known->factor)}), arena_.Number(q.known->offset)});
  }

  // Values exactly, else within what rounding or the tolerance allows. `a` and `b` are the literals rounding looks at.
  Verdict Values(Ref x, Ref y, Ref a, Ref b) {
    const Verdict exact = SameScalar(x, y, budget_);
    if (exact == Verdict::kSame || !Symbols(x).empty() || !Symbols(y).empty()) return exact;
    if (options_.tolerance && IsTolerated(x, y, *options_.tolerance, budget_)) return Verdict::kSame;
    if (options_.math_verify && LiteralOf(x) == nullptr && LiteralOf(y) == nullptr && Within(x, y, Rational::Pow10(-15), budget_) == Verdict::kSame)
      return Verdict::kSame;
    if (options_.float_rounding && (IsFloat(a) || IsFloat(b)) && SameWhenRounded(x, y, *options_.float_rounding, arena_, budget_)) return Verdict::kSame;
    if (!options_.round_to_reference) return exact;
    if (MayRound(a, 1) && RoundsTo(x, y, *LiteralOf(a), budget_)) return Verdict::kSame;
    if (options_.symmetric && b != nullptr && MayRound(b, 3) && RoundsTo(y, x, *LiteralOf(b), budget_)) return Verdict::kSame;
    return exact;
  }

  const CompareOptions& options_;
  Arena& arena_;
  StepBudget& budget_;
  bool bound_ = false;
};

// Lower-case words and numbers, articles left out.
std::string WordsOf(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      const std::size_t start = ++i;
      while (i < text.size() && IsAsciiAlpha(text[i])) ++i;
      const std::string_view command = text.substr(start, i - start);
      if (!command.starts_with("text") && !command.starts_with("math") && command != "quad" && command != "mbox") plain += command;
      plain += ' ';
      --i;
    } else if (std::string_view("${}.,;:!?\"'`*()[]").find(text[i]) != std::string_view::npos) {
      plain += ' ';
    } else {
      plain += text[i];
    }
  }
  const std::string lower = UnicodeLower(plain);
  std::string out;
  for (const std::string_view word : SplitWords(lower)) {
    if (word == "the" || word == "a" || word == "an") continue;
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

}  // namespace

void ReadAnswer(std::string_view text, Answer& out) {
  while (text.size() > 1 && (text.back() == ' ' || text.back() == '\n' || (text.back() == '.' && text[text.size() - 2] != '.'))) text.remove_suffix(1);
  out.parsed = Parse(text, out.arena);
  if (text.size() <= 4'000) out.words = WordsOf(text);
}

Verdict SameAnswer(const Answer& reference, const Answer& answer, const CompareOptions& options, Arena& scratch, StepBudget& budget) {
  const Parsed& a = reference.parsed;
  const Parsed& b = answer.parsed;
  if (a.bad_text || b.bad_text || a.oversize || b.oversize) return Verdict::kDifferent;
  if (!a.key.empty() && a.key == b.key) return Verdict::kSame;
  if (a.root == nullptr || b.root == nullptr || Contains(a.root, Kind::kText) || Contains(b.root, Kind::kText)) {
    if (!reference.words.empty() && reference.words == answer.words && reference.words.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos)
      return Verdict::kSame;
  }
  if (a.root == nullptr || b.root == nullptr) return Verdict::kDifferent;
  return SameTree(a.root, b.root, options, scratch, budget);
}

Verdict SameTree(Ref reference, Ref answer, const CompareOptions& options, Arena& scratch, StepBudget& budget) {
  const Verdict verdict = Comparer(options, scratch, budget).Same(reference, answer);
  if (verdict == Verdict::kSame || options.math_verify || budget.exhausted()) return verdict;
  // Computer algebra writes the imaginary unit I and the base of logarithms E; alone these are letters.
  Ref left = reference, right = answer;
  for (const std::string_view name : {"I", "E"}) {
    Ref constant = scratch.Named(Kind::kConstant, name == "I" ? "i" : "e");
    if (left->kind != Kind::kSymbol) left = Substitute(left, name, constant, scratch);
    if (right->kind != Kind::kSymbol) right = Substitute(right, name, constant, scratch);
  }
  if (left == reference && right == answer) return verdict;
  const Verdict second = Comparer(options, scratch, budget).Same(left, right);
  return second == Verdict::kSame || verdict == Verdict::kUnknown ? second : verdict;
}

}  // namespace rlar::math
