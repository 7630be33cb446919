// The recursive descent behind Parse: lists > clauses (relations) > sets > sums > products > powers > primaries.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "math/lex.h"
#include "math/tree.h"

namespace rlar::math {

inline bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> list) { return std::find(list.begin(), list.end(), word) != list.end(); }

class Parser {
 public:
  Parser(std::vector<Token> tokens, Arena& arena) : tokens_(std::move(tokens)), arena_(arena) {}
  // The tree of the whole token list, nullptr where it is not mathematics.
  Ref Run();
  bool oversize() const { return oversize_; }

 private:
  // What ends the part being read, besides the end and a closing bracket: a bar (|x|, {x | …}) or a matrix cell's end.
  enum class Stop { kEnd, kBar, kCell };

  // Counts levels; the parse fails beyond the limit.
  struct Guard {
    explicit Guard(Parser& p) : parser(p) {
      if (++parser.depth_ > kMaxDepth || parser.arena_.size() > kMaxNodes) {
        parser.failed_ = true;
        parser.oversize_ = true;
      }
    }
    ~Guard() { --parser.depth_; }
    Parser& parser;
  };

  const Token& Peek() const { return tokens_[at_]; }
  void Advance() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  Ref Fail() {
    failed_ = true;
    return nullptr;
  }
  bool AtStop(Stop stop) const;
  char Separator(Stop stop) const;
  bool TrailingCondition() const;
  void SkipToStop(Stop stop);
  bool StartsFactor(Stop stop) const;

  Ref List(Stop stop);
  Ref Clause(Stop stop);
  Ref Relation(std::vector<Ref> operands, std::vector<Rel> rels);
  Ref Ratio(Ref first, Stop stop);
  Ref SetExpression(Stop stop);
  Ref Sum(Stop stop);
  Ref Negate(Ref term);
  Ref Append(Kind kind, Ref left, Ref right);
  Ref Product(Stop stop);
  Ref Juxtapose(Ref left, Ref right, bool call);
  Ref Mixed(Ref left);
  Ref Unary(Stop stop);
  Ref Power(Stop stop);
  Ref Postfix(Ref base);
  bool AttachPrime(Ref& base);
  Ref Subscript(Ref base);
  Ref Superscript(Ref base);
  Ref Mark(Ref base, Tok kind);
  Ref Argument(bool signs);
  Ref FractionArgument();

  // parse_primary.cc
  Ref Primary(Stop stop);
  Ref Number();
  Ref Words(Stop stop);
  Ref Bracket();
  Ref Braces();
  Ref Bars();
  Ref Function(Stop stop);
  Ref BareArgument(Stop stop);
  Ref Root();
  Ref Matrix();
  Ref Accent();
  Ref Big(Stop stop);
  bool Close(char sign);

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  Arena& arena_;
  int depth_ = 0;
  int bars_ = 0;
  bool failed_ = false;
  bool oversize_ = false;
};

}  // namespace rlar::math
