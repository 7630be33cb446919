// The system calls that a run may make, as a seccomp program.
#pragma once

#include <string>

#include "rlar/result.h"
#include "sandbox/limits.h"

namespace rlar {

// Instructions of the filter (struct sock_filter, in order). With `processes` new processes are allowed, without it threads only.
// At level confined signals may go to the process itself only; its pid is put in when the filter is loaded.
Result<std::string> SeccompFilter(IsolationLevel level, bool processes);

}  // namespace rlar
