#include "math/tree.h"

#include <algorithm>
#include <set>

namespace rlar::math {
namespace {

constexpr std::string_view kNames[] = {"num", "sym",  "const", "text", "+",     "*",   "/",     "^",   "neg", "pm",    "fn",     "!", "%",
                                       "deg", "base", "rel",   "list", "tuple", "set", "setof", "cup", "cap", "minus", "matrix", ":"};
constexpr std::string_view kRelNames[] = {"=", "!=", "<", "<=", ">", ">=", "~", "in", "equiv", "other"};

void PrintTo(Ref node, std::string& out) {
  switch (node->kind) {
    case Kind::kNumber: out += node->value.ToString(); return;
    case Kind::kSymbol:
    case Kind::kConstant: out += node->name; return;
    case Kind::kText: out += '"' + node->name + '"'; return;
    default: break;
  }
  out += '(';
  out += kNames[static_cast<std::size_t>(node->kind)];
  if (!node->name.empty()) out += ' ' + node->name;
  if (node->open != 0) {
    out += ' ';
    out += node->open;
    out += node->close;
  }
  if (node->rows > 0) out += ' ' + std::to_string(node->rows);
  for (const Rel rel : node->rels) {
    out += ' ';
    out += kRelNames[static_cast<std::size_t>(rel)];
  }
  for (Ref kid : node->kids) {
    out += ' ';
    PrintTo(kid, out);
  }
  out += ')';
}

void Collect(Ref node, std::set<std::string>& out) {
  if (node->kind == Kind::kSymbol) out.insert(node->name);
  for (Ref kid : node->kids) Collect(kid, out);
}

}  // namespace

std::string Print(Ref node) {
  std::string out;
  PrintTo(node, out);
  return out;
}

std::vector<std::string> Symbols(Ref node) {
  std::set<std::string> names;
  Collect(node, names);
  return {names.begin(), names.end()};
}

bool Contains(Ref node, Kind kind) {
  if (node->kind == kind) return true;
  return std::any_of(node->kids.begin(), node->kids.end(), [&](Ref kid) { return Contains(kid, kind); });
}

}  // namespace rlar::math
