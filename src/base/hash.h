#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rlar {

// 64 lower-case hex digits of the SHA-256 of `data`.
std::string Sha256Hex(std::string_view data);
// A fixed 64-bit hash (FNV-1a with a final mix): the same on every machine and in every version; not for security.
std::uint64_t Hash64(std::string_view data, std::uint64_t seed = 0);

}  // namespace rlar
