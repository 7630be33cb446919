// A fuzz target: one function that must neither crash nor hang nor break its own assertions on any valid UTF-8 text.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rlar::fuzz {

struct Target {
  std::string_view name;
  void (*run)(std::string_view text);
  std::vector<std::string> seeds;  // what mutations start from
};

std::span<const Target> ParserTargets();       // parsers.cc
std::span<const Target> MetricTargets();       // metrics.cc
std::span<const Target> VerifierTargets();     // verifiers.cc
std::span<const Target> MathematicsTargets();  // mathematics.cc

#define FUZZ_CHECK(condition)                                                            \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      std::fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                      \
    }                                                                                    \
  } while (false)

}  // namespace rlar::fuzz
