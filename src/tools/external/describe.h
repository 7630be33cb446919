// Makes the card of a user's own reward function from what is on the command line.
#pragma once

#include <string>

#include "rlar/tool.h"

namespace rlar {

struct ExternalSource {
  std::string target;  // "FILE.py:FUNCTION" or an http(s) address
  std::string name;    // empty: the function's, or "remote"
  std::string form;    // empty: told from the function's parameters, or remote_rm
  std::string range;   // "LOW,HIGH", empty: 0,1
  std::string python;  // interpreter, empty: the default one
  long timeout_ms = 10'000;
};

// Reads the file without running it. The version is a hash of its content (or of the address), so that a changed file is
// another tool, and one that must be proven anew.
Result<ToolCard> DescribeExternal(const ExternalSource& source);

}  // namespace rlar
