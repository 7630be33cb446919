// Formats of addresses: hosts, mail, URIs.
#include <unicode/idna.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "jsonschema/formats.h"

namespace rlar::jsonschema {
namespace {

bool IsHexDigit(char c) { return IsAsciiDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsAsciiText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) { return IsAsciiAlpha(c) || IsAsciiDigit(c) || c == '-'; });
}

constexpr std::string_view kAtomMarks = "!#$%&'*+-/=?^_`{|}~";

bool IsLocalPart(std::string_view local, bool international) {
  if (local.size() >= 2 && local.front() == '"' && local.back() == '"') {
    for (std::size_t i = 1; i + 1 < local.size(); ++i) {
      if (local[i] == '"') return false;
      if (local[i] == '\\' && ++i + 1 >= local.size()) return false;
    }
    return true;
  }
  for (const std::string_view atom : Split(local, '.')) {
    if (atom.empty()) return false;
    for (const char c : atom) {
      const bool wide = static_cast<unsigned char>(c) >= 0x80;
      if (wide ? !international : !(IsAsciiAlpha(c) || IsAsciiDigit(c) || kAtomMarks.find(c) != kAtomMarks.npos)) return false;
    }
  }
  return true;
}

bool IsMailbox(std::string_view text, bool international) {
  const std::size_t at = text.rfind('@');
  if (at == text.npos || at == 0 || at + 1 == text.size() || !IsLocalPart(text.substr(0, at), international)) return false;
  std::string_view domain = text.substr(at + 1);
  if (domain.front() == '[' && domain.back() == ']') {
    domain = domain.substr(1, domain.size() - 2);
    return domain.starts_with("IPv6:") ? IsIpv6(domain.substr(5)) : IsIpv4(domain);
  }
  return international ? IsIdnHostname(domain) : IsHostname(domain);
}

// Characters of URIs; beyond ASCII only in IRIs, where private use and controls are no text.
class UriReader {
 public:
  UriReader(std::string_view text, bool international) : text_(text), international_(international) {}

  bool Read(bool needs_scheme) {
    if (!international_ && !IsAsciiText(text_)) return false;
    const std::size_t colon = text_.find_first_of(":/?#");
    const bool scheme = colon != text_.npos && text_[colon] == ':' && IsScheme(text_.substr(0, colon));
    if (needs_scheme && !scheme) return false;
    if (!scheme && colon != text_.npos && text_[colon] == ':') return false;  // a first segment holds no colon
    std::string_view rest = scheme ? text_.substr(colon + 1) : text_;
    const std::size_t hash = rest.find('#');
    if (hash != rest.npos && !AllAllowed(rest.substr(hash + 1), "/?:@")) return false;
    rest = rest.substr(0, hash);
    const std::size_t query = rest.find('?');
    if (query != rest.npos && !AllAllowed(rest.substr(query + 1), "/?:@")) return false;
    rest = rest.substr(0, query);
    if (rest.starts_with("//")) {
      const std::size_t slash = rest.find('/', 2);
      if (!IsAuthority(rest.substr(2, slash == rest.npos ? rest.npos : slash - 2))) return false;
      rest = slash == rest.npos ? std::string_view() : rest.substr(slash);
    }
    return AllAllowed(rest, "/:@");
  }

 private:
  static bool IsScheme(std::string_view scheme) {
    return !scheme.empty() && IsAsciiAlpha(scheme[0]) &&
           std::all_of(scheme.begin(), scheme.end(), [](char c) { return IsAsciiAlpha(c) || IsAsciiDigit(c) || c == '+' || c == '-' || c == '.'; });
  }

