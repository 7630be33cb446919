// rlar_bench_verifiers TOOL ROWS [--params JSON] [--seconds S]: verdicts per second of one native verifier on one thread.
//
// ROWS is a JSON Lines file of rows (see src/rows); they are parsed before the clock starts. Passes over all groups repeat until S
// seconds of processor time are over. One JSON line comes out: {"tool", "verdicts", "seconds", "per_second", "ok", "not_ok", "mean"}; `mean` is that of
// the values of one pass, so that a run that scores nothing shows.
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "rows/row.h"
#include "tools/native_tool.h"

namespace {

// Time this program has run, so that others on the machine do not count.
double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

struct Options {
  std::string tool, rows;
  rlar::Json params;
  double seconds = 1;
};

int Usage(const std::string& why) {
  std::cerr << "rlar_bench_verifiers: " << why << "\nusage: rlar_bench_verifiers TOOL ROWS [--params JSON] [--seconds S]\n";
  return 2;
}

std::vector<rlar::Group> LoadRows(const std::string& path) {
  std::vector<rlar::Group> groups;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    auto row = rlar::ParseRowText(line);
    if (auto* error = std::get_if<rlar::RowError>(&row)) {
      std::cerr << path << ": " << error->reason << "\n";
      std::exit(2);
    }
    groups.push_back(std::move(std::get<rlar::Group>(row)));
  }
  return groups;
}

void Measure(const rlar::VerifierSpec& spec, const Options& options, const std::vector<rlar::Group>& groups) {
  const rlar::NativeRunner runner(spec);
  std::size_t verdicts = 0, ok = 0, not_ok = 0;
  double sum = 0, elapsed = 0;
  bool first = true;
  if (!groups.empty()) runner.Run(groups.front().query, groups.front().responses, options.params);  // loads what it needs once
  const double start = CpuSeconds();
  do {
    for (const rlar::Group& group : groups) {
      const auto scores = runner.Run(group.query, group.responses, options.params);
      verdicts += scores.size();
      if (!first) continue;
      for (const rlar::Score& score : scores) {
        ++(score.ok() ? ok : not_ok);
        sum += score.value().value_or(0);
      }
    }
    first = false;
    elapsed = CpuSeconds() - start;
  } while (elapsed < options.seconds && verdicts > 0);
  rlar::Json out;
  out.Set("tool", std::string(spec.name));
  out.Set("verdicts", static_cast<std::uint64_t>(verdicts));
  out.Set("seconds", elapsed);
  out.Set("per_second", elapsed > 0 ? static_cast<double>(verdicts) / elapsed : 0.0);
  out.Set("ok", static_cast<std::uint64_t>(ok));
  out.Set("not_ok", static_cast<std::uint64_t>(not_ok));
  out.Set("mean", ok > 0 ? sum / static_cast<double>(ok) : 0.0);
  std::cout << out.Dump() << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::vector<std::string> positional;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if ((arg == "--params" || arg == "--seconds") && i + 1 == argc) return Usage(arg + " needs a value");
    if (arg == "--params") {
      auto json = rlar::ParseJson(argv[++i]);
      if (!json) return Usage("--params: " + json.error().message);
      options.params = std::move(*json);
    } else if (arg == "--seconds") {
      options.seconds = std::atof(argv[++i]);
    } else {
      positional.push_back(arg);
    }
  }
  if (positional.size() != 2) return Usage("TOOL and ROWS are needed");
  const rlar::VerifierSpec* spec = rlar::FindNativeVerifier(positional[0]);
  if (spec == nullptr) return Usage("no verifier called '" + positional[0] + "'");
  Measure(*spec, options, LoadRows(positional[1]));
}
