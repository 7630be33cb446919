#include "math/sets.h"

#include <algorithm>

namespace rlar::math {
namespace {

bool IsInfinity(Ref node, int& sign) {
  if (node->kind == Kind::kConstant && node->name == "inf") return sign = 1, true;
  if (node->kind == Kind::kNeg && IsInfinity(node->kids[0], sign)) return sign = -sign, true;
  if (node->kind == Kind::kAdd && node->kids.size() == 1) return IsInfinity(node->kids[0], sign);
  return false;
}

bool IsOrder(Rel rel) { return rel == Rel::kLt || rel == Rel::kLe || rel == Rel::kGt || rel == Rel::kGe; }
bool IsInequality(Ref node) {
  return node->kind == Kind::kRelation && std::all_of(node->rels.begin(), node->rels.end(), [](Rel rel) { return IsOrder(rel) || rel == Rel::kNe; });
}

class Reader {
 public:
  Reader(Arena& arena, StepBudget& budget) : arena_(arena), budget_(budget) {}

  bool Read(Ref node, bool round_tuple, std::vector<Piece>& out) {
    switch (node->kind) {
      case Kind::kTuple: return Interval(node, round_tuple, out);
      case Kind::kSet:
        for (Ref kid : node->kids) {
          if (kid->kind == Kind::kTuple || kid->kind == Kind::kRelation || kid->kind == Kind::kPlusMinus) return false;
          out.push_back({kid, kid, true, true});
        }
        return true;
      case Kind::kSetBuilder: return Read(node->kids[1], false, out);
      case Kind::kUnion: return Read(node->kids[0], true, out) && Read(node->kids[1], true, out);
      case Kind::kIntersection: return Both(node->kids[0], node->kids[1], out);
      case Kind::kDifference: return Without(node, out);
      case Kind::kRelation: return Relation(node, out);
      case Kind::kList: return List(node, round_tuple, out);
      case Kind::kSymbol: return Named(node->name, out);
      case Kind::kText: return Named(node->name, out);
      default: return false;
    }
  }

 private:
  bool Named(const std::string& name, std::vector<Piece>& out) {
    if (name == "\\mathbb{R}" || name == "all real numbers" || name == "all reals" || name == "real numbers") return out.push_back({}), true;
    if (name == "\\mathbb{R}^+") return out.push_back({arena_.Number(0), nullptr, false, false}), true;
    if (name == "\\mathbb{R}^-") return out.push_back({nullptr, arena_.Number(0), false, false}), true;
    return false;
  }

  bool Interval(Ref node, bool round_tuple, std::vector<Piece>& out) {
    if (node->kids.size() != 2 || node->open == '<') return false;
    if (node->open == '(' && node->close == ')' && !round_tuple) return false;
    for (Ref kid : node->kids) {
      if (kid->kind == Kind::kTuple || kid->kind == Kind::kList || kid->kind == Kind::kRelation) return false;
    }
    Piece piece{node->kids[0], node->kids[1], node->open == '[', node->close == ']'};
    int sign = 0;
    if (IsInfinity(piece.low, sign)) {
      if (sign > 0) return false;
      piece.low = nullptr;
      piece.low_closed = false;
    }
    if (IsInfinity(piece.high, sign)) {
      if (sign < 0) return false;
      piece.high = nullptr;
      piece.high_closed = false;
    }
    out.push_back(piece);
    return true;
  }

  bool List(Ref node, bool round_tuple, std::vector<Piece>& out) {
    const bool inequalities = std::all_of(node->kids.begin(), node->kids.end(), [](Ref kid) { return IsInequality(kid); });
    if ((node->name == "and" || node->name == ",") && inequalities && node->kids.size() == 2) {
      // "x > 1 and x < 3" narrows; "x < 1, x > 3" lists. Where both can be meant, a set that is not empty is.
      std::vector<Piece> met;
      if (Both(node->kids[0], node->kids[1], met) && (!met.empty() || node->name == "and")) {
        out.insert(out.end(), met.begin(), met.end());
        return true;
      }
    }
    for (Ref kid : node->kids) {
      if (kid->kind == Kind::kTuple && !round_tuple && node->name != "or") return false;
      if (!Read(kid, true, out)) return false;
    }
    return true;
  }

