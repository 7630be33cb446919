// What a running process has used so far, from /proc.
#pragma once

namespace rlar {

struct Usage {
  double cpu_ms = 0;     // of the process and everything below it that still runs
  double waited_ms = 0;  // time its first thread was ready to run and got no core
};

// `pidfd` names the process; zeros where it is gone.
Usage UsageOf(int pidfd);
// Time that the process `pid` was ready and got no core, in its whole life so far.
double WaitedMs(long pid);

}  // namespace rlar
