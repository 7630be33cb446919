// rlar run: one program in the sandbox, its outcome as one JSON line.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "base/fs.h"
#include "base/text.h"
#include "cli/commands.h"
#include "sandbox/languages.h"

namespace rlar::cli {
namespace {

Json ResultJson(const RunResult& result, std::string_view isolation) {
  Json json;
  json.Set("outcome", Name(result.outcome));
  json.Set("truncated", result.truncated);
  const bool exited = result.outcome == Outcome::kOk || result.outcome == Outcome::kNonzeroExit;
  json.Set("exit_code", exited ? Json(result.exit_code) : Json());
  json.Set("stdout", ReplaceBadUtf8(result.out));
  json.Set("stderr", ReplaceBadUtf8(result.err));
  json.Set("ms", result.wall_ms);
  json.Set("isolation", isolation);
  json.Set("cpu_ms", result.cpu_ms);
  if (result.outcome == Outcome::kSignal) json.Set("signal", result.signal);
  if (!result.detail.empty()) json.Set("detail", result.detail);
  return json;
}

}  // namespace

int Run(const RunOptions& options) {
  const auto language = LanguageFromName(options.language);
  if (!language) return UsageError("--language must be python, cpp or javascript, not '" + options.language + "'");
  auto source = options.file == "-" ? Result<std::string>(std::string(std::istreambuf_iterator<char>(std::cin), {})) : ReadFile(options.file);
  if (!source) return UsageError(source.error().ToString());
  std::string input;
  if (!options.input.empty()) {
    auto read = ReadFile(options.input);
    if (!read) return UsageError(read.error().ToString());
    input = std::move(*read);
  }
  if (options.time_limit_s <= 0 || options.memory_limit_mb <= 0) return UsageError("--time-limit-s and --memory-limit-mb must be positive");
  Limits limits;
  limits.cpu = std::chrono::milliseconds(static_cast<long>(options.time_limit_s * 1000));
  limits.memory_bytes = static_cast<std::size_t>(options.memory_limit_mb * 1048576.0);
  Sandbox& sandbox = Sandbox::Shared();
  const RunResult result = RunSource(sandbox, *language, *source, input, limits, LanguageLimits(), Deadline::Never());
  const auto level = sandbox.Level();
  std::printf("%s\n", ResultJson(result, level ? Name(*level) : "none").Dump().c_str());
  return result.outcome == Outcome::kOk ? 0 : 1;
}

}  // namespace rlar::cli