  bool Relation(Ref node, std::vector<Piece>& out) {
    if (node->rels.size() == 1) {
      const Rel rel = node->rels[0];
      Ref left = node->kids[0], right = node->kids[1];
      if (rel == Rel::kIn) return Read(right, true, out);
      if (rel == Rel::kEq) {
        if (Symbols(left).empty() || !Symbols(right).empty()) return false;
        out.push_back({right, right, true, true});
        return true;
      }
      if (rel == Rel::kNe || IsOrder(rel)) return OneSided(left, rel, right, out);
      return false;
    }
    if (node->rels.size() != 2 || !IsOrder(node->rels[0]) || !IsOrder(node->rels[1])) return false;
    const bool rising = node->rels[0] == Rel::kLt || node->rels[0] == Rel::kLe;
    if (rising != (node->rels[1] == Rel::kLt || node->rels[1] == Rel::kLe)) return false;
    Ref low = node->kids[rising ? 0 : 2], high = node->kids[rising ? 2 : 0], middle = node->kids[1];
    const bool low_closed = node->rels[rising ? 0 : 1] == (rising ? Rel::kLe : Rel::kGe);
    const bool high_closed = node->rels[rising ? 1 : 0] == (rising ? Rel::kLe : Rel::kGe);
    if (Symbols(middle).empty()) return false;
    Piece piece{low, high, low_closed, high_closed};
    int sign = 0;
    if (IsInfinity(low, sign)) piece.low = nullptr;
    if (IsInfinity(high, sign)) piece.high = nullptr;
    if (middle->kind == Kind::kFunction && middle->name == "abs" && Symbols(low).empty()) {
      // a ≤ |z| ≤ b is two pieces, mirrored.
      out.push_back({arena_.Of(Kind::kNeg, {high}), arena_.Of(Kind::kNeg, {low}), high_closed, low_closed});
      out.push_back(piece);
      return true;
    }
    out.push_back(piece);
    return IsVariable(middle);
  }

  static bool IsVariable(Ref node) {
    return node->kind == Kind::kSymbol || (node->kind == Kind::kFunction && node->name == "call") || node->kind == Kind::kMul || node->kind == Kind::kConstant;
  }

  bool OneSided(Ref left, Rel rel, Ref right, std::vector<Piece>& out) {
    const bool left_symbols = !Symbols(left).empty(), right_symbols = !Symbols(right).empty();
    if (!left_symbols && right_symbols) return OneSided(right, Mirror(rel), left, out);
    if (!left_symbols) return false;
    if (left->kind == Kind::kSymbol || (left->kind == Kind::kFunction && left->name == "call")) return Bounded(rel, right, out);
    if (left->kind == Kind::kFunction && left->name == "abs" && !right_symbols) {
      Ref negative = arena_.Of(Kind::kNeg, {right});
      if (rel == Rel::kLt || rel == Rel::kLe)
        out.push_back({negative, right, rel == Rel::kLe, rel == Rel::kLe});
      else if (rel == Rel::kNe)
        return false;
      else {
        out.push_back({nullptr, negative, false, rel == Rel::kGe});
        out.push_back({right, nullptr, rel == Rel::kGe, false});
      }
      return true;
    }
    return Linear(left, rel, right, out);
  }

  static Rel Mirror(Rel rel) {
    switch (rel) {
      case Rel::kLt: return Rel::kGt;
      case Rel::kLe: return Rel::kGe;
      case Rel::kGt: return Rel::kLt;
      case Rel::kGe: return Rel::kLe;
      default: return rel;
    }
  }

