#include "math/unicode.h"

#include <algorithm>

#include "base/text.h"

namespace rlar::math {
namespace {

int DigitOf(char32_t cp) {
  for (const char32_t zero : {0x660u, 0x6F0u, 0x7C0u, 0x966u, 0x9E6u, 0xA66u, 0xAE6u, 0xB66u, 0xBE6u, 0xC66u, 0xCE6u, 0xD66u, 0xE50u, 0xED0u, 0xF20u, 0x1040u,
                              0x17E0u, 0x1810u, 0xFF10u}) {
    if (cp >= zero && cp < zero + 10) return static_cast<int>(cp - zero);
  }
  return -1;
}

struct Fold {
  char32_t from;
  std::string_view to;
};

constexpr Fold kNumberFolds[] = {
    {0x2212, "-"},    {0x2012, "-"},    {0x2013, "-"},    {0xFE63, "-"},    {0xFF0D, "-"},    {0xFF0B, "+"},    {0xFF0E, "."},    {0xFF0C, ","},
    {0x066B, "."},    {0x066C, ","},    {0x00A0, " "},    {0x2009, "\x01"}, {0x202F, "\x01"}, {0x2007, " "},    {0x2002, " "},    {0x2003, " "},
    {0x3000, " "},    {0xFF05, "%"},    {0x066A, "%"},    {0xFF0F, "/"},    {0x2044, "/"},    {0xFF04, "$"},    {0x3002, "."},    {0x2011, "-"},
    {0x00BD, " 1/2"}, {0x2153, " 1/3"}, {0x2154, " 2/3"}, {0x00BC, " 1/4"}, {0x00BE, " 3/4"}, {0x2155, " 1/5"}, {0x215B, " 1/8"},
};

constexpr Fold kLatexFolds[] = {
    {0x2212, "-"},
    {0x2012, "-"},
    {0x2013, "-"},
    {0x2014, "-"},
    {0xFE63, "-"},
    {0xFF0D, "-"},
    {0x2011, "-"},
    {0xFF0B, "+"},
    {0x00B1, "\\pm "},
    {0x2213, "\\mp "},
    {0x00D7, "\\times "},
    {0x2715, "\\times "},
    {0x00F7, "/"},
    {0x2215, "/"},
    {0x2044, "/"},
    {0xFF0F, "/"},
    {0x00B7, "\\cdot "},
    {0x22C5, "\\cdot "},
    {0x2219, "\\cdot "},
    {0x2217, "*"},
    {0xFF0A, "*"},
    {0x221A, "\\sqrt "},
    {0x221B, "\\sqrt[3]"},
    {0x221C, "\\sqrt[4]"},
    {0x221E, "\\infty "},
    {0x03C0, "\\pi "},
    {0x1D70B, "\\pi "},
    {0x2264, "\\le "},
    {0x2A7D, "\\le "},
    {0x2266, "\\le "},
    {0x2265, "\\ge "},
    {0x2A7E, "\\ge "},
    {0x2267, "\\ge "},
    {0x2260, "\\ne "},
    {0x2248, "\\approx "},
    {0x2245, "\\approx "},
    {0x2243, "\\approx "},
    {0x2261, "\\equiv "},
    {0xFF1C, "<"},
    {0xFF1E, ">"},
    {0xFF1D, "="},
    {0x2208, "\\in "},
    {0x2209, "\\notin "},
    {0x222A, "\\cup "},
    {0x22C3, "\\cup "},
    {0x2229, "\\cap "},
    {0x2216, "\\setminus "},
    {0x2205, "\\emptyset "},
    {0x00D8, "\\emptyset "},
    {0x2200, "\\forall "},
    {0x2203, "\\exists "},
    {0x2227, "\\land "},
    {0x2228, "\\lor "},
    {0x00AC, "\\neg "},
    {0x2192, "\\to "},
    {0x21D2, "\\Rightarrow "},
    {0x21D4, "\\iff "},
    {0x2223, "|"},
    {0xFF5C, "|"},
    {0x2225, "\\parallel "},
    {0x22A5, "\\perp "},
    {0x2220, "\\angle "},
    {0x25B3, "\\triangle "},
    {0x00B0, "^{\\circ}"},
    {0x2032, "'"},
    {0x2033, "''"},
    {0x2019, "'"},
    {0x2103, "\\text{°C}"},
    {0x2109, "\\text{°F}"},
    {0x211D, "\\mathbb{R}"},
    {0x2124, "\\mathbb{Z}"},
    {0x2115, "\\mathbb{N}"},
    {0x211A, "\\mathbb{Q}"},
    {0x2102, "\\mathbb{C}"},
    {0x2211, "\\sum "},
    {0x220F, "\\prod "},
    {0x222B, "\\int "},
    {0x2202, "\\partial "},
    {0x2207, "\\nabla "},
    {0x00BD, "\\frac{1}{2}"},
    {0x2153, "\\frac{1}{3}"},
    {0x2154, "\\frac{2}{3}"},
    {0x00BC, "\\frac{1}{4}"},
    {0x00BE, "\\frac{3}{4}"},
    {0x2155, "\\frac{1}{5}"},
    {0x2156, "\\frac{2}{5}"},
    {0x2157, "\\frac{3}{5}"},
    {0x2158, "\\frac{4}{5}"},
    {0x2159, "\\frac{1}{6}"},
    {0x215A, "\\frac{5}{6}"},
    {0x215B, "\\frac{1}{8}"},
    {0x215C, "\\frac{3}{8}"},
    {0x215D, "\\frac{5}{8}"},
    {0x215E, "\\frac{7}{8}"},
    {0x230A, "\\lfloor "},
    {0x230B, "\\rfloor "},
    {0x2308, "\\lceil "},
    {0x2309, "\\rceil "},
    {0x27E8, "\\langle "},
    {0x27E9, "\\rangle "},
    {0x3001, ","},
    {0xFF0C, ","},
    {0xFF1B, ";"},
    {0xFF1A, ":"},
    {0x2236, ":"},
    {0xFF08, "("},
    {0xFF09, ")"},
    {0x3010, "["},
    {0x3011, "]"},
    {0xFF3B, "["},
    {0xFF3D, "]"},
    {0xFF5B, "\\{"},
    {0xFF5D, "\\}"},
    {0x3002, "."},
    {0xFF0E, "."},
    {0xFF05, "\\%"},
    {0xFF04, "\\$"},
    {0x00A0, " "},
    {0x2009, "\\,"},
    {0x202F, "\\,"},
    {0x2007, " "},
    {0x2002, " "},
    {0x2003, " "},
    {0x3000, " "},
    {0x2005, " "},
    {0x2026, "\\dots "},
    {0x22EF, "\\dots "},
    {0x201C, "\""},
    {0x201D, "\""},
    {0x066B, "."},
    {0x066C, ","},
    {0x212F, "e"},
    {0x2107, "e"},
    {0x2148, "i"},
    {0x20AC, "\\euro "},
    {0x00A3, "\\pounds "},
    {0x00A5, "\\yen "},
    {0x2265, "\\ge "},
};

constexpr std::string_view kGreek[] = {"alpha", "beta",    "gamma", "delta", "epsilon", "zeta",  "eta", "theta",   "iota", "kappa", "lambda", "mu",   "nu",
                                       "xi",    "omicron", "pi",    "rho",   "sigma",   "sigma", "tau", "upsilon", "phi",  "chi",   "psi",    "omega"};

std::string_view FindFold(const Fold* begin, const Fold* end, char32_t cp) {
  const Fold* hit = std::find_if(begin, end, [&](const Fold& fold) { return fold.from == cp; });
  return hit == end ? std::string_view{} : hit->to;
}

// ⁰…⁹ ⁺ ⁻ ⁿ and ₀…₉ as their plain character, '\0' for anything else.
char Raised(char32_t cp) {
  if (cp == 0xB9) return '1';
  if (cp == 0xB2) return '2';
  if (cp == 0xB3) return '3';
  if (cp == 0x2070 || (cp >= 0x2074 && cp <= 0x2079)) return static_cast<char>('0' + (cp - 0x2070));
  if (cp == 0x207A) return '+';
  if (cp == 0x207B) return '-';
  if (cp == 0x207F) return 'n';
  if (cp == 0x02E3) return 'x';
  return '\0';
}
char Lowered(char32_t cp) { return cp >= 0x2080 && cp <= 0x2089 ? static_cast<char>('0' + (cp - 0x2080)) : '\0'; }

// A control character that a JSON reader made of a backslash and a letter, where the rest of the command follows.
std::string_view Damaged(std::string_view text, std::size_t at) {
  struct Case {
    char control;
    std::string_view rest, command;
  };
  static constexpr Case kCases[] = {{'\f', "rac", "\\f"},  {'\f', "orall", "\\f"},   {'\f', "loor", "\\f"}, {'\b', "oxed", "\\b"}, {'\b', "inom", "\\b"},
                                    {'\b', "egin", "\\b"}, {'\b', "eta", "\\b"},     {'\b', "ar", "\\b"},   {'\b', "igl", "\\b"},  {'\t', "ext", "\\t"},
                                    {'\t', "imes", "\\t"}, {'\t', "heta", "\\t"},    {'\t', "frac", "\\t"}, {'\t', "an", "\\t"},   {'\t', "au", "\\t"},
                                    {'\t', "o ", "\\t"},   {'\t', "riangle", "\\t"}, {'\r', "ight", "\\r"}, {'\r', "ho", "\\r"},   {'\r', "angle", "\\r"},
                                    {'\n', "eq ", "\\n"},  {'\v', "ec", "\\v"},      {'\a', "lpha", "\\a"}, {'\a', "ngle", "\\a"}};
  for (const Case& c : kCases) {
    if (text[at] == c.control && text.substr(at + 1).starts_with(c.rest)) return c.command;
  }
  return {};
}

}  // namespace

bool IsHidden(char32_t cp) {
  if (cp < 0x20) return !(cp >= '\t' && cp <= '\r') && cp != 0x08 && cp != 0x07;
  return (cp >= 0x7F && cp < 0xA0) || cp == 0xAD || cp == 0x34F || cp == 0x61C || cp == 0x115F || cp == 0x1160 || cp == 0x180E ||
         (cp >= 0x200B && cp <= 0x200F) || (cp >= 0x202A && cp <= 0x202E) || (cp >= 0x2060 && cp <= 0x206F) || cp == 0x3164 || cp == 0xFEFF || cp == 0xFFA0 ||
         (cp >= 0xFFF0 && cp <= 0xFFFB) || (cp >= 0xE0000 && cp <= 0xE0FFF) || (cp >= 0xFE00 && cp <= 0xFE0F);
}

void FoldNumberSigns(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      out += text[i++];
      continue;
    }
    const std::size_t start = i;
    const char32_t cp = NextCodePoint(text, i);
    if (const int digit = DigitOf(cp); digit >= 0) {
      out += static_cast<char>('0' + digit);
    } else if (const auto fold = FindFold(std::begin(kNumberFolds), std::end(kNumberFolds), cp); !fold.empty()) {
      out += out.empty() && fold[0] == ' ' ? fold.substr(1) : fold;
    } else if (const char raised = Raised(cp); raised != '\0' && (out.ends_with("10") || out.ends_with("^"))) {
      if (!out.ends_with("^")) out += '^';
      out += raised;
      while (i < text.size()) {
        std::size_t next = i;
        const char more = Raised(NextCodePoint(text, next));
        if (more == '\0') break;
        out += more;
        i = next;
      }
    } else {
      out += text.substr(start, i - start);
    }
  }
}