  bool AllAllowed(std::string_view part, std::string_view extra) const {
    constexpr std::string_view kMarks = "-._~!$&'()*+,;=";
    for (std::size_t i = 0; i < part.size(); ++i) {
      const char c = part[i];
      if (c == '%') {
        if (i + 2 >= part.size() || !IsHexDigit(part[i + 1]) || !IsHexDigit(part[i + 2])) return false;
        i += 2;
      } else if (static_cast<unsigned char>(c) >= 0x80) {
        if (!international_) return false;
      } else if (!IsAsciiAlpha(c) && !IsAsciiDigit(c) && kMarks.find(c) == kMarks.npos && extra.find(c) == extra.npos) {
        return false;
      }
    }
    return true;
  }

  bool IsAuthority(std::string_view authority) const {
    if (const std::size_t at = authority.rfind('@'); at != authority.npos) {
      if (!AllAllowed(authority.substr(0, at), ":")) return false;
      authority.remove_prefix(at + 1);
    }
    std::string_view port;
    if (authority.starts_with('[')) {
      const std::size_t close = authority.find(']');
      if (close == authority.npos) return false;
      const std::string_view host = authority.substr(1, close - 1);
      const bool future = host.size() > 2 && (host[0] == 'v' || host[0] == 'V') && IsHexDigit(host[1]) && host.find('.') != host.npos;
      if (!future && !IsIpv6(host)) return false;
      port = authority.substr(close + 1);
      if (!port.empty() && port[0] != ':') return false;
    } else {
      const std::size_t colon = authority.find(':');
      if (!AllAllowed(authority.substr(0, colon), "")) return false;
      port = colon == authority.npos ? std::string_view() : authority.substr(colon);
    }
    return port.empty() || std::all_of(port.begin() + 1, port.end(), IsAsciiDigit);
  }

  std::string_view text_;
  bool international_;
};

const icu::IDNA* Idna() {
  static const std::unique_ptr<icu::IDNA> kIdna = [] {
    UErrorCode error = U_ZERO_ERROR;
    return std::unique_ptr<icu::IDNA>(icu::IDNA::createUTS46Instance(
        UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_CHECK_CONTEXTO | UIDNA_NONTRANSITIONAL_TO_ASCII, error));
  }();
  return kIdna.get();
}

// RFC 5892, where UTS 46 is more lenient: no letter, digit or mark, the listed exceptions aside.
bool IsDisallowed(char32_t c) {
  if (c < 0x80 || c == 0x3002 || c == 0xFF0E || c == 0xFF61) return false;  // left to the label's own rules; dots of other scripts
  if (c == 0x302E || c == 0x302F || (c >= 0x3031 && c <= 0x3035) || c == 0x303B || c == 0x0640 || c == 0x07FA) return true;
  if (c == 0xB7 || c == 0x375 || c == 0x5F3 || c == 0x5F4 || c == 0x30FB || c == 0x6FD || c == 0x6FE || c == 0xF0B || c == 0x3007 || c == 0x200C ||
      c == 0x200D) {
    return false;
  }
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & (U_GC_L_MASK | U_GC_ND_MASK | U_GC_MN_MASK | U_GC_MC_MASK)) == 0;
}

}  // namespace

bool IsEmail(std::string_view text) { return IsAsciiText(text) && IsMailbox(text, false); }
bool IsIdnEmail(std::string_view text) { return IsMailbox(text, true); }

bool IsHostname(std::string_view text) {
  if (text.empty() || text.size() > 253 || !IsAsciiText(text)) return false;
  for (const std::string_view label : Split(text, '.')) {
    if (!IsLabel(label)) return false;
    const bool punycode = label.size() >= 4 && label[2] == '-' && label[3] == '-';
    if (punycode && (!StartsWithIgnoreCase(label, "xn--") || !IsIdnHostname(label))) return false;
  }
  return true;
}