  bool Bounded(Rel rel, Ref bound, std::vector<Piece>& out) {
    int sign = 0;
    if (IsInfinity(bound, sign)) return false;
    if (rel == Rel::kLt || rel == Rel::kLe) out.push_back({nullptr, bound, false, rel == Rel::kLe});
    if (rel == Rel::kGt || rel == Rel::kGe) out.push_back({bound, nullptr, rel == Rel::kGe, false});
    if (rel == Rel::kNe) {
      out.push_back({nullptr, bound, false, false});
      out.push_back({bound, nullptr, false, false});
    }
    return true;
  }

  // a x + b < c in one symbol, solved for it.
  bool Linear(Ref left, Rel rel, Ref right, std::vector<Piece>& out) {
    Ref f = arena_.Of(Kind::kAdd, {left, arena_.Of(Kind::kNeg, {right})});
    const std::vector<std::string> names = Symbols(f);
    if (names.size() != 1) return false;
    const auto at = [&](std::int64_t x) { return Substitute(f, names[0], arena_.Number(x), arena_); };
    Ref f0 = at(0), f1 = at(1), f2 = at(2);
    Ref bend = arena_.Of(Kind::kAdd, {f0, f2, arena_.Of(Kind::kMul, {arena_.Number(-2), f1})});
    if (SignOf(bend, budget_) != 0) return false;
    Ref slope = arena_.Of(Kind::kAdd, {f1, arena_.Of(Kind::kNeg, {f0})});
    const int sign = SignOf(slope, budget_);
    if (sign != 1 && sign != -1) return false;
    Ref bound = arena_.Of(Kind::kDiv, {arena_.Of(Kind::kNeg, {f0}), slope});
    return Bounded(sign > 0 ? rel : Mirror(rel), bound, out);
  }

  bool Value(Ref node, double infinity, double& out) {
    if (node == nullptr) return out = infinity, true;
    return Approximate(node, budget_, out);
  }

  bool Both(Ref left, Ref right, std::vector<Piece>& out) {
    std::vector<Piece> a, b;
    if (!Read(left, true, a) || !Read(right, true, b) || a.size() > 20 || b.size() > 20) return false;
    for (const Piece& x : a) {
      for (const Piece& y : b) {
        double xl, xh, yl, yh;
        if (!Value(x.low, -HUGE_VAL, xl) || !Value(x.high, HUGE_VAL, xh) || !Value(y.low, -HUGE_VAL, yl) || !Value(y.high, HUGE_VAL, yh)) return false;
        Piece met;
        met.low = xl >= yl ? x.low : y.low;
        met.low_closed = xl > yl ? x.low_closed : yl > xl ? y.low_closed : x.low_closed && y.low_closed;
        met.high = xh <= yh ? x.high : y.high;
        met.high_closed = xh < yh ? x.high_closed : yh < xh ? y.high_closed : x.high_closed && y.high_closed;
        const double low = std::max(xl, yl), high = std::min(xh, yh);
        if (low < high || (low == high && met.low_closed && met.high_closed)) out.push_back(met);
      }
    }
    return true;
  }

  // ℝ \ {1, 2}: the gaps between points; sets other than points are not cut out.
  bool Without(Ref node, std::vector<Piece>& out) {
    std::vector<Piece> whole, holes;
    if (!Read(node->kids[0], true, whole) || !Read(node->kids[1], true, holes) || whole.size() > 20 || holes.size() > 50) return false;
    for (const Piece& hole : holes) {
      if (hole.low != hole.high || hole.low == nullptr) return false;
      double at;
      if (!Value(hole.low, 0, at)) return false;
      std::vector<Piece> next;
      for (const Piece& piece : whole) {
        double low, high;
        if (!Value(piece.low, -HUGE_VAL, low) || !Value(piece.high, HUGE_VAL, high)) return false;
        if (at < low || at > high) {
          next.push_back(piece);
          continue;
        }
        if (at > low) next.push_back({piece.low, hole.low, piece.low_closed, false});
        if (at < high) next.push_back({hole.low, piece.high, false, piece.high_closed});
      }
      whole = std::move(next);
    }
    out.insert(out.end(), whole.begin(), whole.end());
    return true;
  }

