#include "math/forms.h"

#include <algorithm>

namespace rlar::math {
namespace {

bool AllCapitals(Ref node) {
  if (node->kind == Kind::kSymbol)
    return (node->name[0] >= 'A' && node->name[0] <= 'Z') || node->name == "∠" || node->name == "△" || node->name.starts_with("bar(") ||
           node->name.starts_with("vec(");
  return node->kind == Kind::kMul && std::all_of(node->kids.begin(), node->kids.end(), [](Ref kid) { return AllCapitals(kid); });
}

bool IsSimpleArgument(Ref node) {
  return node->kind == Kind::kSymbol || node->kind == Kind::kNumber || node->kind == Kind::kConstant ||
         (node->kind == Kind::kTuple && std::all_of(node->kids.begin(), node->kids.end(), IsSimpleArgument));
}

bool IsWords(Ref node) {
  if (node->kind == Kind::kText) return true;
  // "Sequence 1", "x coordinate"
  return node->kind == Kind::kMul && Contains(node, Kind::kText) && std::all_of(node->kids.begin(), node->kids.end(), [](Ref kid) {
           return kid->kind == Kind::kText || kid->kind == Kind::kSymbol || kid->kind == Kind::kNumber || kid->kind == Kind::kConstant;
         });
}

}  // namespace

bool IsLabel(Ref node) {
  switch (node->kind) {
    case Kind::kSymbol: return true;
    case Kind::kConstant: return node->name == "e" || node->name == "i";
    case Kind::kText: return true;
    case Kind::kMul:
      return AllCapitals(node) || IsWords(node) || (node->kids.size() == 2 && node->kids[0]->kind == Kind::kSymbol && node->kids[0]->name == "∠");
    case Kind::kFunction:
      if (node->name == "abs") return AllCapitals(node->kids[0]) || node->kids[0]->kind == Kind::kSymbol;
      if (node->name == "call") return std::all_of(node->kids.begin() + 1, node->kids.end(), IsSimpleArgument);
      if (node->name == "prime" || node->name == "sub") return true;
      return (node->name == "sin" || node->name == "cos" || node->name == "tan") && AllCapitals(node->kids[0]);
    case Kind::kDiv: return AllCapitals(node->kids[0]) && AllCapitals(node->kids[1]);
    case Kind::kTuple:
    case Kind::kRatio:
    case Kind::kList: return std::all_of(node->kids.begin(), node->kids.end(), [](Ref kid) { return IsLabel(kid); });
    default: return false;
  }
}

Ref ValueOf(Ref node, Ref* label, Ref* approximation) {
  if (node->kind != Kind::kRelation) return node;
  const auto equal = [](Rel rel) { return rel == Rel::kEq || rel == Rel::kApprox || rel == Rel::kEquiv; };
  if (node->rels.size() == 1 && node->rels[0] == Rel::kIn && IsLabel(node->kids[0])) {
    if (label != nullptr) *label = node->kids[0];
    return node->kids[1];
  }
  if (!std::all_of(node->rels.begin(), node->rels.end(), equal)) return node;
  std::size_t last = node->kids.size() - 1;
  if (node->rels.back() == Rel::kApprox && !(last == 1 && IsLabel(node->kids[0]))) {
    if (approximation != nullptr) *approximation = node->kids[last];
    --last;
  }
  if (last == 0) return node->kids[0];
  const bool named = IsLabel(node->kids[0]);
  // "35 + 70 = 105" works the answer out before it is said.
  const bool worked = node->kids[0]->kind != Kind::kNumber && Symbols(node->kids[0]).empty() && !Contains(node->kids[0], Kind::kText);
  if (!named && !worked && node->kids.size() <= 2) return node;
  if (label != nullptr && named) *label = node->kids[0];
  return node->kids[last];
}

Quantity ReadQuantity(Ref node, Arena& arena) {
  Quantity out;
  out.value = node;
  bool negative = false;
  while (node->kind == Kind::kNeg) {
    negative = !negative;
    node = node->kids[0];
  }
  if ((node->kind == Kind::kMul || node->kind == Kind::kDiv) && Contains(node, Kind::kText)) {
    std::vector<Ref> factors;
    std::string unit;
    // 5 m / s parses as (5 · m) / s.
    const auto collect = [&](auto&& self, Ref part, bool below) -> void {
      if (part->kind == Kind::kText) {
        unit += (unit.empty() ? "" : below ? "/" : " ") + part->name;
      } else if (part->kind == Kind::kPow && part->kids[0]->kind == Kind::kText && part->kids[1]->kind == Kind::kNumber) {
        unit += (unit.empty() ? "" : below ? "/" : " ") + part->kids[0]->name + "^" + part->kids[1]->value.ToString();
      } else if (part->kind == Kind::kMul && !below) {
        for (Ref kid : part->kids) self(self, kid, below);
      } else if (part->kind == Kind::kDiv && Contains(part, Kind::kText)) {
        self(self, part->kids[0], below);
        self(self, part->kids[1], true);
      } else {
        factors.push_back(below ? arena.Of(Kind::kPow, {part, arena.Number(-1)}) : part);
      }
    };
    collect(collect, node, false);
    if (!factors.empty()) {
      out.value = factors.size() == 1 ? factors[0] : arena.Of(Kind::kMul, factors);
      if (negative) out.value = arena.Of(Kind::kNeg, {out.value});
      out.unit = unit;
      out.known = ParseUnit(unit);
    }
  }
  const Ref inner = out.value->kind == Kind::kNeg ? out.value->kids[0] : out.value;
  const auto signed_inner = [&](Ref kid) { return inner == out.value ? kid : arena.Of(Kind::kNeg, {kid}); };
  if (inner->kind == Kind::kPercent) out.percent_inner = signed_inner(inner->kids[0]);
  if (inner->kind == Kind::kDegree) out.degree_inner = signed_inner(inner->kids[0]);
  if (out.unit == "percent" || out.unit == "per cent") {
    out.percent_inner = out.value;
    out.value = arena.Of(Kind::kPercent, {out.value});
    out.unit.clear();
  }
  return out;
}

namespace {

Ref PickSign(Ref node, bool upper, Arena& arena) {
  if (node->kids.empty() || !Contains(node, Kind::kPlusMinus)) return node;
  std::vector<Ref> kids;
  for (Ref kid : node->kids) kids.push_back(PickSign(kid, upper, arena));
  if (node->kind == Kind::kPlusMinus) {
    const bool plus = upper == (node->name == "+");
    return arena.Of(Kind::kAdd, {kids[0], plus ? kids[1] : arena.Of(Kind::kNeg, {kids[1]})});
  }
  Node& copy = arena.Make(node->kind);
  copy = *node;
  copy.kids = std::move(kids);
  return &copy;
}

}  // namespace

std::vector<Ref> ExpandSigns(Ref node, Arena& arena) {
  if (!Contains(node, Kind::kPlusMinus)) return {node};
  return {PickSign(node, true, arena), PickSign(node, false, arena)};
}

std::vector<Ref> ExpandSignsFreely(Ref node, Arena& arena) {
  if (node->kind != Kind::kTuple || !Contains(node, Kind::kPlusMinus)) return ExpandSigns(node, arena);
  std::vector<std::vector<Ref>> rows{{}};
  for (Ref kid : node->kids) {
    std::vector<std::vector<Ref>> next;
    for (const auto& row : rows) {
      for (Ref variant : ExpandSigns(kid, arena)) {
        next.push_back(row);
        next.back().push_back(variant);
      }
    }
    rows = std::move(next);
    if (rows.size() > 64) return {};
  }
  std::vector<Ref> out;
  for (auto& row : rows) {
    Node& copy = arena.Make(Kind::kTuple);
    copy = *node;
    copy.kids = std::move(row);
    out.push_back(&copy);
  }
  return out;
}

std::vector<Ref> Elements(Ref node, Arena& arena) {
  std::vector<Ref> out;
  const auto collect = [&](auto&& self, Ref part) -> void {
    Ref value = ValueOf(part);
    if (value->kind == Kind::kList || (value->kind == Kind::kSet && part != node)) {
      for (Ref kid : value->kids) self(self, kid);
      return;
    }
    for (Ref variant : ExpandSigns(value, arena)) out.push_back(variant);
  };
  if (node->kind == Kind::kSet || node->kind == Kind::kTuple || node->kind == Kind::kList || (node->kind == Kind::kMatrix && node->name.empty())) {
    for (Ref kid : node->kids) collect(collect, kid);
  } else {
    collect(collect, node);
  }
  return out;
}

Ref AsTuples(Ref node, Ref other, Arena& arena) {
  const auto tuple = [](Ref kid) { return ValueOf(kid)->kind == Kind::kTuple; };
  if (node->kind != Kind::kList || other->kind != Kind::kList || !std::all_of(other->kids.begin(), other->kids.end(), tuple)) return node;
  const std::size_t period = ValueOf(other->kids[0])->kids.size();
  if (period < 2 || node->kids.size() % period != 0) return node;
  std::vector<std::string> labels;
  Node& list = arena.Make(Kind::kList);
  list.name = ",";
  for (std::size_t i = 0; i < node->kids.size(); ++i) {
    Ref label = nullptr;
    Ref value = ValueOf(node->kids[i], &label);
    if (label == nullptr) return node;
    labels.push_back(Print(label));
    if (i >= period && labels[i] != labels[i - period]) return node;
    if (i % period == 0) {
      Node& made = arena.Make(Kind::kTuple);
      made.open = '(';
      made.close = ')';
      list.kids.push_back(&made);
    }
    const_cast<Node*>(list.kids.back())->kids.push_back(value);
  }
  std::sort(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(period));
  const bool distinct =
      std::adjacent_find(labels.begin(), labels.begin() + static_cast<std::ptrdiff_t>(period)) == labels.begin() + static_cast<std::ptrdiff_t>(period);
  return distinct ? &list : node;
}

}  // namespace rlar::math