void ToLatex(std::string_view text, std::string& out) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20) {
      const std::string_view command = Damaged(text, i);
      if (!command.empty()) {
        out += command;
      } else {
        out += text[i];
      }
      ++i;
      continue;
    }
    if (byte < 0x80) {
      if (text[i] == '<') {
        const std::string_view rest = text.substr(i);
        bool tag = false;
        for (const auto& [from, to] :
             {std::pair<std::string_view, std::string_view>{"<sup>", "^{"}, {"</sup>", "}"}, {"<sub>", "_{"}, {"</sub>", "}"}, {"<br>", " "}, {"<br/>", " "}}) {
          if (!rest.starts_with(from)) continue;
          out += to;
          i += from.size();
          tag = true;
          break;
        }
        if (tag) continue;
      }
      out += text[i++];
      continue;
    }
    const std::size_t start = i;
    const char32_t cp = NextCodePoint(text, i);
    if (const auto fold = FindFold(std::begin(kLatexFolds), std::end(kLatexFolds), cp); !fold.empty()) {
      out += fold;
    } else if (const int digit = DigitOf(cp); digit >= 0) {
      out += static_cast<char>('0' + digit);
    } else if (Raised(cp) != '\0' || Lowered(cp) != '\0') {
      const bool up = Raised(cp) != '\0';
      out += up ? "^{" : "_{";
      out += up ? Raised(cp) : Lowered(cp);
      while (i < text.size()) {
        std::size_t next = i;
        const char32_t following = NextCodePoint(text, next);
        const char more = up ? Raised(following) : Lowered(following);
        if (more == '\0') break;
        out += more;
        i = next;
      }
      out += '}';
    } else if (cp >= 0x3B1 && cp <= 0x3C9) {
      out += '\\';
      out += kGreek[cp - 0x3B1];
      out += ' ';
    } else if (cp == 0x394 || cp == 0x3A9 || cp == 0x3A6 || cp == 0x3A3) {
      out += cp == 0x394 ? "\\Delta " : cp == 0x3A9 ? "\\Omega " : cp == 0x3A6 ? "\\Phi " : "\\Sigma ";
    } else if (cp >= 0xFF21 && cp <= 0xFF3A) {
      out += static_cast<char>('A' + (cp - 0xFF21));
    } else if (cp >= 0xFF41 && cp <= 0xFF5A) {
      out += static_cast<char>('a' + (cp - 0xFF41));
    } else {
      out += text.substr(start, i - start);
    }
  }
}

}  // namespace rlar::math
