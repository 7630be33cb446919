// One run in a zygote: sends the job, drains the output, watches the limits, and says how it ended.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sandbox/interpreter.h"

namespace rlar {

// What a run does and what it is given. Only descriptors named here reach it.
struct RunJob {
  std::string job;                // JSON for guest.py: {"mode": "script" | "program" | "build" | "functions" | "check", …}
  std::string attachment;         // a second frame, e.g. a compiled program; empty for none
  std::string input;              // standard input
  bool capture = true;            // standard output and error are read; else they go to /dev/null
  int rpc = -1;                   // the guest's end of its socket to the harness, or -1
  int until = -1;                 // the run also ends, and is killed, once this descriptor is readable (the harness's verdict)
  int partner = -1;               // a process the guest waits for (the harness): its waits for a core are not the guest's
  bool starts_processes = false;  // a compiler: it may start processes at every level
  Limits limits;
  // Called with each frame that the guest sends on its own socket; what it returns is sent back unless empty. Untrusted data.
  std::function<std::string(std::string_view frame)> on_frame;
};

// Runs to the end. On kUnavailable the interpreter may be broken: drop it.
RunResult Run(Interpreter& zygote, const RunJob& job, const Deadline& deadline);

}  // namespace rlar
