// Fuzz targets: each takes any bytes and must not crash, hang or break a law. See main.cc for how they are driven.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace rlar::fuzz {

struct Target {
  std::string_view name;
  void (*run)(std::string_view bytes);
  std::span<const std::string_view> seeds;  // what mutation begins with
};

std::span<const Target> Targets();

// Valid UTF-8: bytes that are none become question marks.
std::string AsText(std::string_view bytes);
// Ends the program with a message where a law does not hold.
void Require(bool holds, std::string_view law);

}  // namespace rlar::fuzz
