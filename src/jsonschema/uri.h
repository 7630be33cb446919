// Addresses as RFC 3986 resolves them, and JSON pointers in their fragments.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rlar::jsonschema {

// `reference` against `base`; dot segments removed, the fragment kept.
std::string ResolveUri(std::string_view base, std::string_view reference);

struct SplitUri {
  std::string address;                  // without the fragment
  std::optional<std::string> fragment;  // percent decoding done
};
SplitUri SplitFragment(std::string_view uri);

// The tokens of a JSON pointer ("/a~1b/0" → "a/b", "0"); nullopt where it is none.
std::optional<std::vector<std::string>> PointerTokens(std::string_view pointer);
// `token` as part of a pointer.
std::string EscapePointer(std::string_view token);

}  // namespace rlar::jsonschema
