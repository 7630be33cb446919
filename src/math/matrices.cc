#include "math/matrices.h"

namespace rlar::math {
namespace {

constexpr std::size_t kMaxEntries = 400;
constexpr int kMaxPower = 8;

bool IsMatrix(Ref node) { return node->kind == Kind::kMatrix && node->name.empty() && node->rows > 0; }
int Columns(Ref matrix) { return static_cast<int>(matrix->kids.size()) / matrix->rows; }

Ref Made(const Node& like, int rows, std::vector<Ref> entries, Arena& arena) {
  Node& made = arena.Make(Kind::kMatrix);
  made.open = like.open;
  made.close = like.close;
  made.rows = rows;
  made.kids = std::move(entries);
  return &made;
}

Ref Sum(Ref a, Ref b, Arena& arena) {
  if (a->rows != b->rows || a->kids.size() != b->kids.size()) return nullptr;
  std::vector<Ref> entries;
  for (std::size_t i = 0; i < a->kids.size(); ++i) entries.push_back(arena.Of(Kind::kAdd, {a->kids[i], b->kids[i]}));
  return Made(*a, a->rows, std::move(entries), arena);
}

Ref Multiple(Ref factor, Ref matrix, Arena& arena) {
  std::vector<Ref> entries;
  for (Ref entry : matrix->kids) entries.push_back(arena.Of(Kind::kMul, {factor, entry}));
  return Made(*matrix, matrix->rows, std::move(entries), arena);
}

Ref Product(Ref a, Ref b, Arena& arena) {
  if (!IsMatrix(a) && !IsMatrix(b)) return arena.Of(Kind::kMul, {a, b});
  if (!IsMatrix(a)) return Multiple(a, b, arena);
  if (!IsMatrix(b)) return Multiple(b, a, arena);
  const int inner = Columns(a), columns = Columns(b);
  if (inner != b->rows || static_cast<std::size_t>(a->rows) * static_cast<std::size_t>(columns) > kMaxEntries || inner > 20) return nullptr;
  std::vector<Ref> entries;
  for (int i = 0; i < a->rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      std::vector<Ref> terms;
      for (int k = 0; k < inner; ++k) {
        terms.push_back(arena.Of(Kind::kMul, {a->kids[static_cast<std::size_t>(i * inner + k)], b->kids[static_cast<std::size_t>(k * columns + j)]}));
      }
      entries.push_back(terms.size() == 1 ? terms[0] : arena.Of(Kind::kAdd, std::move(terms)));
    }
  }
  return Made(*a, a->rows, std::move(entries), arena);
}

// nullptr where sizes do not fit.
Ref Work(Ref node, Arena& arena, int depth) {
  if (depth > 20 || !Contains(node, Kind::kMatrix) || IsMatrix(node)) return node;
  if (node->kind == Kind::kNeg) {
    Ref inner = Work(node->kids[0], arena, depth + 1);
    return inner != nullptr && IsMatrix(inner) ? Multiple(arena.Number(-1), inner, arena) : nullptr;
  }
  if (node->kind == Kind::kAdd || node->kind == Kind::kMul) {
    Ref out = nullptr;
    for (Ref kid : node->kids) {
      Ref worked = Work(kid, arena, depth + 1);
      if (worked == nullptr || (node->kind == Kind::kAdd && !IsMatrix(worked))) return nullptr;
      out = out == nullptr ? worked : node->kind == Kind::kAdd ? Sum(out, worked, arena) : Product(out, worked, arena);
      if (out == nullptr) return nullptr;
    }
    return out;
  }
  if (node->kind == Kind::kDiv && !Contains(node->kids[1], Kind::kMatrix)) {
    Ref above = Work(node->kids[0], arena, depth + 1);
    return above != nullptr && IsMatrix(above) ? Multiple(arena.Of(Kind::kDiv, {arena.Number(1), node->kids[1]}), above, arena) : nullptr;
  }
  if (node->kind == Kind::kPow && node->kids[1]->kind == Kind::kNumber) {
    const auto power = node->kids[1]->value.ToInt();
    Ref base = Work(node->kids[0], arena, depth + 1);
    if (!power || *power < 1 || *power > kMaxPower || base == nullptr || !IsMatrix(base) || base->kids.size() > 16) return nullptr;
    Ref out = base;
    for (int k = 1; k < *power && out != nullptr; ++k) out = Product(out, base, arena);
    return out;
  }
  return nullptr;
}

}  // namespace

Ref WorkOutMatrices(Ref node, Arena& arena) {
  Ref worked = Work(node, arena, 0);
  return worked != nullptr && IsMatrix(worked) ? worked : node;
}

}  // namespace rlar::math
