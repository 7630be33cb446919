#include <gtest/gtest.h>

#include <cstdlib>

#include "sandbox/sandbox.h"

namespace rlar {
namespace {

double RestOf(const char* value) {
  ::setenv("RLAR_SANDBOX_REST", value, 1);
  const double rest = SandboxOptions::FromEnvironment().rest;
  ::unsetenv("RLAR_SANDBOX_REST");
  return rest;
}

TEST(SandboxOptions, RestIsReadWithinItsBounds) {
  ::unsetenv("RLAR_SANDBOX_REST");
  EXPECT_EQ(SandboxOptions::FromEnvironment().rest, 0) << "scoring never rests";
  EXPECT_EQ(RestOf("9"), 9);
  EXPECT_EQ(RestOf("0.5"), 0.5);
  EXPECT_EQ(RestOf("-3"), 0);
  EXPECT_EQ(RestOf("1e9"), 100);
  EXPECT_EQ(RestOf("soon"), 0);
}

}  // namespace
}  // namespace rlar
