// Times one hardened run of a small Python test, again and again: `rlar_bench_sandbox RUNS LEVEL PAUSE_MS`, one line of
// milliseconds a run; PAUSE_MS lie between two runs.
// bench/sandbox.py sets it beside its floors and peers.
#include "sandbox/sandbox.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

int main(int argc, char** argv) {
  using namespace rlar;
  const int runs = argc > 1 ? std::atoi(argv[1]) : 200;
  SandboxOptions options;
  if (argc > 2 && std::string(argv[2]) == "confined") options.level = IsolationLevel::kConfined;
  const std::chrono::milliseconds pause(argc > 3 ? std::atoi(argv[3]) : 0);
  Sandbox sandbox(options);
  const Json job = ParseJson(R"json({"tests": ["assert add(1, 2) == 3", "assert add(2, 2) == 4", "assert add(0, 0) == 0"]})json").value();
  const std::vector<std::string> sources{"def add(a, b):\n    return a + b\n"};
  for (int i = -20; i < runs; ++i) {
    std::this_thread::sleep_for(pause);
    const auto start = std::chrono::steady_clock::now();
    const TestReport report = sandbox.RunTests(sources, job, Limits(), Deadline::Never());
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (report.results.size() != 3 || !report.results[0] || !report.results[1] || !report.results[2]) {
      std::fprintf(stderr, "run %d: %s %s\n", i, report.error.c_str(), report.run.detail.c_str());
      return 1;
    }
    if (i >= 0) std::printf("%.4f\n", took.count());
  }
  return 0;
}
