#include "jsonschema/uri.h"

#include "base/text.h"

namespace rlar::jsonschema {
namespace {

struct Parts {
  std::string_view scheme, authority, path, query;
  bool has_authority = false, has_query = false;
};

Parts Parse(std::string_view uri) {
  Parts parts;
  const std::size_t colon = uri.find_first_of(":/?#");
  if (colon != uri.npos && uri[colon] == ':' && colon > 0 && IsAsciiAlpha(uri[0])) {
    parts.scheme = uri.substr(0, colon);
    uri.remove_prefix(colon + 1);
  }
  if (const std::size_t query = uri.find('?'); query != uri.npos) {
    parts.query = uri.substr(query + 1);
    parts.has_query = true;
    uri = uri.substr(0, query);
  }
  if (uri.starts_with("//")) {
    parts.has_authority = true;
    const std::size_t end = uri.find('/', 2);
    parts.authority = uri.substr(2, end == uri.npos ? uri.npos : end - 2);
    uri = end == uri.npos ? std::string_view() : uri.substr(end);
  }
  parts.path = uri;
  return parts;
}

std::string WithoutDots(std::string_view path) {
  std::vector<std::string_view> kept;
  const auto segments = Split(path, '/');
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "..") {
      if (kept.size() > 1) kept.pop_back();
      if (last) kept.push_back("");
    } else if (segments[i] == ".") {
      if (last) kept.push_back("");
    } else {
      kept.push_back(segments[i]);
    }
  }
  std::string out;
  for (std::size_t i = 0; i < kept.size(); ++i) out += (i == 0 ? "" : "/") + std::string(kept[i]);
  return out;
}

std::string Join(const Parts& parts, const std::string& path) {
  std::string out;
  if (!parts.scheme.empty()) out += std::string(parts.scheme) + ":";
  if (parts.has_authority) out += "//" + std::string(parts.authority);
  out += path;
  if (parts.has_query) out += "?" + std::string(parts.query);
  return out;
}

int HexDigit(char c) {
  if (IsAsciiDigit(c)) return c - '0';
  c = ToAsciiLower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string Decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 && HexDigit(text[i + 2]) >= 0) {
      out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

std::string ResolveUri(std::string_view base, std::string_view reference) {
  const std::size_t hash = reference.find('#');
  const std::string fragment(hash == reference.npos ? std::string_view() : reference.substr(hash));
  const Parts r = Parse(reference.substr(0, hash));
  const Parts b = Parse(base.substr(0, base.find('#')));
  if (!r.scheme.empty()) return Join(r, r.path.starts_with('/') ? WithoutDots(r.path) : std::string(r.path)) + fragment;
  Parts out = b;
  std::string path;
  if (r.has_authority) {
    out = r;
    out.scheme = b.scheme;
    path = WithoutDots(r.path);
  } else if (r.path.empty()) {
    path = b.path;
    if (r.has_query) out.query = r.query, out.has_query = true;
  } else {
    out.query = r.query;
    out.has_query = r.has_query;
    if (r.path.starts_with('/')) {
      path = WithoutDots(r.path);
    } else {
      const std::size_t slash = b.path.rfind('/');
      const std::string folder = slash == b.path.npos ? (b.has_authority ? "/" : "") : std::string(b.path.substr(0, slash + 1));
      path = WithoutDots(folder + std::string(r.path));
    }
  }
  return Join(out, path) + fragment;
}

SplitUri SplitFragment(std::string_view uri) {
  const std::size_t hash = uri.find('#');
  if (hash == uri.npos) return {std::string(uri), std::nullopt};
  return {std::string(uri.substr(0, hash)), Decode(uri.substr(hash + 1))};
}

std::optional<std::vector<std::string>> PointerTokens(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (pointer.empty()) return tokens;
  if (pointer[0] != '/') return std::nullopt;
  for (const std::string_view token : Split(pointer.substr(1), '/')) {
    tokens.push_back(ReplaceAll(ReplaceAll(std::string(token), "~1", "/"), "~0", "~"));
  }
  return tokens;
}

std::string EscapePointer(std::string_view token) { return ReplaceAll(ReplaceAll(std::string(token), "~", "~0"), "/", "~1"); }

}  // namespace rlar::jsonschema
