// What a running process has used so far, from /proc.
#pragma once

#include <cstddef>
#include <string>

namespace rlar {

struct Usage {
  double cpu_ms = 0;     // of the process and everything below it that still runs
  double waited_ms = 0;  // time its threads were ready to run and got no core, added up
};

// `pidfd` names the process; zeros where it is gone.
Usage UsageOf(int pidfd);
struct FolderUsage {
  std::size_t files = 0, bytes = 0;
};
// Everything below `folder`; stops counting beyond `most_files`.
FolderUsage UsageOfFolder(const std::string& folder, std::size_t most_files);
// Time that the process `pid` was ready and got no core, in its whole life so far.
double WaitedMs(long pid);

}  // namespace rlar
