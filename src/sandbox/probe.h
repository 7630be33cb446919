// What this host allows the sandbox, for `rlar doctor`.
#pragma once

#include <string>
#include <vector>

#include "sandbox/sandbox.h"

namespace rlar {

struct HostCheck {
  std::string name;
  bool ok = false;
  std::string detail;
  std::string advice;  // what to do where it is not ok; may be empty
};

struct HostReport {
  std::string isolation;  // the level in use: "namespaces", "confined", or "none" where nothing untrusted is run
  std::vector<HostCheck> checks;
};

// Sets interpreters up for real at each level; takes a second.
HostReport ProbeHost(const SandboxOptions& options);

}  // namespace rlar
