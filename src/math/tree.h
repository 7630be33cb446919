// The expression tree that answers are read into. Small, immutable once built, owned by an Arena.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "math/rational.h"

namespace rlar::math {

enum class Kind : unsigned char {
  kNumber,    // value; decimals >= 0 where it was written with a point
  kSymbol,    // name: "x", "x_1", "\\mathbb{R}"
  kConstant,  // name: "pi", "e", "i", "inf"
  kText,      // name: words in lower case, one blank between
  kAdd,
  kMul,
  kDiv,
  kPow,
  kNeg,
  kPlusMinus,  // kids[0] ± kids[1]; name "-" for ∓
  kFunction,   // name, arguments in kids
  kFactorial,
  kPercent,
  kDegree,
  kBased,       // name: digits, kids[0]: base
  kRelation,    // kids[0] rels[0] kids[1] rels[1] …
  kList,        // kids side by side; name "," ";" "and" "or"
  kTuple,       // brackets in open and close: ( [ < and ) ] >
  kSet,         // { kids }
  kSetBuilder,  // { kids[0] | kids[1] }
  kUnion,
  kIntersection,
  kDifference,
  kMatrix,  // rows × columns in kids, row by row
  kRatio,   // a : b : …
};

enum class Rel : unsigned char { kEq, kNe, kLt, kLe, kGt, kGe, kApprox, kIn, kEquiv, kOther };

struct Node;
using Ref = const Node*;

struct Node {
  Kind kind = Kind::kNumber;
  char open = 0, close = 0;
  bool bound = false;  // a condition like "for all n" stood behind it
  int decimals = -1;
  int rows = 0;
  std::string name;
  Rational value;
  std::vector<Ref> kids;
  std::vector<Rel> rels;
};

// Owns nodes; references stay valid for its lifetime.
class Arena {
 public:
  Node& Make(Kind kind) {
    nodes_.emplace_back();
    nodes_.back().kind = kind;
    return nodes_.back();
  }
  Ref Number(Rational value) {
    Node& node = Make(Kind::kNumber);
    node.value = std::move(value);
    return &node;
  }
  Ref Named(Kind kind, std::string_view name) {
    Node& node = Make(kind);
    node.name = name;
    return &node;
  }
  Ref Of(Kind kind, std::vector<Ref> kids) {
    Node& node = Make(kind);
    node.kids = std::move(kids);
    return &node;
  }
  Ref Function(std::string_view name, std::vector<Ref> kids) {
    Node& node = Make(Kind::kFunction);
    node.name = name;
    node.kids = std::move(kids);
    return &node;
  }
  std::size_t size() const { return nodes_.size(); }

 private:
  std::deque<Node> nodes_;
};

// A tree has at most this many nodes and levels; the parser refuses larger ones, so recursion over it is bounded.
inline constexpr std::size_t kMaxNodes = 20'000;
inline constexpr int kMaxDepth = 200;

// One canonical spelling: equal trees have equal text.
std::string Print(Ref node);
// Names of the free symbols, sorted, each once.
std::vector<std::string> Symbols(Ref node);
bool Contains(Ref node, Kind kind);

}  // namespace rlar::math
