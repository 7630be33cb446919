#include "base/hash.h"

#include <openssl/evp.h>

#include "rlar/result.h"

namespace rlar {

std::string Sha256Hex(std::string_view data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  RLAR_CHECK(EVP_Digest(data.data(), data.size(), digest, &size, EVP_sha256(), nullptr) == 1);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text += kHex[digest[i] >> 4];
    text += kHex[digest[i] & 15];
  }
  return text;
}

std::uint64_t Hash64(std::string_view data, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325u ^ seed * 0x9E3779B97F4A7C15u;
  for (const char c : data) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  hash ^= hash >> 32;
  hash *= 0x9E3779B97F4A7C15u;
  return hash ^ hash >> 29;
}

}  // namespace rlar