bool IsIdnHostname(std::string_view text) {
  if (text.empty()) return false;
  bool disallowed = false;
  UErrorCode error = U_ZERO_ERROR;
  icu::IDNAInfo info;
  icu::UnicodeString ascii, unicode;
  const auto wide = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size())));
  if (Idna() == nullptr) return false;
  Idna()->nameToASCII(wide, ascii, info, error);
  if (U_FAILURE(error) || info.hasErrors()) return false;
  Idna()->nameToUnicode(wide, unicode, info, error);
  if (U_FAILURE(error) || info.hasErrors()) return false;
  std::string decoded, encoded;
  unicode.toUTF8String(decoded);
  ascii.toUTF8String(encoded);
  for (std::size_t i = 0; i < decoded.size();) disallowed |= IsDisallowed(NextCodePoint(decoded, i));
  if (disallowed || encoded.size() > 253) return false;
  const auto labels = Split(encoded, '.');
  return std::all_of(labels.begin(), labels.end(), IsLabel);
}

bool IsIpv4(std::string_view text) {
  const auto parts = Split(text, '.');
  if (parts.size() != 4) return false;
  for (const std::string_view part : parts) {
    if (part.empty() || part.size() > 3 || !std::all_of(part.begin(), part.end(), IsAsciiDigit)) return false;
    if (part.size() > 1 && part[0] == '0') return false;
    int value = 0;
    for (const char c : part) value = value * 10 + (c - '0');
    if (value > 255) return false;
  }
  return true;
}

bool IsIpv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap != text.npos && text.find("::", gap + 1) != text.npos) return false;
  std::size_t groups = 0;
  const auto count = [&](std::string_view part, bool last) {
    if (part.empty()) return true;
    const auto pieces = Split(part, ':');
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (last && i + 1 == pieces.size() && pieces[i].find('.') != pieces[i].npos) {
        if (!IsIpv4(pieces[i])) return false;
        groups += 2;
        continue;
      }
      if (pieces[i].empty() || pieces[i].size() > 4 || !std::all_of(pieces[i].begin(), pieces[i].end(), IsHexDigit)) return false;
      ++groups;
    }
    return true;
  };
  if (gap == text.npos) return count(text, true) && groups == 8;
  return count(text.substr(0, gap), false) && count(text.substr(gap + 2), true) && groups <= 7;
}

bool IsUri(std::string_view text) { return UriReader(text, false).Read(true); }
bool IsUriReference(std::string_view text) { return UriReader(text, false).Read(false); }
bool IsIri(std::string_view text) { return UriReader(text, true).Read(true); }
bool IsIriReference(std::string_view text) { return UriReader(text, true).Read(false); }

// RFC 6570: literals and {expressions}.
bool IsUriTemplate(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F || c == '"' || c == '<' || c == '>' || c == '\\' || c == '^' || c == '`' || c == '|' || c == '}')
      return false;
    if (c == '%') {
      if (i + 2 >= text.size() || !IsHexDigit(text[i + 1]) || !IsHexDigit(text[i + 2])) return false;
      i += 2;
    }
    if (c != '{') continue;
    const std::size_t close = text.find('}', i);
    if (close == text.npos) return false;
    std::string_view expression = text.substr(i + 1, close - i - 1);
    if (!expression.empty() && std::string_view("+#./;?&").find(expression[0]) != std::string_view::npos) expression.remove_prefix(1);
    for (std::string_view name : Split(expression, ',')) {
      if (name.ends_with('*')) {
        name.remove_suffix(1);
      } else if (const std::size_t colon = name.find(':'); colon != name.npos) {
        const std::string_view length = name.substr(colon + 1);
        if (length.empty() || length.size() > 4 || length[0] == '0' || !std::all_of(length.begin(), length.end(), IsAsciiDigit)) return false;
        name = name.substr(0, colon);
      }
      if (name.empty() || name.front() == '.' || name.back() == '.' || name.find("..") != name.npos) return false;
      for (std::size_t k = 0; k < name.size(); ++k) {
        const char n = name[k];
        if (n == '%' && k + 2 < name.size() && IsHexDigit(name[k + 1]) && IsHexDigit(name[k + 2]))
          k += 2;
        else if (!IsAsciiAlpha(n) && !IsAsciiDigit(n) && n != '_' && n != '.')
          return false;
      }
    }
    i = close;
  }
  return true;
}

}  // namespace rlar::jsonschema
