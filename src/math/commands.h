// The LaTeX commands that the lexer knows, by what they mean.
#pragma once

#include <string_view>

#include "math/lex.h"

namespace rlar::math {

struct Command {
  std::string_view name;
  Tok kind;
  std::string_view text = {};
  char sign = 0;
  Rel rel = Rel::kEq;
};

inline constexpr Command kCommands[] = {
    {"frac", Tok::kFrac}, {"dfrac", Tok::kFrac}, {"tfrac", Tok::kFrac}, {"cfrac", Tok::kFrac}, {"nicefrac", Tok::kFrac}, {"sfrac", Tok::kFrac},
    {"sqrt", Tok::kSqrt}, {"binom", Tok::kBinom}, {"dbinom", Tok::kBinom}, {"tbinom", Tok::kBinom},
    {"times", Tok::kTimes}, {"cdot", Tok::kTimes}, {"ast", Tok::kTimes}, {"bullet", Tok::kTimes}, {"div", Tok::kSlash}, {"slash", Tok::kSlash},
    {"pm", Tok::kPlusMinus}, {"mp", Tok::kMinusPlus}, {"pi", Tok::kConstant, "pi"}, {"infty", Tok::kConstant, "inf"},
    {"le", Tok::kRel, {}, 0, Rel::kLe}, {"leq", Tok::kRel, {}, 0, Rel::kLe}, {"leqslant", Tok::kRel, {}, 0, Rel::kLe}, {"leqq", Tok::kRel, {}, 0, Rel::kLe},
    {"ge", Tok::kRel, {}, 0, Rel::kGe}, {"geq", Tok::kRel, {}, 0, Rel::kGe}, {"geqslant", Tok::kRel, {}, 0, Rel::kGe}, {"geqq", Tok::kRel, {}, 0, Rel::kGe},
    {"lt", Tok::kRel, {}, 0, Rel::kLt}, {"gt", Tok::kRel, {}, 0, Rel::kGt}, {"ne", Tok::kRel, {}, 0, Rel::kNe}, {"neq", Tok::kRel, {}, 0, Rel::kNe},
    {"approx", Tok::kRel, {}, 0, Rel::kApprox}, {"simeq", Tok::kRel, {}, 0, Rel::kApprox}, {"cong", Tok::kRel, {}, 0, Rel::kEquiv},
    {"equiv", Tok::kRel, {}, 0, Rel::kEquiv}, {"in", Tok::kRel, {}, 0, Rel::kIn}, {"to", Tok::kRel, "to", 0, Rel::kOther}, {"rightarrow", Tok::kRel, "to", 0, Rel::kOther},
    {"mapsto", Tok::kRel, "mapsto", 0, Rel::kOther}, {"subset", Tok::kRel, "subset", 0, Rel::kOther}, {"subseteq", Tok::kRel, "subseteq", 0, Rel::kOther},
    {"notin", Tok::kRel, "notin", 0, Rel::kOther}, {"sim", Tok::kRel, "sim", 0, Rel::kOther}, {"parallel", Tok::kRel, "parallel", 0, Rel::kOther},
    {"perp", Tok::kRel, "perp", 0, Rel::kOther}, {"propto", Tok::kRel, "propto", 0, Rel::kOther},
    {"cup", Tok::kCup}, {"bigcup", Tok::kCup}, {"cap", Tok::kCap}, {"bigcap", Tok::kCap}, {"setminus", Tok::kSetMinus}, {"backslash", Tok::kSetMinus},
    {"lfloor", Tok::kOpen, {}, 'f'}, {"rfloor", Tok::kClose, {}, 'f'}, {"lceil", Tok::kOpen, {}, 'c'}, {"rceil", Tok::kClose, {}, 'c'},
    {"langle", Tok::kOpen, {}, '<'}, {"rangle", Tok::kClose, {}, '<'}, {"lbrace", Tok::kOpen, {}, '{'}, {"rbrace", Tok::kClose, {}, '{'},
    {"lbrack", Tok::kOpen, {}, '['}, {"rbrack", Tok::kClose, {}, '['}, {"lparen", Tok::kOpen, {}, '('}, {"rparen", Tok::kClose, {}, '('},
    {"vert", Tok::kBar}, {"lvert", Tok::kBar}, {"rvert", Tok::kBar}, {"Vert", Tok::kBar}, {"mid", Tok::kMid}, {"colon", Tok::kColon},
    {"circ", Tok::kCirc}, {"degree", Tok::kDegree}, {"textdegree", Tok::kDegree}, {"textcirc", Tok::kCirc}, {"prime", Tok::kPrime}, {"forall", Tok::kForall}, {"Rightarrow", Tok::kImplies},
    {"implies", Tok::kImplies}, {"Longrightarrow", Tok::kImplies}, {"iff", Tok::kImplies}, {"Leftrightarrow", Tok::kImplies}, {"therefore", Tok::kImplies},
    {"overline", Tok::kAccent, "bar"}, {"bar", Tok::kAccent, "bar"}, {"vec", Tok::kAccent, "vec"}, {"hat", Tok::kAccent, "hat"}, {"widehat", Tok::kAccent, "hat"},
    {"tilde", Tok::kAccent, "tilde"}, {"dot", Tok::kAccent, "dot"}, {"overrightarrow", Tok::kAccent, "vec"}, {"underline", Tok::kAccent, ""}, {"boxed", Tok::kAccent, ""},
    {"fbox", Tok::kAccent, ""}, {"phantom", Tok::kAccent, "phantom"}, {"overset", Tok::kAccent, "overset"}, {"emptyset", Tok::kEmptySet}, {"varnothing", Tok::kEmptySet},
    {"pmod", Tok::kMod}, {"bmod", Tok::kMod}, {"mod", Tok::kMod}, {"sum", Tok::kBig, "sum"}, {"prod", Tok::kBig, "prod"}, {"int", Tok::kBig, "int"},
    {"lim", Tok::kBig, "lim"}, {"iint", Tok::kBig, "iint"}, {"land", Tok::kWord, "and"}, {"wedge", Tok::kWord, "and"}, {"lor", Tok::kWord, "or"}, {"vee", Tok::kWord, "or"},
    {"euro", Tok::kWord, "€"}, {"pounds", Tok::kWord, "£"}, {"yen", Tok::kWord, "¥"}, {"dots", Tok::kLetter, "…"}, {"ldots", Tok::kLetter, "…"}, {"cdots", Tok::kLetter, "…"},
    {"dotsc", Tok::kLetter, "…"}, {"dotsb", Tok::kLetter, "…"}, {"vdots", Tok::kLetter, "…"}, {"angle", Tok::kLetter, "∠"}, {"triangle", Tok::kLetter, "△"}, {"partial", Tok::kLetter, "∂"},
    {"nabla", Tok::kLetter, "∇"}, {"operatorname", Tok::kEnd}, {"cupdot", Tok::kCup}, {"quad", Tok::kEnd}, {"Re", Tok::kFunction, "re"}, {"Im", Tok::kFunction, "im"}};

// Commands that only change the looks.
inline constexpr std::string_view kLayout[] = {"left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "displaystyle", "textstyle",
                                        "limits", "nolimits", "quad", "qquad", "hspace", "vspace", "thinspace", "rm", "bf", "it", "mathstrut", "strut", "middle", "noindent", "small", "large", "Large",
                                        "tag", "label", "scriptstyle", "nonumber", "medspace", "enspace", "negthinspace", "hfill", "hline"};
inline constexpr std::string_view kTextual[] = {"text", "textbf", "textit", "textrm", "mathrm", "mathbf", "mbox", "operatorname", "mathit", "mathsf", "texttt", "textnormal",
                                         "emph", "hbox", "boldsymbol", "bm", "mathop", "textsf", "mathtt", "pmb"};

}  // namespace rlar::math
