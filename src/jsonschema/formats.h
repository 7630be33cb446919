// The formats of JSON Schema, section 7.3.
#pragma once

#include <string_view>

namespace rlar::jsonschema {

using FormatCheck = bool (*)(std::string_view text);

// nullptr for a name that is no known format.
FormatCheck FindFormat(std::string_view name);

// Of formats_address.cc.
bool IsEmail(std::string_view text);
bool IsIdnEmail(std::string_view text);
bool IsHostname(std::string_view text);
bool IsIdnHostname(std::string_view text);
bool IsIpv4(std::string_view text);
bool IsIpv6(std::string_view text);
bool IsUri(std::string_view text);
bool IsUriReference(std::string_view text);
bool IsIri(std::string_view text);
bool IsIriReference(std::string_view text);
bool IsUriTemplate(std::string_view text);

}  // namespace rlar::jsonschema
