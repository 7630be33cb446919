#include "cli/evolver.h"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "process/child.h"

namespace rlar::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{200}, kGoodbye{10'000}, kPause{10'000};
constexpr std::size_t kMaxLine = 1 << 20;
constexpr int kWrongUsage = 2;

ChildOptions Command(const std::string& library, const std::string& config) {
  ChildOptions options;
  options.argv = {"/proc/self/exe"};
  if (!config.empty()) options.argv.insert(options.argv.end(), {"--config", config});
  options.argv.insert(options.argv.end(), {"evolve", "--library", library, "--watch", "--until-eof"});
  for (char** entry = environ; *entry != nullptr; ++entry) options.environment.emplace_back(*entry);
  options.keep_stderr = true;
  return options;
}

// Passes its lines on until it ends or is to stop; its exit code.
int Follow(Child& child, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto line = child.ReadLine(Deadline::After(kLook), kMaxLine);
    if (line) std::fprintf(stderr, "rlar: evolve: %s\n", line->c_str());
    if (!line && line.error().code != ErrorCode::kTimeout) break;
  }
  child.CloseInput();
  return child.Wait(Deadline::After(kGoodbye));
}

}  // namespace

void RunEvolver(const std::string& library, const std::string& config, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  while (!stop.stop_requested()) {
    auto child = Child::Spawn(Command(library, config));
    if (!child) {
      std::fprintf(stderr, "rlar: evolve: %s\n", child.error().ToString().c_str());
      return;
    }
    const int code = Follow(*child, stop);
    if (stop.stop_requested()) return;
    if (code == kWrongUsage) {
      std::fprintf(stderr, "rlar: evolve: it cannot start with these settings; the server goes on without it\n");
      return;
    }
    std::fprintf(stderr, "rlar: evolve: it ended with code %d and is started again in %d s\n", code, static_cast<int>(kPause.count() / 1000));
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, kPause, [] { return false; });
  }
}

}  // namespace rlar::cli