  Arena& arena_;
  StepBudget& budget_;
};

// Sorts pieces and joins those that touch. Left as it is where an endpoint has no numeric value.
void Normalise(std::vector<Piece>& pieces, StepBudget& budget) {
  struct Placed {
    Piece piece;
    double low, high;
  };
  std::vector<Placed> placed;
  for (const Piece& piece : pieces) {
    Placed p{piece, -HUGE_VAL, HUGE_VAL};
    if (piece.low != nullptr && !Approximate(piece.low, budget, p.low)) return;
    if (piece.high != nullptr && !Approximate(piece.high, budget, p.high)) return;
    if (p.low > p.high || (p.low == p.high && !(piece.low_closed && piece.high_closed))) {
      if (p.low > p.high) return;  // no interval at all
      continue;
    }
    placed.push_back(p);
  }
  std::stable_sort(placed.begin(), placed.end(),
                   [](const Placed& a, const Placed& b) { return a.low != b.low ? a.low < b.low : a.piece.low_closed && !b.piece.low_closed; });
  std::vector<Placed> merged;
  for (const Placed& next : placed) {
    if (!merged.empty()) {
      Placed& last = merged.back();
      const bool touch = next.low < last.high || (next.low == last.high && (next.piece.low_closed || last.piece.high_closed));
      if (touch) {
        if (next.high > last.high || (next.high == last.high && next.piece.high_closed)) {
          last.piece.high = next.piece.high;
          last.piece.high_closed = next.piece.high_closed || (next.high == last.high && last.piece.high_closed);
          last.high = next.high;
        }
        continue;
      }
    }
    merged.push_back(next);
  }
  pieces.clear();
  for (const Placed& p : merged) pieces.push_back(p.piece);
}

Verdict SameEnd(Ref a, Ref b, StepBudget& budget) {
  if ((a == nullptr) != (b == nullptr)) return Verdict::kDifferent;
  return a == nullptr ? Verdict::kSame : SameScalar(a, b, budget);
}

}  // namespace

std::optional<RealSet> ToRealSet(Ref node, bool round_tuple, Arena& arena, StepBudget& budget) {
  RealSet out;
  if (!Reader(arena, budget).Read(node, round_tuple, out.pieces) || out.pieces.size() > 200) return std::nullopt;
  Normalise(out.pieces, budget);
  return out;
}

bool IsClearlySet(Ref node) {
  switch (node->kind) {
    case Kind::kTuple: return node->kids.size() == 2 && ((node->open == '[') != (node->close == ']') || node->open == '[');
    case Kind::kSetBuilder:
    case Kind::kUnion:
    case Kind::kIntersection:
    case Kind::kDifference: return true;
    case Kind::kRelation: return node->rels.size() == 1 && node->rels[0] == Rel::kIn ? true : IsInequality(node);
    case Kind::kList: return std::any_of(node->kids.begin(), node->kids.end(), [](Ref kid) { return kid->kind == Kind::kRelation && IsInequality(kid); });
    case Kind::kSymbol: return node->name.starts_with("\\mathbb{R}");
    default: return false;
  }
}

Verdict SameSet(const RealSet& a, const RealSet& b, StepBudget& budget) {
  if (a.pieces.size() != b.pieces.size()) return Verdict::kDifferent;
  Verdict worst = Verdict::kSame;
  for (std::size_t i = 0; i < a.pieces.size(); ++i) {
    const Piece& x = a.pieces[i];
    const Piece& y = b.pieces[i];
    if (x.low_closed != y.low_closed || x.high_closed != y.high_closed) return Verdict::kDifferent;
    for (const Verdict v : {SameEnd(x.low, y.low, budget), SameEnd(x.high, y.high, budget)}) {
      if (v == Verdict::kDifferent) return v;
      if (v == Verdict::kUnknown) worst = v;
    }
  }
  return worst;
}

}  // namespace rlar::math
